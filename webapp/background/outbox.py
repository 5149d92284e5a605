"""Work that must outlive the request: rows are armed, claimed by a lease, finished behind a fence.

The row is the memory. A job in Redis only says "look now"; two workers may look at once, one of them
finds nothing to do. The SQL is the same on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Update, bindparam, case, null, select, update

from webapp import clock
from webapp.db import (
    ScheduledJob,
    SqlSelect,
    among,
    execute_core,
    execute_last,
    execute_surely,
    open_transaction,
    session,
    transaction,
)
from webapp.models import (
    AT_ONCE,
    Delivery,
    HandOver,
    ImportantRung,
    LongWorkColumns,
    PhoneCall,
    Recount,
    Rehearsal,
    RobotRun,
    SetupWork,
    TaskAlarm,
)

WORK_MODELS: dict[str, type[Any]] = {
    "run": RobotRun,
    "alarm": TaskAlarm,
    "setup": SetupWork,
    "hand_over": HandOver,
    "recount": Recount,
    "delivery": Delivery,
    "rung": ImportantRung,
    "rehearsal": Rehearsal,
    "call": PhoneCall,
}
ABOUT = {"run": RobotRun.deal_id}  # the claim of a row says of which deal, so that this is not asked by itself
LEASE = timedelta(seconds=30)  # longer than one transaction ever waits; whole again within a minute after a kill
MAX_ATTEMPTS = 8
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to finish one row; `attempt` is the fencing token. `about`: the row that is locked before it, where it
    always stays the same (ABOUT)."""

    kind: str
    row_id: int
    attempt: int
    about: int | None = field(default=None, compare=False)


class DueRow(NamedTuple):
    """A row that may be claimed, `since` when, after so many `attempts`."""

    row_id: int
    since: datetime
    attempts: int


class LeaseLost(Exception):
    """Another worker holds the row now: roll back and do nothing."""


class Overtaken(Exception):
    """What was about to be said is true no more: roll back and look again."""


class Step(Enum):
    """How far a work has come."""

    DONE = "done"
    MORE = "more"


def _failures(model: type[Any]) -> Any:
    """How many attempts came to nothing. A long work, whose row knows how far it got, does not count those that got
    on."""
    return model.attempts - model.fruitful if issubclass(model, LongWorkColumns) else model.attempts


def arm(kind: str, row_id: int, due: datetime) -> None:
    """Set the alarm for a row once this transaction is committed."""
    open_transaction().jobs.append(ScheduledJob(kind, row_id, due))


def visible_from(due: datetime | None, now: datetime) -> datetime | None:
    """Immediate work is visible from the epoch, not from now: the clock may be set back."""
    return AT_ONCE if due is not None and due <= now else due


def put(kind: str, row: ImportantRung | TaskAlarm, due: datetime) -> None:
    """What waits is due at another time. A worker may hold the lease and wait for what it is about: without a claim it
    finds that there is nothing to do yet."""
    row.due_at, row.visible_at, row.claimed_at = due, visible_from(due, clock.now()), None
    arm(kind, row.id, due)


def claim(kind: str, row_id: int) -> Claim | None:
    """Take the lease of a row in a transaction of its own. None: not due, another's, called off or done. A power cut
    may forget it: then nothing that was done under it is written either, and the row is due as it was."""
    now = clock.now()
    with transaction(may_be_forgotten=True):
        found = execute_last(_claiming(kind), row=row_id, now=now, lease_ends=now + LEASE).first()
    return None if found is None else Claim(kind, *found)


@cache
def _claiming(kind: str) -> Update:
    model = WORK_MODELS[kind]
    return (
        _leased(kind)
        .where(model.id == bindparam("row"), *_is_due(model), _failures(model) < MAX_ATTEMPTS)
        .returning(*claimed(kind))
    )


def claimed(kind: str) -> tuple[Any, ...]:
    """What a claim says of a row, in the order of Claim."""
    model = WORK_MODELS[kind]
    return (model.id, model.attempts, ABOUT.get(kind, null()))


def claim_new(kind: str, row_ids: Collection[int]) -> list[Claim]:
    """The leases of those of these rows that nobody has claimed before, in one transaction. What was claimed and comes
    again is claimed by itself: if it is what kills its worker, the others' attempts are not used up with its own."""
    if not row_ids:
        return []
    now = clock.now()
    with transaction(may_be_forgotten=True):
        found = execute_last(_claiming_new(kind), rows=sorted(row_ids), now=now, lease_ends=now + LEASE)
    return [Claim(kind, *each) for each in found]


@cache
def _claiming_new(kind: str) -> Update:
    """What another is claiming at this moment is left to them: two that claim the same do not wait in a circle."""
    model = WORK_MODELS[kind]
    new = select(model.id).where(among(model.id, "rows"), *_is_due(model), model.attempts == 0).order_by(model.id)
    mine = model.id.in_(new.with_for_update(skip_locked=True).scalar_subquery())
    return _leased(kind).where(mine).returning(*claimed(kind))


def _leased(kind: str) -> Update:
    model = WORK_MODELS[kind]
    columns = {"claimed_at": _now(model), "visible_at": bindparam("lease_ends")}
    return update(model.__table__).values(attempts=model.attempts + 1, **columns)


def _is_due(model: type[Any]) -> tuple[ColumnElement[bool], ...]:
    return (model.state == "waiting", model.visible_at <= _now(model))


def _now(model: type[Any]) -> BindParameter[datetime]:
    return bindparam("now", type_=model.visible_at.type)


