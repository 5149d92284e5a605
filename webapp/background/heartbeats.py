"""Signs of life of worker and ticker, and what a monitor may know of our health."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import redis
from flask import current_app
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.background import backups, beginning, lateness, outbox, redis_client, sender_process
from webapp.db import db, execute_core, saving, session, transaction
from webapp.models import Heartbeat

ROLES = ("worker", "ticker")
EVERY_SECONDS = 5
DEAD_AFTER = timedelta(seconds=30)
ALONE_AFTER = timedelta(seconds=60)
PING_EVERY = timedelta(minutes=5)  # a sign of life to a watcher outside
FORGOTTEN_AFTER = timedelta(hours=1)

# They stand ready, and past the mapper: what a process at rest does every few seconds is all of the memory that it does
# not share with the others of its box.
_INSTANT = bindparam("instant", type_=Heartbeat.at.type)
_BEATS: Any = Heartbeat.__table__
_LIVES_ON = update(_BEATS).where(Heartbeat.name == bindparam("who"))
_BORN = insert(_BEATS)
_FORGOTTEN = delete(_BEATS).where(Heartbeat.at < _INSTANT)
_OF_ROLE = Heartbeat.role == bindparam("of_role")
_SEEN = select(func.max(Heartbeat.at).label("seen")).where(_OF_ROLE, Heartbeat.at < _INSTANT)


@dataclass(frozen=True, slots=True)
class Health:
    """What is up. `lag_seconds`: how late the oldest work is that Dozor owes. `starting`: what is not up, and has
    had no time to be."""

    database: bool
    redis: bool
    worker: bool
    ticker: bool
    lag_seconds: float
    backup: bool = True  # False: the last is older than a day and two hours, or a firm a day old has none
    starting: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        return self.database and self.redis and self.worker and self.ticker and self.backup

    @property
    def is_only_starting(self) -> bool:
        """All but what has had no time is well."""
        rest = dict.fromkeys(self.starting, True)
        return bool(rest) and replace(self, **rest).is_well  # type: ignore[arg-type]


def beat(role: str, lag_seconds: float = 0.0) -> None:
    """This process of `role` is alive."""
    with transaction():
        note(role, lag_seconds)


def note(role: str, lag_seconds: float) -> None:
    """The same in the open transaction."""
    now = clock.now()
    name = f"{role}:{socket.gethostname()}:{os.getpid()}"
    if not execute_core(_LIVES_ON, who=name, at=now, lag_seconds=lag_seconds).rowcount:
        execute_core(_BORN, name=name, role=role, at=now, lag_seconds=lag_seconds)
    execute_core(_FORGOTTEN, instant=now - FORGOTTEN_AFTER)


def last_seen(roles: Sequence[str], now: datetime) -> datetime | None:
    """When any of these last said so. What a clock that was ahead has written is no sign of life."""
    seen = [execute_core(_SEEN, of_role=role, instant=now + DEAD_AFTER).scalar() for role in roles]
    return max((each for each in seen if each is not None), default=None)


def is_starting() -> bool:
    """Whether so little time has gone by since the start that a sign of life may not have come yet: one that does not
    come is missed as late as one that comes no more."""
    return beginning.is_within(DEAD_AFTER.total_seconds())


def is_alive(seen: datetime | None, now: datetime) -> bool:
    return seen is not None and now - seen < DEAD_AFTER


def health() -> Health:
    """Look at everything once, now. Never raises."""
    now = clock.now()
    try:
        alive = {role for role in ROLES if is_alive(last_seen((role,), now), now)}
        late = lateness.lag(now)
        has_backup = backups.standing(current_app.config["SETTINGS"].data, now).is_well
        saves = _saves()
    except SQLAlchemyError:
        return Health(False, _redis_is_up(), False, False, 0.0)
    starting = tuple(each for each in ROLES if each not in alive) if is_starting() else ()
    return Health(saves, _redis_is_up(), "worker" in alive, "ticker" in alive, late, has_backup, starting)


def _saves() -> bool:
    """Whether a write would last. A file that was taken away is rescued at once, and not only when somebody writes."""
    opened = session().connection()
    if not saving.is_in_place(opened):
        saving.rescue(opened, current_app.config["SETTINGS"].data / "backups")
        return False
    return saving.is_possible(db.engine)


def _redis_is_up() -> bool:
    if redis_client.breaker().is_open:
        return False
    try:  # by writing, as work does: one without memory or disk answers, and takes nothing
        redis_client.client().set("dozor:health", "1", ex=1)
    except redis.RedisError as error:
        redis_client.breaker().trip(error)
        return False
    return True


def _send_by_ourselves() -> None:
    """Neither worker nor ticker has been there for a minute: what is to go out is not left lying."""
    now = clock.now()
    seen = last_seen(ROLES, now)
    if (seen is None or now - seen > ALONE_AFTER) and outbox.due("delivery", now, 1):
        sender_process.wake()


_last_look: dict[str, tuple[float, str]] = {}
LOOK_EVERY_SECONDS = 5.0


def trouble() -> str:
    """What every page says quietly when Dozor is ill: "worker", "redis", …, or nothing. Looked at every few seconds."""
    key, now = str(db.engine.url), time.monotonic()
    looked_at, found = _last_look.get(key, (0.0, ""))
    is_news = not saving.is_possible(db.engine) and "database" not in found  # a write that fails is felt at once
    if now - looked_at > LOOK_EVERY_SECONDS or not looked_at or is_news:
        seen = health()
        looked = (each for each in ("database", "redis", *ROLES) if each not in seen.starting)
        ill = [name for name in looked if not getattr(seen, name)]
        found = ", ".join(ill)
        _last_look[key] = (now, found)
        if not seen.worker and not seen.ticker and seen.database:
            _send_by_ourselves()
    return found
