"""Machines whose clocks differ, over one PostgreSQL: they go by its clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.stack import Stack, standing
from tests.standing_still import TwoClocks
from webapp import clock
from webapp.db import session
from webapp.models import Deal, RobotRun

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
QUARTER = 15 * 60  # longer than the reaction control waits


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with standing("postgresql", tmp_path_factory.mktemp("clocks")) as (made, _):
        made.clocks = {"web": -QUARTER, "worker": QUARTER, "ticker": QUARTER}
        yield made.start()


@pytest.mark.postgres
def test_nothing_fires_early_on_a_machine_that_is_ahead_and_nothing_is_dated_back_by_one_behind(stack: Stack) -> None:
    before = datetime.now(UTC)
    contact = {"name": "Vera Orlova", "phone": "+79160000099"}
    made = stack.call("admin", "POST", "/inquiries", {"channel": "api", "contact": contact, "text": "Hello"})
    time.sleep(3)  # three rounds of the ticker
    with stack.app.app_context():
        deal = session().get_one(Deal, made["deal_id"])
        assert abs(deal.created_at - before) < timedelta(seconds=20)
        states = session().execute(select(RobotRun.state, RobotRun.due_at).where(RobotRun.deal_id == deal.id)).all()
    assert [state for state, due_at in states if due_at and due_at > before + timedelta(minutes=9)] == ["waiting"]


@pytest.mark.parametrize(("ahead", "is_followed"), [(-900, True), (0.2, True), (0.01, False), (0, False)])
def test_a_clock_is_followed_by_more_than_what_the_question_may_hide(ahead: float, is_followed: bool) -> None:
    with clock.machine_clock(lambda: NOW):
        clock.agree(lambda: NOW + timedelta(seconds=ahead))
        off = (clock.now() - NOW).total_seconds()
        clock.agree(lambda: NOW)
        assert clock.now() == NOW
    assert off == pytest.approx(ahead if is_followed else 0, abs=0.009)


@pytest.mark.parametrize("looks", range(1, 5))
def test_wherever_a_process_stands_still_its_clocks_have_not_jumped(
    monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """By the database's clock, and by one that cannot be set."""
    asked, watched = TwoClocks(NOW, looks), TwoClocks(NOW, looks)
    with clock.machine_clock(asked.time):
        monkeypatch.setattr(clock, "monotonic", asked.monotonic)
        clock.agree(asked.time)
        off = clock.now() - asked.time()
        clock.agree(asked.time)
    assert off == timedelta(0)
    with clock.running_on(watched.time):
        monkeypatch.setattr(clock, "monotonic", watched.monotonic)
        at, seen = clock.both()
    assert (at - NOW).total_seconds() == seen
