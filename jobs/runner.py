"""One row of work: claimed, then prepared, sent and finished by its kind (registry.py), or put off, or given up. A job
names a kind and a row; the row decides whether anything is to be done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from flask import current_app
from rq.timeouts import JobTimeoutException

from jobs.registry import WORK, JobKind
from webapp import clock
from webapp.background import outbox, sender_process
from webapp.background.outbox import Claim, DueRow, Step
from webapp.db import give_way, past_deadlocks, session, transaction
from webapp.models import LongWorkColumns

T = TypeVar("T")
log = logging.getLogger(__name__)
DRAIN = 100
FEW = 10  # rows claimed at once: a lease leaves three seconds for each
TURN_SECONDS = 20.0  # a long work lets others have their turn; RQ ends a job after 120


def run(kind: str, row_id: int) -> None:
    """What RQ calls: the row it was woken for, then up to a hundred more that are due, so that a burst needs few
    jobs."""
    with current_app.app_context():  # a fresh one, with a session of its own
        if WORK[kind].outward:
            sender_process.wake()
            return
        if outbox.is_due(kind, row_id):
            do(kind, row_id)
        drain()


def drain(limit: int = DRAIN, kinds: Iterable[str] | None = None) -> int:
    """Do what is due and needs nobody outside, oldest first. How many rows were looked at."""
    looked = 0
    for kind in kinds or [each for each, work in WORK.items() if not work.outward]:
        rows = outbox.due(kind, clock.now(), limit)
        session().close()
        do_all(kind, rows)
        looked += len(rows)
    return looked


def do_all(kind: str, rows: Sequence[DueRow]) -> None:
    """What is short and new is claimed a few at a time; each row is done in a transaction of its own, or more."""
    new = [each.row_id for each in rows if not each.attempts] if _is_short(kind) else []
    for first in range(0, len(new), FEW):
        _do_new(kind, new[first : first + FEW])
    for each in rows:
        if each.attempts or not new:
            do(kind, each.row_id)


def _is_short(kind: str) -> bool:
    """Whether it takes one transaction."""
    return WORK[kind].send is None and not issubclass(outbox.WORK_MODELS[kind], LongWorkColumns)


def _do_new(kind: str, row_ids: Sequence[int]) -> None:
    claims = {each.row_id: each for each in outbox.claim_new(kind, row_ids)}
    try:
        for row_id in row_ids:
            if (mine := claims.pop(row_id, None)) is not None:
                finish(mine)
                give_way()
    except JobTimeoutException:
        for left in claims.values():
            outbox.hand_on(left)
        raise


def do(kind: str, row_id: int) -> bool:
    """One row, claimed and taken on. False: it was not ours to do, or it failed and comes again, or was given up."""
    mine = outbox.claim(kind, row_id)
    is_done = mine is not None and finish(mine)
    give_way()
    return is_done


def finish(mine: Claim) -> bool:
    """Take on what was claimed. However late this comes, the fence decides whether it counts. False: it failed, or
    another worker has it."""
    kind, row_id = mine.kind, mine.row_id
    try:
        _take_turn_again(WORK[kind], mine)
    except outbox.LeaseLost:
        log.info("%s %d: another worker has it", kind, row_id)
        return False
    except Exception as error:  # whatever it was, the row must come again or end as failed
        log.exception("%s %d failed, attempt %d", kind, row_id, mine.attempt)
        if not outbox.retry_later(mine, repr(error), WORK[kind].stumbled):
            give_up(kind, row_id, repr(error))
        if isinstance(error, JobTimeoutException):  # counted like any failure, but nothing more is begun in this job
            raise
        return False
    return True


def _take_turn_again(work: JobKind, mine: Claim) -> None:
    """As pages do, again when PostgreSQL ended it to break a deadlock. What sends is not sent again for that: of it
    each transaction is begun again by itself (`_phases`). And again when time has overtaken it, which then is known
    from the beginning."""
    if work.send is not None:
        _take_turn(work, mine)
        return
    try:
        _past_deadlocks(mine, lambda: _take_turn(work, mine))
    except outbox.Overtaken:
        _past_deadlocks(mine, lambda: _take_turn(work, mine))


def _take_turn(work: JobKind, mine: Claim) -> None:
    """A long work goes on until its turn is over; then whoever claims it next goes on from where it got to."""
    began = time.monotonic()
    while _phases(work, mine) is Step.MORE:
        give_way()
        if time.monotonic() - began > TURN_SECONDS:
            outbox.hand_on(mine)
            return


def _phases(work: JobKind, mine: Claim) -> Step:
    """Once through. Neither a transaction nor a connection is held while it sends."""
    if work.send is None:
        with transaction():
            return _kept(mine, work.do(mine))
    prepared = _past_deadlocks(mine, lambda: _prepared(work, mine))
    if prepared is None:
        return Step.DONE
    session().close()
    answer = work.send(prepared)
    return _past_deadlocks(mine, lambda: _finished(work, mine, answer))


def _past_deadlocks(mine: Claim, do: Callable[[], T]) -> T:
    return past_deadlocks(do, f"{mine.kind} {mine.row_id}")


def _prepared(work: JobKind, mine: Claim) -> Any:
    with transaction():
        prepared = work.prepare(mine)
        if prepared is not None:
            outbox.renew(mine)  # sending has a whole lease
    return prepared


def _finished(work: JobKind, mine: Claim, answer: Any) -> Step:
    with transaction():
        return _kept(mine, work.finish(mine, answer))


def _kept(mine: Claim, step: Step | None) -> Step:
    """The lease of a work that goes on is renewed where its part is written: without the one there is not the other."""
    if step is Step.MORE:
        outbox.renew(mine, got_on=True)
    return step or Step.DONE


def give_up(kind: str, row_id: int, error: str) -> None:
    """End a row whose attempts are used up."""
    past_deadlocks(lambda: _given_up(kind, row_id, error), f"{kind} {row_id}")
    current_app.logger.error("%s %d gave up: %s", kind, row_id, error)


def _given_up(kind: str, row_id: int, error: str) -> None:
    with transaction():
        WORK[kind].give_up(row_id, error)
