"""The golden road in small, and in the middle of it each process dies, and Redis with all that it knew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import servers
from tests.conftest import fill, settings_for
from tests.faults import invariants
from tests.faults.crowd import Ledger, Worker, shorten
from tests.faults.harness import WHOLE_WITHIN_SECONDS, Harness, lost, twice
from tests.faults.keeper import Keeper
from tests.stack import Stack
from webapp import clock
from webapp.app import create_app
from webapp.db import session
from webapp.models import Robot, RobotRun

DEALS_EACH = 8


@pytest.fixture
def stack(tmp_path: Path, database_url: str, own_redis: servers.RedisServer) -> Iterator[Stack]:
    running = Stack(tmp_path, database_url, own_redis)
    try:
        yield running.start()
    finally:
        running.stop()


class Story:
    """Clients write; every third is answered; the others' heads must be told, each once."""

    def __init__(self, stack: Stack) -> None:
        shorten(stack, 2)
        self.stack, self.keeper = stack, Keeper(stack)
        self.somebody = Worker(stack, Ledger(), 0, pause=0)
        self.answered: set[int] = set()
        self.wake = ExitStack()  # of Redis: until all is whole again, however slow the machine

    def goes_on(self, deals: int) -> None:
        for n in range(deals):
            deal, talk, _ = self.somebody.inquiry(f"client {len(self.somebody.ledger.deals)}")
            if n % 3 == 0:
                self.somebody.reply(talk)
                self.answered.add(deal)

    def loses(self, victim: str) -> None:
        """It dies while timers are due, and is started again a little later."""
        self.goes_on(DEALS_EACH // 2)
        time.sleep(1.5)
        if victim == "redis":
            self.wake.enter_context(self.stack.complaints.fault("redis"))
            self.stack.redis.kill(with_files=True)
        else:
            self.stack.kill(victim)
            self.stack.launch(victim)
        self.goes_on(DEALS_EACH - DEALS_EACH // 2)
        self.keeper.look()

    def is_whole(self) -> bool:
        end = time.monotonic() + WHOLE_WITHIN_SECONDS
        self.stack.wait(WHOLE_WITHIN_SECONDS)
        while time.monotonic() < end:
            if not session().scalar(select(RobotRun.id).where(RobotRun.state == "waiting").limit(1)):
                return True
            session().close()
            time.sleep(0.2)
        return False

    def outcomes(self) -> dict[int, str]:
        """How the reaction control of each deal ended."""
        ends = select(RobotRun.deal_id, RobotRun.state).join(Robot, Robot.id == RobotRun.robot_id)
        return {row.deal_id: row.state for row in session().execute(ends.where(Robot.key == "reaction_control"))}


def play(stack: Stack, *victims: str) -> None:
    story = Story(stack)
    with story.wake, stack.app.app_context():
        for victim in victims:
            story.loses(victim)
        assert story.is_whole(), f"{invariants.overdue(clock.now())} rows wait\n{stack.logs()}"
        assert {name: found for name, found in invariants.violations().items() if found} == {}
        ledger = story.somebody.ledger
        assert lost(ledger) + twice(ledger) == []
        outcomes = story.outcomes()
        assert {outcomes[deal] for deal in story.answered} <= {"called_off", "fired"}  # fired: answered too late
        assert {state for deal, state in outcomes.items() if deal not in story.answered} == {"fired"}
        assert len(outcomes) == len(victims) * DEALS_EACH
        stack.complaints.listen(to_the_end=True)


@pytest.mark.timeout(240)
def test_whatever_is_killed_nothing_is_lost_and_nothing_comes_twice(stack: Stack) -> None:
    play(stack, "web", "worker", "ticker", "redis")


@pytest.fixture
def several(tmp_path: Path, own_redis: servers.RedisServer) -> Iterator[Harness]:
    """Two of each process over a PostgreSQL and a Redis that may be killed, with a world outside."""
    postgres = servers.Postgres(outlives_a_crash=True)
    postgres.run("CREATE DATABASE faults")
    fill(create_app(settings_for(tmp_path, postgres.url("faults"), own_redis.url)), "en")
    stack = Stack(tmp_path, postgres.url("faults"), own_redis)
    try:
        yield Harness(stack, database="postgresql", postgres=postgres, several=True, size=2, quiet=10, has_world=True)
    finally:
        stack.stop()
        postgres.remove()


@pytest.mark.postgres
@pytest.mark.timeout(240)
def test_nor_on_postgresql_with_two_of_each(several: Harness) -> None:
    """The long proof in short. Whether the sender dies between a word and its answer is left to chance here; that
    nothing is said twice inside by it is proved in tests/channels."""
    report = several.run(18, 60, every=2.0, seed=7)
    assert report.is_clean, str({name: found[:9] for name, found in report.violations.items() if found})
    assert sum(report.deeds.values()) > 5
    assert report.runs["fired"] > 5
    assert report.world["sent"], report.world
    assert report.world["failed"], "the number that the gateway refuses was never tried"
    assert report.world["calls of clients"], report.world
