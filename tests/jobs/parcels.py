"""Two kinds of work that only tests know: a parcel is sent to a real, slow server; a listing writes lines in parts.

Nothing but the protocol keeps them from being done twice: their effects have no key of their own. Run as a program
(`python -m tests.jobs.parcels`), it does one row and is killed by SIGKILL at a wanted point.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from jobs import runner
from jobs.registry import WORK, JobKind
from webapp import clock
from webapp.background import outbox
from webapp.background.outbox import Claim, Step
from webapp.db import Base, after_commit, db, is_sqlite, session, transaction
from webapp.models import AT_ONCE, LongWorkColumns, WorkColumns

PART = 500


class Other(DeclarativeBase):
    """Tables beside the product's: no migration knows them."""

    registry = registry(type_annotation_map=Base.registry.type_annotation_map)


class Parcel(WorkColumns, Other):
    __tablename__ = "parcel"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]


class Receipt(Other):
    """The effect inside."""

    __tablename__ = "receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    parcel_id: Mapped[int]
    answer: Mapped[str]


class Listing(LongWorkColumns, Other):
    __tablename__ = "listing"

    id: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
    written: Mapped[int] = mapped_column(default=0)


class Line(Other):
    __tablename__ = "line"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


@dataclass(frozen=True, slots=True)
class Letter:
    key: str
    address: str


def _nowhere(point: str) -> None:
    """Where a process may be killed. Others look here."""


at_point: Callable[[str], None] = _nowhere


def _held(model: type[Any], mine: Claim) -> Any:
    row = session().get_one(model, mine.row_id, with_for_update=True, populate_existing=True)
    if not outbox.is_held(mine, row):
        raise outbox.LeaseLost(mine)
    return row


def _prepare(mine: Claim) -> Letter:
    row = _held(Parcel, mine)
    at_point("preparing")
    return Letter(row.key, row.address)


def _send(letter: Letter) -> str:
    at_point("prepared")
    asked = urllib.request.Request(letter.address, b"hello", {"Idempotency-Key": letter.key}, method="POST")
    with urllib.request.urlopen(asked, timeout=20) as answer:
        found: str = answer.read().decode()
    at_point("sent")
    return found


def _finish(mine: Claim, answer: str) -> None:
    session().add(Receipt(parcel_id=mine.row_id, answer=answer))
    session().flush()
    at_point("finishing")
    if not outbox.finish(mine, "sent"):
        raise outbox.LeaseLost(mine)


def _next_numbers(mine: Claim) -> range:
    row = _held(Listing, mine)
    return range(row.written, min(row.written + PART, row.count))


def _write(mine: Claim, numbers: range) -> Step:
    row = session().get_one(Listing, mine.row_id)
    session().add_all(Line(number=n) for n in numbers)
    session().flush()
    at_point(f"part {numbers.stop // PART}")
    row.written = numbers.stop
    session().flush()
    if numbers.stop < row.count:
        after_commit(lambda: at_point("going on"))
        return Step.MORE
    if not outbox.finish(mine, "written"):
        raise outbox.LeaseLost(mine)
    return Step.DONE


def _fail(model: type[Any]) -> Callable[[int, str], None]:
    def fail(row_id: int, error: str) -> None:
        row = session().get_one(model, row_id, with_for_update=True)
        row.state, row.error = "failed", error

    return fail


KINDS: dict[str, tuple[type[Any], JobKind]] = {
    "parcel": (Parcel, JobKind(prepare=_prepare, send=_send, finish=_finish, give_up=_fail(Parcel))),
    "listing": (Listing, JobKind(prepare=_next_numbers, finish=_write, give_up=_fail(Listing))),
}


@contextmanager
def known() -> Iterator[None]:
    """These kinds are in the registry."""
    with pytest.MonkeyPatch.context() as patch:
        for key, (model, kind) in KINDS.items():
            patch.setitem(outbox.WORK_MODELS, key, model)
            patch.setitem(WORK, key, kind)
        yield


@contextmanager
def watched(look: Callable[[str], None]) -> Iterator[None]:
    """`look` is called at each point."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "at_point", look)
        yield


def parcel(address: str) -> int:
    """One that is to be sent at once."""
    return _made(Parcel(key="parcel-1", address=address, **_waiting()))


def listing(count: int) -> int:
    return _made(Listing(key="listing-1", count=count, **_waiting()))


def _waiting() -> dict[str, Any]:
    return {"due_at": clock.now(), "visible_at": AT_ONCE, "created_at": clock.now()}


def _made(row: Any) -> int:
    with transaction() as current:
        Other.metadata.create_all(current.connection())
        current.add(row)
        current.flush()
        row_id: int = row.id
    return row_id


class PostOffice:
    """A server that remembers the key of each parcel, and does something before it answers."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.before_answer: Callable[[], None] = lambda: None
        self.failures: list[BaseException] = []
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                office.keys.append(self.headers["Idempotency-Key"])
                try:
                    office.before_answer()
                except BaseException as error:
                    office.failures.append(error)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"taken")

            def log_message(self, *_: Any) -> None:
                """Quietly."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"

    @contextmanager
    def open(self) -> Iterator[PostOffice]:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()


def nothing_is_open(url: str) -> None:
    """Raises when anybody holds SQLite's write lock, or a transaction of PostgreSQL; asked from outside."""
    if url.startswith("sqlite"):
        outside = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
        try:
            outside.execute("BEGIN IMMEDIATE")
            outside.execute("ROLLBACK")
        finally:
            outside.close()
        return
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as asked:
        open_ones = asked.execute(
            "SELECT state, query FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            " AND backend_type = 'client backend'"
        ).fetchall()
    if open_ones:
        raise AssertionError(f"open while sending: {open_ones}")


def address_of_database() -> str:
    return db.engine.url.render_as_string(hide_password=False)


def _main(folder: str, url: str, redis_url: str, kind: str, row_id: str, point: str, at: str) -> None:
    """Do one row in this process, which is killed at the point."""
    from tests.conftest import settings_for
    from webapp.app import create_app

    def kill(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    made = create_app(settings_for(Path(folder), url, redis_url), doors=False)
    # This module is __main__ here: the kinds' functions look at its own point.
    with known(), watched(kill), clock.running_on(lambda: datetime.fromisoformat(at)), made.app_context():
        assert is_sqlite() == url.startswith("sqlite")
        runner.do(kind, int(row_id))


if __name__ == "__main__":
    _main(*sys.argv[1:])
