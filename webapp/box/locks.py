"""One Dozor for a data folder that is its own, one program for a port: whoever cannot have it is told so in a line."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.config import ConfigError, Settings

WRITTEN = ("box.lock", "logs", "backups", "redis")


def files_must_be_ours(settings: Settings) -> None:
    """What Dozor writes again and again in its folder may be another user's, as after a start or a copy by root: then a
    part of it would run, and save nothing. Raises ConfigError."""
    file = settings.database_file
    tables = [] if file is None else [file, *(file.with_name(f"{file.name}-{each}") for each in ("wal", "shm"))]
    written = [settings.data / each for each in WRITTEN] + tables + [*(settings.data / "logs").glob("*")]
    closed = [each for each in written if os.path.exists(each) and not os.access(each, _needed(each))]
    if closed:
        names = ", ".join(str(each) for each in closed)
        raise ConfigError(
            f"this user may not write in {names}. As root: `chown -R --reference={settings.data} {settings.data}` and "
            f"`chmod -R u+rwX {settings.data}`; then start Dozor as the owner of that folder."
        )


def _needed(path: Path) -> int:
    return os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)


@contextmanager
def on_folder(data: Path) -> Iterator[None]:
    """Hold the folder; the kernel lets go of it however this process ends. Raises ConfigError when it is held."""
    with open(data / "box.lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise ConfigError(
                f"another Dozor (process {file.read().strip() or 'unknown'}) runs on {data}. "
                "Stop it first, or name another folder in DOZOR_DATA."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def port_must_be_free(bind: str) -> None:
    """Raises ConfigError when somebody listens there, or when this machine has no such address."""
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host.strip("[]"), int(port)))
            trial.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = "another program listens there. Stop it, or name another port"
        else:
            why = f"{error.strerror or error}. Name another address"
        raise ConfigError(f"DOZOR_BIND={bind}: {why}, as in DOZOR_BIND=127.0.0.1:8080.") from None
