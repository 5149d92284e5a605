"""What is late is what Dozor owes: since when it could have done a row, and has not. What the other side has put off
(it asks us to wait, takes nothing, says nothing) is not late until that is over, and is counted apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, case, false, func, or_, select

from webapp.background.outbox import WORK_MODELS
from webapp.db import SqlSelect, execute_core, session
from webapp.models import Delivery, Gateway, Webhook

OURS = "broken"  # the reason of a delivery that failed here; every other is the world's
# Put-off rows show again within minutes: looking no further keeps what is late within the index of what is due.
SOON = timedelta(hours=1)
Instant = datetime | BindParameter[datetime]


def since(model: type[Any]) -> ColumnElement[datetime]:
    """SQL over a table of work: since when a row that waits is owed. One that comes again after a failure of our own is
    owed since it was due; one that the other side put off, since it may be tried again."""
    due: ColumnElement[datetime] = model.due_at
    if model is not Delivery:
        return due
    again: ColumnElement[datetime] = func.coalesce(model.claimed_at, model.visible_at)
    return case((_was_not_taken(), again), else_=due)


def is_late(model: type[Any], now: datetime, by: timedelta) -> tuple[ColumnElement[bool], ...]:
    """SQL over a table of work: owed for longer than that. What is held since a restore is owed by nobody."""
    return _is_late(model, now, now + SOON, now - by)


def _is_late(model: type[Any], now: Instant, soon: Instant, before: Instant) -> tuple[ColumnElement[bool], ...]:
    return (model.state == "waiting", model.visible_at <= soon, since(model) <= before, ~is_put_off(model, now))


def is_put_off(model: type[Any], now: Instant) -> ColumnElement[bool]:
    """SQL over a table of work: waits for the other side."""
    if model is not Delivery:
        return false()
    resting = select(Gateway.kind).where(Gateway.rest_until > now)
    away = select(Webhook.id).where(Webhook.rest_until > now)
    rests = or_(Delivery.channel.in_(resting), func.coalesce(Delivery.webhook_id, 0).in_(away))
    later = and_(_was_not_taken(), Delivery.claimed_at.is_(None), Delivery.visible_at > now)
    return and_(Delivery.state == "waiting", Delivery.visible_at.is_not(None), or_(later, rests))


def _was_not_taken() -> ColumnElement[bool]:
    code = Delivery.reason["code"].as_string()
    return func.coalesce(code, OURS) != OURS


def lag(now: datetime) -> float:
    """Seconds by which the oldest row of any kind is late; 0 when nothing is."""
    oldest = 0.0
    for kind in WORK_MODELS:
        owed_since = execute_core(_oldest(kind), now=now, soon=now + SOON).scalar()
        if owed_since is not None:
            oldest = max(oldest, (now - owed_since).total_seconds())
    return oldest


@cache
def _oldest(kind: str) -> SqlSelect:
    """Asked every few seconds, and by every look at how Dozor is."""
    model = WORK_MODELS[kind]
    now, soon = (bindparam(name, type_=model.visible_at.type) for name in ("now", "soon"))
    return select(func.min(since(model)).label("since")).where(*_is_late(model, now, soon, now))


def count_late(model: type[Any], now: datetime, by: timedelta) -> tuple[int, datetime | None]:
    """How many of a table, and since when the oldest is owed."""
    count, oldest = (
        session().execute(select(func.count(), func.min(since(model))).where(*is_late(model, now, by))).one()
    )
    return count, oldest


def count_put_off(model: type[Any], now: datetime) -> int:
    """How many of a table wait for the other side."""
    if model is not Delivery:
        return 0
    return session().scalar(select(func.count()).select_from(model).where(is_put_off(model, now))) or 0
