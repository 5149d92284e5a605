"""One box as its owner starts it: how long `make run` takes, from a clean clone and again, what it holds idle and while
it sends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.bench.memory import pss_of
from tests.bench.places import Place
from tests.channels import everything
from tests.stack import ROOT, free_port
from webapp.app import create_app
from webapp.config import Settings

SAID = "Sign in"
PATIENCE = 300
# Where it stands, each start compiles the product anew: twice as slow, and 7 MB more for what compiling leaves behind.
KEEPS_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """The clean clone is left out of the short pass: it installs everything anew."""
    clone = place.folder / "clone"
    if is_quick:
        return _again(ROOT, place.folder / "data")
    subprocess.run(["git", "clone", "--quiet", "--local", str(ROOT), str(clone)], check=True)
    started = time.monotonic()
    process = _start(clone, place.folder / "data")
    clean = time.monotonic() - started
    _stop(process)
    figures = _again(clone, place.folder / "data")
    shutil.rmtree(clone, ignore_errors=True)
    return {"box.clean": clean, **figures}


def _again(where: Path, data: Path) -> dict[str, float]:
    if not (data / "dozor.db").exists():
        _stop(_start(where, data))
    started = time.monotonic()
    process = _start(where, data)
    again = time.monotonic() - started
    time.sleep(8)
    idle = pss_of([process.pid])
    figures = {"box.again": again, "box.idle": idle, "box.sending": _sending(process, data) - idle}
    _stop(process)
    return figures


def _sending(process: subprocess.Popen[bytes], data: Path) -> float:
    """What it holds when it has just sent by each kind of channel."""
    with everything.outside() as outside:
        outside.ask_for_one_each(create_app(Settings.from_env({"DOZOR_DATA": str(data)})))
        end = time.monotonic() + PATIENCE
        while not all(outside.told().values()):
            if time.monotonic() > end:
                raise RuntimeError(f"not everything was sent: {outside.told()}")
            time.sleep(0.05)
        return pss_of([process.pid])


def _start(where: Path, data: Path) -> subprocess.Popen[bytes]:
    """`make run`, until it says where to go."""
    outside = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOZOR_", "DATABASE_URL", "REDIS_URL", "MAKE", "MFLAGS", KEEPS_NO_BYTECODE))
    }
    bind = f"127.0.0.1:{free_port()}"
    environment = {**outside, **everything.ALLOWED, "DOZOR_DATA": str(data), "DOZOR_BIND": bind}
    log = data.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["make", "run"], cwd=where, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    end = time.monotonic() + PATIENCE
    while bind not in log.read_text():
        if time.monotonic() > end or process.poll() is not None:
            _stop(process)
            raise RuntimeError(f"the box did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
