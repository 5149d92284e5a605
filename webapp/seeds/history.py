"""A month of the lesson's firm, lived through: each step at its own past instant, each timer at the instant it was due.

What is over by now has ended with its reasons, what is still to come waits: nothing floods at the start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox, redis_client, scheduled_jobs
from webapp.background.outbox import Claim
from webapp.db import ScheduledJob, session, transaction
from webapp.models import ImportantItem, ImportantRung, User
from webapp.seeds import verbs
from webapp.seeds.stories import STORIES
from webapp.seeds.verbs import Scene
from webapp.services import firing, important, notifications, task_alarms

OPENED = timedelta(days=60)  # for so long the people have worked here and the clients have been known
SECOND = timedelta(seconds=1)
EVERYBODY_READ = timedelta(hours=5)  # ago; what came later is unread


DO: dict[str, Callable[[Claim], None]] = {"run": firing.fire, "alarm": task_alarms.fire}


def _take(rung_id: int) -> None:
    """Before the next level would be told, whoever has it takes what matters."""
    item = session().get_one(ImportantItem, session().get_one(ImportantRung, rung_id).item_id)
    important.take(item, Actor(important.places(item)[0].user_id, via="seed"))


def _sooner(rung_id: int) -> timedelta:
    """By how much: some at once, some nearly too late."""
    return timedelta(minutes=2 + rung_id * 5 % 11)


@dataclass(slots=True)
class Past:
    """The instant that has been reached."""

    at: datetime

    def reach(self, at: datetime) -> None:
        """Come to `at`, doing on the way whatever falls due, in its order."""
        while (due := _next_due(at)) is not None:
            kind, row_id, due_at = due
            if kind == "rung":
                self.at = max(self.at, due_at - _sooner(row_id))
                with transaction():
                    _take(row_id)
                continue
            self.at = max(self.at, due_at) + SECOND
            mine = outbox.claim(kind, row_id)
            if mine is not None:
                with transaction():
                    DO[kind](mine)
        self.at = max(self.at, at)


def live(locale: str) -> None:
    """Play every story up to now."""
    now = clock.now()
    past = Past(now - OPENED)
    scenes = _scenes(locale)
    with clock.running_on(lambda: past.at), _in_silence():
        with transaction():
            for scene in scenes:
                verbs.meet(scene)
        for at, step in sorted(_steps(scenes, now), key=lambda each: each[0]):
            past.reach(at)
            with transaction():
                step()
        past.reach(now - SECOND)
    scheduled_jobs.send(_waiting(), now)


@contextmanager
def _in_silence() -> Iterator[None]:
    """Leave Redis alone: alarms of the past would only wake workers for nothing."""
    breaker = redis_client.breaker()
    before, breaker.until = breaker.until, math.inf
    try:
        yield
    finally:
        breaker.until = before


def _waiting() -> list[ScheduledJob]:
    return [
        ScheduledJob(kind, row.id, row.due_at)
        for kind, model in outbox.WORK_MODELS.items()
        for row in session().execute(select(model.id, model.due_at).where(model.state == "waiting"))
        if row.due_at is not None
    ]


def _scenes(locale: str) -> list[Scene]:
    people = {row.email.partition("@")[0]: row.id for row in session().scalars(select(User))}
    return [Scene(n, story, locale, people) for n, story in enumerate(STORIES, start=1)]


def _steps(scenes: list[Scene], now: datetime) -> Iterator[tuple[datetime, Callable[[], None]]]:
    for scene in scenes:
        for ago, verb in scene.story.steps():
            yield now - ago, partial(verbs.VERBS[verb], scene)
    yield now - EVERYBODY_READ, partial(_read, scenes[0].people.values())


def _read(people: Iterable[int]) -> None:
    for user_id in people:
        notifications.read_all(user_id, Actor(user_id, via="page"))


def _next_due(until: datetime) -> tuple[str, int, datetime] | None:
    """The kind, id and time of the row that is due first."""
    found = []
    for kind, model in outbox.WORK_MODELS.items():
        row = (
            session()
            .execute(
                select(model.id, model.due_at)
                .where(model.state == "waiting", model.visible_at <= until)
                .order_by(model.due_at, model.id)
                .limit(1)
            )
            .first()
        )
        if row is not None:
            found.append((kind, row.id, row.due_at))
    return min(found, key=lambda each: each[2], default=None)
