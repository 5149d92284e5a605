"""How Dozor itself is, for the firm's admins: what a person can see of it without a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, select

from rules.setup import Stage
from webapp import clock
from webapp.background import backups, clock_jumps, heartbeats, held, lateness
from webapp.background.outbox import WORK_MODELS
from webapp.db import session
from webapp.models import Gateway, Heartbeat
from webapp.queries import ill_robots
from webapp.queries.ill_robots import FailedRun, Idle
from webapp.snapshots import reach, relocations, webhooks

MOST = 50  # processes, and kinds of work that are held
RECENT = timedelta(days=1)
JUMPS_FOR = timedelta(days=7)
LEAST_FREE_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Work:
    """Of one kind: what waits for its time, what is late by Dozor's own doing, what the other side has put off, what
    has failed within a day."""

    kind: str
    waiting: int
    late: int
    put_off: int
    failed: int


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is given signs of life; `trouble`: why the last was not heard."""

    host: str
    trouble: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Channel:
    """What is sent by; `trouble`: why it has taken nothing `since` then; `name`: of a webhook."""

    kind: str
    since: datetime | None
    trouble: dict[str, Any]
    name: str = ""


@dataclass(frozen=True, slots=True)
class HealthPage:
    seen: heartbeats.Health
    processes: Sequence[Heartbeat]
    work: list[Work]
    held: int
    stranded: list[tuple[Stage, int]]
    backup: backups.Standing
    jumps: list[clock_jumps.Jump]
    free_bytes: int
    failed_runs: Sequence[FailedRun]
    fell_back: Sequence[Idle]
    idle: Sequence[Idle]
    watcher: Watcher | None
    channels: list[Channel]

    @property
    def has_room(self) -> bool:
        return self.free_bytes >= LEAST_FREE_BYTES


def health_page() -> HealthPage:
    data: Path = current_app.config["SETTINGS"].data
    now = clock.now()
    jumps = [each for each in clock_jumps.noted(clock_jumps.file_in(data)) if _is_recent(each, now)]
    return HealthPage(
        seen=heartbeats.health(),
        processes=session().scalars(select(Heartbeat).order_by(Heartbeat.at.desc()).limit(MOST)).all(),
        work=[_work(kind, model, now) for kind, model in WORK_MODELS.items()],
        stranded=relocations.stranded(),
        held=sum(1 for _ in islice(held.rows(), 1000)),
        backup=backups.standing(data, now),
        jumps=jumps[-5:],
        free_bytes=shutil.disk_usage(data).free,
        failed_runs=ill_robots.failed(now),
        fell_back=ill_robots.fell_back(now),
        idle=ill_robots.idle(now),
        watcher=_watcher(),
        channels=channels(),
    )


def channels() -> list[Channel]:
    """Those that the firm has set, and those that are ill; webhooks too, and those to which replies go if they are."""
    failing = {each.kind: each for each in session().scalars(select(Gateway).where(Gateway.failing_since.is_not(None)))}
    kinds = [*reach.gateways(), *(each for each in failing if each not in reach.gateways() and each != "ping")]
    ill = [(kind, failing.get(kind)) for kind in kinds]
    found = [Channel(kind, row.failing_since if row else None, row.trouble if row else {}) for kind, row in ill]
    hooks = [*webhooks.standing(), *(each for each in webhooks.of_keys() if each.failing_since is not None)]
    return found + [Channel("webhook", each.failing_since, each.trouble, each.name) for each in hooks]


def failing() -> list[str]:
    """The kinds of those that take nothing, for whoever asks: names are for admins."""
    return sorted({each.kind for each in channels() if each.since is not None})


def _watcher() -> Watcher | None:
    row = session().scalars(select(Gateway).where(Gateway.kind == "ping", Gateway.url != "")).first()
    return Watcher(webhooks.host_of(row.url), row.trouble if row.failing_since else {}) if row else None


def _is_recent(jump: clock_jumps.Jump, now: datetime) -> bool:
    return now - datetime.fromisoformat(jump.at) < JUMPS_FOR


def _work(kind: str, model: Any, now: datetime) -> Work:
    waits = (model.state == "waiting") & ~and_(*held.is_held(model))
    failed = (model.state == "failed") & (model.ended_at > now - RECENT)
    late, _ = lateness.count_late(model, now, heartbeats.DEAD_AFTER)
    return Work(kind, _count(model, waits), late, lateness.count_put_off(model, now), _count(model, failed))


def _count(model: Any, which: ColumnElement[bool]) -> int:
    return session().scalar(select(func.count()).select_from(model).where(which)) or 0
