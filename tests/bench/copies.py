"""A static copy of the board: what Chromium paints when nothing is worked out, from the same server, byte for byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.visitors import Visitor, patient
from tests.stack import ROOT, Stack, free_port

PAGE = "/copy/board"
# What the server says anew of each answer, and what is one visitor's. All else is the page's own: a header may cost
# before the first paint (for Cross-Origin-Opener-Policy Chromium takes another process when the answer has come).
OF_ONE_ANSWER = frozenset(
    {"connection", "content-length", "date", "dozor-person", "server", "set-cookie", "transfer-encoding"}
)


def keep(stack: Stack, cookie: str, asked: list[str], folder: Path) -> None:
    """The page at / as PAGE, and each of the addresses that a browser asked for with it."""
    visitor, index = Visitor(stack.port, cookie), {}
    paths = {urlsplit(each).path for each in asked if each.startswith(stack.url)} - {"/", "/live"}
    for number, path in enumerate(["/", *sorted(paths)]):
        answer = visitor.get(path)
        if answer.status != 200:
            continue
        (folder / str(number)).write_bytes(answer.raw)
        index[PAGE if path == "/" else path] = {"file": str(number), "headers": kept_headers(answer.headers)}
    (folder / "index.json").write_text(json.dumps(index))


def kept_headers(answered: Mapping[str, str]) -> dict[str, str]:
    """All under which a browser would take the page in another way, were they not there."""
    return {name: value for name, value in answered.items() if name.lower() not in OF_ONE_ANSWER}


@contextmanager
def bare_server(environment: dict[str, str], copy: Path | None = None) -> Iterator[int]:
    """Bare Flask under the product's server settings: its port."""
    port = free_port()
    mine = {**os.environ, **environment, "DOZOR_BIND": f"127.0.0.1:{port}", "BENCH_COPY": str(copy or "")}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:webapp.box.gunicorn_conf", "tests.bench.hello:app"]
    server = subprocess.Popen(command, cwd=ROOT, env=mine, stderr=subprocess.DEVNULL)
    try:
        patient(port)
        yield port
    finally:
        server.terminate()
        server.wait(10)
