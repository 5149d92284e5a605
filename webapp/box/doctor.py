"""What is up, what is late, what is wrong, and what to do about it. Looks, and changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import redis
from flask import Flask
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from rules import org
from webapp import clock, heartbeats, migrate, outbox, queue, setups
from webapp.config import Settings
from webapp.db import db, session
from webapp.models import Firm, Heartbeat, RobotRun

OK, NOTE, LATE, WRONG = "ok", "note", "late", "wrong"
LATE_AFTER = timedelta(seconds=30)
RECENT = timedelta(days=1)
LEAST_FREE_BYTES = 500 * 1024 * 1024
ROLES = {"worker": "robots are acted on by the ticker meanwhile, more slowly", "ticker": "late work is not caught up"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor. `state` is ok, note, late or wrong; `remedy` says what to do."""

    state: str
    what: str
    remedy: str = ""

    @property
    def is_ill(self) -> bool:
        return self.state in (LATE, WRONG)


def examine(app: Flask) -> Iterator[Finding]:
    """Everything in order of importance. Inside the application's context; stops where the rest makes no sense."""
    settings: Settings = app.config["SETTINGS"]
    try:
        database = list(_database())
        yield from database
        yield from _redis(settings)
        yield from _disk(settings)
        if not any(each.is_ill for each in database):
            yield from _work(clock.now())
    except SQLAlchemyError as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        yield Finding(WRONG, f"database: {first}", "Start it, or put DATABASE_URL right.")
        yield from _redis(settings)


def _database() -> Iterator[Finding]:
    with db.engine.connect() as connection:
        found, newest = migrate.revision(connection), migrate.script().get_current_head()
        has_firm = inspect(connection).has_table(Firm.__tablename__)
        firm = connection.execute(select(Firm.name, Firm.is_lesson)).first() if has_firm else None
    if found != newest:
        said = f"database ({db.engine.dialect.name}): at revision {found or 'none'}, this Dozor needs {newest}"
        yield Finding(WRONG, said, "Start Dozor: it migrates, after a backup.")
    elif firm is None:
        yield Finding(WRONG, "database: no firm lives here yet", "Run `flask --app wsgi init`, or `make run`.")
    else:
        yield Finding(OK, f"database ({db.engine.dialect.name}): {firm.name}, revision {found}")
    if firm and firm.is_lesson:
        yield Finding(NOTE, "this is the lesson's firm: everybody knows its password", "Not for real clients.")


def _redis(settings: Settings) -> Iterator[Finding]:
    line = queue.connect(settings.redis_url, timeout=2)
    try:
        said: Any = line.config_get("maxmemory-policy")
        policy = said.get("maxmemory-policy")
    except redis.ResponseError:  # a server by URL may not tell: it answers, which is enough
        policy = "noeviction"
    except redis.RedisError as error:
        log = settings.data / "logs" / "redis.log"
        remedy = (
            f"Start Dozor; if it runs, the reason stands in {log}."
            if settings.owns_redis
            else "Start it, or put REDIS_URL right."
        )
        yield Finding(WRONG, f"redis: {error}", remedy)
        return
    finally:
        line.close()
    if policy == "noeviction":
        yield Finding(OK, "redis: answers")
    else:
        remedy = "Set maxmemory-policy to noeviction: a job that is evicted comes up to 5 s late."
        yield Finding(NOTE, f"redis: answers, and may forget ({policy})", remedy)


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data).free
    said = f"disk: {free // 1024**2} MB free at {settings.data}"
    yield (
        Finding(OK, said)
        if free > LEAST_FREE_BYTES
        else Finding(WRONG, said, "Make room: without it nothing is saved.")
    )


def _work(now: datetime) -> Iterator[Finding]:
    for role, loss in ROLES.items():
        yield _alive(role, loss, now)
    for kind, model in outbox.KINDS.items():
        yield from _late(kind, model, now)
        yield from _ended_badly(kind, model, "failed", now)
    yield from _without_recipient(now)
    yield from _without_head(now)
    session().close()


def _alive(role: str, loss: str, now: datetime) -> Finding:
    at = session().scalar(select(func.max(Heartbeat.at)).where(Heartbeat.role == role))
    if at is not None and now - at < heartbeats.DEAD_AFTER:
        return Finding(OK, f"{role}: alive")
    seen = f"not seen for {_span(now - at)}" if at is not None else "never seen"
    return Finding(WRONG, f"{role}: {seen}; {loss}", f"Start Dozor; if it runs, look into the log of the {role}.")


def _late(kind: str, model: type[Any], now: datetime) -> Iterator[Finding]:
    due = select(func.count(), func.min(model.due_at)).where(model.state == "waiting", model.due_at <= now - LATE_AFTER)
    count, oldest = session().execute(due).one()
    if count:
        said = f"{count} of {kind} late, the oldest by {_span(now - oldest)}"
        yield Finding(LATE, said, "They are caught up once worker or ticker are alive.")


def _ended_badly(kind: str, model: type[Any], state: str, now: datetime) -> Iterator[Finding]:
    rows = select(model.id, model.error).where(model.state == state, model.ended_at > now - RECENT)
    found = session().execute(rows.order_by(model.id.desc())).all()
    if found:
        said = f"{len(found)} of {kind} {state} within a day, the last: {(found[0].error or 'no reason kept')[:200]}"
        yield Finding(WRONG, said, "The log of the worker has the whole error.")


def _without_recipient(now: datetime) -> Iterator[Finding]:
    rows = select(func.count(RobotRun.id)).where(RobotRun.state == "no_recipient", RobotRun.ended_at > now - RECENT)
    if count := session().scalar(rows):
        said = f"{count} robot runs within a day found nobody to tell"
        yield Finding(WRONG, said, "Give the firm an active admin, and its departments heads or deputies.")


def _without_head(now: datetime) -> Iterator[Finding]:
    setup = setups.current()
    today = now.astimezone(ZoneInfo(setup.firm.time_zone)).date()
    names = [setup.people[each].name for each in org.reaches_only_fallback(setup.org, today)]
    if names:
        said = f"no head or deputy would be told about {', '.join(names)}: only the admins"
        yield Finding(NOTE, said, "If that is not meant, give their department, or one above it, a head or deputy.")


def _span(length: timedelta) -> str:
    seconds = max(int(length.total_seconds()), 0)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
