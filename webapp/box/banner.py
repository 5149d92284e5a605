"""What whoever started Dozor reads: where to go, how to sign in, where things are; or what is not well."""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

from webapp.config import Settings

PARTS = ("database", "redis", "worker", "ticker")
RULE = "─" * 72


def say(words: str) -> None:
    """To whoever started Dozor. Nobody may listen any more (a terminal that was closed, a pipe that was cut), or know
    our letters: that stops nothing."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        print(words, flush=True)
    except OSError:  # what it still holds goes nowhere, or the interpreter would stumble over it at its end
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def findings(said: bytes) -> dict[str, Any]:
    """The last line of what webapp.box.first_start said."""
    return dict(json.loads(said.decode().strip().splitlines()[-1]))


def ill(bind: str) -> list[str]:
    """What /health calls ill; ["web"] when it does not answer at all."""
    seen = _health(bind)
    return ["web"] if seen is None else [part for part in PARTS if not seen.get(part)]


def starting(bind: str) -> list[str]:
    """What /health knows to have had no time to be up."""
    found = (_health(bind) or {}).get("starting")
    return [part for part in PARTS if part in found] if isinstance(found, list) else []


def _health(bind: str) -> dict[str, Any] | None:
    host, _, port = bind.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))
    try:
        with socket.create_connection((host, int(port)), timeout=3) as line:  # http.client would stay loaded: 2 MB
            line.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: line.recv(4096), b""))
        seen = json.loads(answer.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError, RecursionError):  # somebody else, who says anything
        return None
    return seen if isinstance(seen, dict) else None


def text(settings: Settings, found: dict[str, Any], ill: list[str]) -> str:
    """The one block."""
    logs = settings.data / "logs"
    lines = [RULE, f"  Dozor runs at  {settings.url}", ""]
    if ill:
        lines[1:] = [f"  Dozor is not well yet ({', '.join(ill)}): the reason stands in {logs}", ""]
    lines += _sign_in(found, settings.url)
    lines += [f"  Data folder    {settings.data}", f"  Logs           {logs}", "", "  Ctrl-C stops everything.", RULE]
    return "\n".join(lines)


QUESTION = """
  There is no firm here yet. Which one do you want?

    1  the lesson's firm, to try Dozor with a month of its work   (Enter)
    2  my own firm, empty: a page asks for its name and for you
"""


def _sign_in(found: dict[str, Any], url: str) -> list[str]:
    """In the lesson's firm everybody's address; a firm's own people know theirs; where there is none, the code."""
    if code := found.get("code"):
        return [f"  Begin your firm at {url}/founding", f"  with the one-time code  {code}", ""]
    if not found["people"]:
        return [f"  Firm           {found['firm']}", ""]
    width = max(len(email) for email, _ in found["people"])
    people = [f"    {email:<{width}}  {name}" for email, name in found["people"]]
    return [f"  Sign in as one of these, password “{found['password']}” (until it is changed):", *people, ""]