def take(kind: str, row: Any) -> Claim:
    """The lease of a row that waits, taken in this transaction before its time, which has come with that: whoever else
    has it finishes nothing. What it is locked by, its deal, is locked by the caller."""
    row.attempts, row.claimed_at = row.attempts + 1, clock.now()
    row.due_at = min(row.due_at, row.claimed_at)
    session().flush()
    return Claim(kind, row.id, row.attempts, getattr(row, ABOUT[kind].key) if kind in ABOUT else None)


def is_held(mine: Claim, row: Any) -> bool:
    """Whether a row just read, its deal locked, is still ours to finish. `finish` has the last word."""
    return row.state == "waiting" and row.attempts == mine.attempt and row.claimed_at is not None


def finish(mine: Claim, state: str, **columns: Any) -> bool:
    """End the row in this transaction, if the lease is still ours. False: somebody else has it; do nothing."""
    return _change(mine, state=state, ended_at=clock.now(), **columns)


def end(mine: Claim, state: str, **columns: Any) -> None:
    """The same for what is not to stand otherwise. LeaseLost is raised here, or by whatever is asked next, and always
    before the commit."""
    values = {"row": mine.row_id, "attempt": mine.attempt, "state": state, "ended_at": clock.now(), **columns}
    execute_surely(_fenced(mine.kind), LeaseLost(mine), **values)


def renew(mine: Claim, *, got_on: bool = False) -> None:
    """A whole lease from now on, in this transaction; `got_on`: a part of a long work is written in it too. Raises
    LeaseLost, so that nothing else of the transaction is written either."""
    now = clock.now()
    values = {"claimed_at": now, "visible_at": now + LEASE} | ({"fruitful": mine.attempt} if got_on else {})
    if not _change(mine, **values):
        raise LeaseLost(mine)


def hand_on(mine: Claim) -> None:
    """A long work's turn is over: whoever comes next goes on with it."""
    with transaction():
        now = clock.now()
        if _change(mine, visible_at=now, claimed_at=None):
            arm(mine.kind, mine.row_id, now)


def put_off(mine: Claim, until: datetime, **columns: Any) -> None:
    """What the world did not take is tried again then, in this transaction. Raises LeaseLost."""
    if not _change(mine, visible_at=until, claimed_at=None, **columns):
        raise LeaseLost(mine)
    arm(mine.kind, mine.row_id, until)


def retry_later(mine: Claim, error: str, columns: Mapping[str, Any] = NOTHING) -> bool:
    """After a failure: show the row again later, with growing gaps; `columns` tell of it where people read. False when
    attempts are used up."""
    model = WORK_MODELS[mine.kind]
    with transaction() as current:
        is_mine = (model.id == mine.row_id, model.state == "waiting", model.attempts == mine.attempt)
        held = select(_failures(model)).where(*is_mine)
        failures = current.scalar(held)
        if failures is not None and failures >= MAX_ATTEMPTS:
            return False
        if failures is not None:
            _change(mine, visible_at=clock.now() + timedelta(seconds=2**failures), error=error[:2000], **columns)
    return True


def _change(mine: Claim, **columns: Any) -> bool:
    """Write columns of the row, behind the fence. False: somebody else has it."""
    return bool(execute_core(_fenced(mine.kind), row=mine.row_id, attempt=mine.attempt, **columns).rowcount)


@cache
def _fenced(kind: str) -> Update:
    """A write to one row of work, of the columns that are given, while it is that attempt's. No object that a session
    holds is told of it."""
    model = WORK_MODELS[kind]
    mine = (model.id == bindparam("row"), model.state == "waiting", model.attempts == bindparam("attempt"))
    return update(model.__table__).where(*mine)


def is_due(kind: str, row_id: int) -> bool:
    """Whether it may be claimed now, asked without the right to write: of most alarms of a burst nothing is left."""
    return execute_core(_due_row(kind), row=row_id, now=clock.now()).first() is not None


@cache
def _due_row(kind: str) -> SqlSelect:
    model = WORK_MODELS[kind]
    return select(model.id).where(model.id == bindparam("row"), *_is_due(model))


def due(kind: str, now: datetime, limit: int) -> Sequence[DueRow]:
    """Rows that may be claimed now, oldest first."""
    found = execute_core(_due(kind), now=now, limit=limit)
    return [DueRow(row.id, max(row.visible_at, row.due_at or row.visible_at), row.attempts) for row in found]


@cache
def _due(kind: str) -> SqlSelect:
    model = WORK_MODELS[kind]
    return (
        select(model.id, model.visible_at, model.due_at, model.attempts)
        .where(*_is_due(model), _failures(model) < MAX_ATTEMPTS)
        .order_by(model.visible_at, model.id)
        .limit(bindparam("limit"))
    )


def unclaimed(model: type[Any]) -> dict[str, Any]:
    """What the columns of a claimed row say when nobody has claimed it: what was at once is at once, what has a time
    keeps it."""
    return {"visible_at": case((model.due_at > model.created_at, model.due_at), else_=AT_ONCE), "claimed_at": None}


def exhausted(kind: str, now: datetime) -> Sequence[int]:
    """Rows whose last lease ran out without an end."""
    return execute_core(_exhausted(kind), now=now).scalars()


@cache
def _exhausted(kind: str) -> SqlSelect:
    model = WORK_MODELS[kind]
    return select(model.id).where(*_is_due(model), _failures(model) >= MAX_ATTEMPTS)
