"""The golden scenario with time injected, in browsers: every process goes by a clock that the test sets. Who is told,
and when, is what the oracle of tests/faults counts from the rows.

A normal week (with the long tests: IN_TIME=1), and the week in which everything comes together: the head is on leave,
tomorrow is a day off, a season makes norms three times as long, and the worker is killed in the middle.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tests import company, servers
from tests.browser.test_golden import EN, answer, pay, report_twice, say_the_equipment, send_the_invoice
from tests.conftest import TUESDAY
from tests.faults import invariants
from tests.following_clock import FollowingClock
from tests.stack import Stack
from tests.warm import Warm
from webapp import clock
from webapp.db import session
from webapp.models import ImportantItem, JournalEntry, Notification, Robot, RobotRun

CLIENT = {"name": "Vera Orlova", "phone": "+79125550177"}
DAYS = {"from_on": "2026-11-24", "until_on": "2026-11-27"}
SOON = 30_000
Told = list[tuple[str, str, datetime]]  # robot, person, when it was due


@pytest.fixture
def stack(tmp_path: Path, database_url: str, redis_server: servers.RedisServer, warm: Warm) -> Iterator[Stack]:
    redis_server.empty()
    running = Stack(tmp_path, database_url, redis_server, warm)
    running.clock = FollowingClock(tmp_path / "clock")
    running.clock.set(TUESDAY)
    with clock.machine_clock(running.clock):
        try:
            yield running.start()
        finally:
            running.stop()


def a_week(
    stack: Stack, person: Callable[..., Any], *, head: str, control: timedelta, unpaid: timedelta, is_killed: bool
) -> None:
    """Tuesday, ten o'clock. `head` is told after `control` that nobody has answered, and takes nothing, so the head of
    all sales is told fifteen working minutes later; the rep is reminded of the invoice `unpaid` after it was sent."""
    assert stack.clock is not None
    board, watch, above = person("rep1").open(), person(head).open(), person("head").open()
    contact = stack.call("rep1", "POST", "/contacts", CLIENT)["id"]
    deal = writes(stack)
    expect(board.locator(f'[data-stage="new"] [data-deal="{deal}"] [data-fuse]')).to_be_visible(timeout=SOON)
    if is_killed:
        stack.kill("worker")
    stack.clock.set(TUESDAY + control + timedelta(minutes=1))
    expect(toast(watch, EN["control"])).to_be_visible(timeout=2 * SOON)
    if is_killed:
        stack.launch("worker")
    item, opened, climbs = ladder(stack, deal)
    assert timedelta() <= climbs - opened - timedelta(minutes=15) < timedelta(seconds=1)
    stack.clock.set(climbs + timedelta(seconds=1))
    expect(toast(above, "Nobody has taken it")).to_be_visible(timeout=SOON)
    answer(board, watch, deal, EN, Locator.click)

    stack.call("rep1", "PATCH", f"/contacts/{contact}", {"fields": {"vip": True}})
    assert writes(stack) == deal
    expect(toast(watch, EN["vip"])).to_be_visible(timeout=SOON)
    say_the_equipment(board, watch, deal, EN, Locator.click)
    report_twice(board, watch, EN, Locator.click)
    send_the_invoice(board, deal, Locator.click)
    expect(watch.locator(f'[data-stage="payment"] [data-deal="{deal}"]')).to_be_visible(timeout=SOON)
    stack.clock.set(due_of(stack, deal, "unpaid_vip") + timedelta(seconds=1))
    expect(toast(board, "1042")).to_be_visible(timeout=2 * SOON)
    pay(board, watch, deal, Locator.click)
    with stack.app.app_context():
        assert {name: found for name, found in invariants.violations().items() if found} == {}
        told, next_level = told_by_robots(deal), told_by_the_ladder(item)
    sent = entered(stack, deal, "unpaid_vip")
    assert [each[:2] for each in told] == [
        ("reaction_control", head),
        ("vip_notification", head),
        ("unpaid_vip", "rep1"),
    ]
    assert told[0][2] - entered(stack, deal, "reaction_control") == control
    assert told[2][2] - sent == unpaid
    assert [who for who, _ in next_level] == ["head"]
    assert timedelta() <= next_level[0][1] - climbs < timedelta(minutes=1)


def writes(stack: Stack) -> int:
    made = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": CLIENT, "text": "A press, please"})
    return int(made["deal_id"])


def toast(page: Page, words: str) -> Locator:
    return page.locator("[data-toast]", has_text=words).first


def told_by_robots(deal: int) -> Told:
    """By whom of the robots, who, and when that was due, in this order."""
    names = {company.person(each): each for each in company.PEOPLE}
    found = (
        select(Robot.key, Notification.user_id, RobotRun.due_at)
        .join(RobotRun, RobotRun.id == Notification.run_id)
        .join(Robot, Robot.id == RobotRun.robot_id)
        .where(RobotRun.deal_id == deal, Notification.kind.startswith("robot."))
    )
    return [(key, names[who], due) for key, who, due in session().execute(found.order_by(Notification.id))]


def ladder(stack: Stack, deal: int) -> tuple[int, datetime, datetime]:
    """What stands in a list since nobody answers, since when, and when the next level is told."""
    with stack.app.app_context():
        item = session().scalars(select(ImportantItem).where(ImportantItem.deal_id == deal)).one()
        found = item.id, item.opened_at, item.next_at
        session().close()
    assert found[2] is not None
    return found[0], found[1], found[2]


def told_by_the_ladder(item: int) -> list[tuple[str, datetime]]:
    """Who was told next, and when, by the journal; that they heard of it is seen in their browser."""
    names = {company.person(each): each for each in company.PEOPLE}
    climbed = JournalEntry.event == "important.climbed", JournalEntry.entity_id == item
    entries = session().scalars(select(JournalEntry).where(*climbed))
    return [(names[who], entry.at) for entry in entries for who in entry.new["people"]]


def one_run(stack: Stack, deal: int, robot: str) -> RobotRun:
    with stack.app.app_context():
        found = select(RobotRun).join(Robot, Robot.id == RobotRun.robot_id).where(Robot.key == robot)
        run = session().scalars(found.where(RobotRun.deal_id == deal)).one()
        session().expunge(run)
        session().close()
        return run


def due_of(stack: Stack, deal: int, robot: str) -> datetime:
    due = one_run(stack, deal, robot).due_at
    assert due is not None
    return due


def entered(stack: Stack, deal: int, robot: str) -> datetime:
    return one_run(stack, deal, robot).base_at


@pytest.mark.timeout(300)
def test_a_leave_a_day_off_a_season_and_a_killed_worker_at_once(stack: Stack, person: Callable[..., Any]) -> None:
    """Maria stands in for the head. Thirty minutes, and six working days: Thursday of the next week."""
    with stack.app.app_context():
        maria, north = company.person("rep2"), company.person("north")
    departments = stack.call("admin", "GET", "/departments")["items"]
    home = next(each["id"] for each in departments if each["key"] == "sales_north")
    stack.call("admin", "PATCH", f"/departments/{home}", {"deputies": [maria]})
    stack.call("north", "POST", "/absences", {"user_id": north, **DAYS})
    firm = stack.call("admin", "GET", "/calendars")["items"][0]
    stack.call("admin", "PATCH", f"/calendars/{firm['id']}", {"closed": ["2026-11-25"]})
    stack.call("admin", "POST", "/seasons", {"name": "Action", **DAYS, "factor": 3})
    away = {"head": "rep2", "control": timedelta(minutes=30), "unpaid": timedelta(days=9)}
    a_week(stack, person, **away, is_killed=True)


if "IN_TIME" in os.environ:

    @pytest.mark.timeout(300)
    def test_a_normal_week(stack: Stack, person: Callable[..., Any]) -> None:
        usual = {"head": "north", "control": timedelta(minutes=10), "unpaid": timedelta(days=2)}
        a_week(stack, person, **usual, is_killed=False)
