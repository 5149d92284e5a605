"""One Dozor for a data folder, one program for a port: whoever comes second is told so in a line."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.config import ConfigError


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
