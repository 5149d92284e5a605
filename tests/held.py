"""How long others wait for what one request does: what it reckons from the beginning of a writing transaction to its
end. On SQLite alone, where whoever writes is alone."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import thread_time

from sqlalchemy import Connection, Engine, event


@dataclass
class Held:
    """Seconds of the processor, so that it does not matter what else this machine does."""

    seconds: float = 0.0
    began: float | None = None

    def begin(self, connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        self.began = thread_time() if raw is not None and getattr(raw, "writes", False) else None

    def end(self, _connection: Connection) -> None:
        if self.began is not None:
            self.seconds, self.began = self.seconds + thread_time() - self.began, None


@contextmanager
def uncollected() -> Iterator[None]:
    """The collector takes its turn when its count is full, whoever's question that is; in a process that has run ten
    thousand tests it takes a third of a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def held(engine: Engine) -> Iterator[Held]:
    """What is held by this thread meanwhile."""
    found = Held()
    listeners = (("begin", found.begin), ("commit", found.end), ("rollback", found.end))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        with uncollected():
            yield found
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)
