"""What was due before a backup was put back is held, not done: it may have been done, and answered, after the backup.

A held row waits without a moment from which it may be claimed, though it has one at which it was due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update, update

from webapp import clock
from webapp.background.outbox import WORK_MODELS, arm
from webapp.db import session, transaction
from webapp.models import AT_ONCE


@dataclass(frozen=True, slots=True)
class Held:
    """One row of work: `name` is how a command calls it."""

    kind: str
    id: int
    due_at: datetime

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.id}"


def is_held(model: type[Any]) -> tuple[Any, ...]:
    """The condition over a table of work."""
    return (model.state == "waiting", model.visible_at.is_(None), model.due_at.is_not(None))


def hold_due() -> int:
    """Everything that is due now. How many there were."""
    with transaction() as current:
        return _hold(current.execute)


def hold_due_in(connection: Connection) -> int:
    """The same in a copy that is not in place yet."""
    return _hold(connection.execute)


def _hold(execute: Callable[[Update], Any]) -> int:
    count, now = 0, clock.now()
    for model in WORK_MODELS.values():
        due = update(model).where(model.state == "waiting", model.visible_at.is_not(None), model.due_at <= now)
        held = due.values(visible_at=None, claimed_at=None).execution_options(synchronize_session=False)
        count += execute(held).rowcount
    return count


def rows() -> Iterator[Held]:
    """Oldest first."""
    found = [
        Held(kind, each.id, each.due_at)
        for kind, model in WORK_MODELS.items()
        for each in session().execute(model.__table__.select().where(*is_held(model))).all()
    ]
    yield from sorted(found, key=lambda each: (each.due_at, each.name))


def send(wanted: list[Held]) -> None:
    """They are done now, by their own conditions."""
    for each in wanted:
        model = WORK_MODELS[each.kind]
        row = update(model).where(model.id == each.id, *is_held(model)).values(visible_at=AT_ONCE)
        session().execute(row.execution_options(synchronize_session=False))
        arm(each.kind, each.id, each.due_at)


def drop(wanted: list[Held]) -> None:
    """They are called off."""
    for each in wanted:
        model = WORK_MODELS[each.kind]
        ended: dict[str, Any] = {"state": "called_off", "ended_at": clock.now()}
        if each.kind == "run":
            ended["reason"] = {"code": "dropped_after_restore", "by_id": None, "cause": {"via": "console"}}
        row = update(model).where(model.id == each.id, *is_held(model)).values(**ended)
        session().execute(row.execution_options(synchronize_session=False))
