"""A process that gives no sign of life is told to the admins: once, on their second channel too, by whoever is left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.ticker import Ticker
from tests import company
from tests.channels import worlds
from tests.conftest import Clock
from webapp import clock as time_source
from webapp.background import heartbeats
from webapp.db import session, transaction
from webapp.models import Delivery, Heartbeat, Notification
from webapp.services import silence

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def beats(**ago: int) -> None:
    """The last signs of life, in seconds."""
    with transaction() as current:
        current.query(Heartbeat).delete()
        for role, seconds in ago.items():
            at = time_source.now() - timedelta(seconds=seconds)
            current.add(Heartbeat(name=f"{role}:here:1", role=role, at=at, lag_seconds=0))


def told() -> list[tuple[str, str]]:
    session().rollback()
    rows = session().execute(select(Notification.kind, Notification.user_id).order_by(Notification.id))
    return [(kind, "admin" if user_id == company.person("admin") else "somebody") for kind, user_id in rows]


@pytest.mark.parametrize(
    ("ago", "kinds"),
    [
        ({"worker": 5, "ticker": 5}, []),
        ({"worker": 60, "ticker": 5}, []),
        ({"worker": 61, "ticker": 5}, ["worker.silent"]),
        ({"worker": 5, "ticker": 61}, ["ticker.silent"]),
        ({"worker": 3000, "ticker": 3000}, ["worker.silent", "ticker.silent"]),
        ({"ticker": 5}, []),  # nobody has started a worker: a firm of one process says so elsewhere
    ],
)
def test_whose_silence_is_told(inside: Flask, clock: Clock, ago: dict[str, int], kinds: list[str]) -> None:
    beats(**ago)
    for _ in range(2):
        silence.Watch(patience=0).look(clock.at)
    assert told() == [(kind, "admin") for kind in kinds]


def test_each_silence_is_told_once_and_goes_out(inside: Flask, clock: Clock) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("admin", "email", "admin@firm.example", "urgent")
    ticker = Ticker(inside)
    ticker.silence.patience = 0
    beats(worker=90)
    for _ in range(3):
        session().rollback()
        ticker.beaten_at = 0.0
        ticker.tick()
    assert told() == [("worker.silent", "admin")]
    assert session().scalars(select(Delivery.channel)).all() == ["email"]
    heartbeats.beat("worker")
    clock.go_on(seconds=61)
    heartbeats.beat("ticker")
    silence.Watch(patience=0).look(clock.at)
    assert told()[1:] == [("worker.silent", "admin")]  # it had come back: this is another one


def test_what_has_only_just_been_started_says_nothing_of_the_others(inside: Flask, clock: Clock) -> None:
    """After a restart, and when a machine has slept, the last signs of all of them are old."""
    beats(worker=300, ticker=300)
    watch = silence.Watch()
    watch.look(clock.at)
    watch.look(clock.at)
    assert told() == []
    watch.seen = {key: at - silence.PATIENCE_SECONDS for key, at in watch.seen.items()}
    watch.look(clock.at)
    assert told() == [("worker.silent", "admin"), ("ticker.silent", "admin")]
