"""Robots: how late they are with nothing to do, with a hundred thousand waiting, and when ten thousand come at once."""

from __future__ import annotations

import statistics
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from jobs import runner
from tests import company
from tests.bench.inquiries import inquire
from tests.bench.places import Place
from tests.bench.turns import AROUND, Hello
from tests.bench.units import MS, percentile
from tests.bench.visitors import browser, caller
from tests.stack import Stack
from webapp import clock
from webapp.background import scheduled_jobs
from webapp.db import db, session, transaction
from webapp.models import Conversation, Deal, RobotRun
from webapp.services import definitions
from webapp.snapshots import specs

SECONDS = 3


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """On a firm with 20,000 deals."""
    figures: dict[str, float] = {}
    count = 40 if is_quick else 120
    with place.stack(20_000) as stack:
        _hasten(stack)
        figures["robots.idle.p99"] = _lateness(stack, count)
        _wait(stack, 10_000 if is_quick else 100_000, clock.now() + timedelta(days=2), "far")
        figures["robots.full.p99"] = _lateness(stack, count)
        figures |= _burst(stack, 1_000 if is_quick else 10_000, Hello(place))
        for role in ("worker", "ticker"):
            stack.kill(role)
        figures |= _firing(stack, 60 if is_quick else 200, Hello(place))
    return figures


def _hasten(stack: Stack) -> None:
    """The reaction control comes after three seconds."""
    timing = {"after": {"amount": SECONDS, "unit": "seconds"}}
    stack.call("admin", "PATCH", f"/robots/{stack.robot_id('reaction_control')}", {"timing": timing})


def _lateness(stack: Stack, count: int) -> float:
    """Inquiries come eight a second; each is told of three seconds later. Seconds by which the worst of 99 % was
    late."""
    visitor, since = caller(stack, "admin"), clock.now()
    for _ in range(count):
        assert inquire(visitor).status == 201
        time.sleep(0.125)
    time.sleep(SECONDS + 3)
    with stack.app.app_context():
        rows = session().execute(
            select(RobotRun.due_at, RobotRun.ended_at).where(
                RobotRun.created_at >= since, RobotRun.state != "called_off"
            )
        )
        late = [(row.ended_at - row.due_at).total_seconds() if row.ended_at else 60.0 for row in rows]
        db.session.remove()
    assert len(late) >= count
    return percentile(late, 0.99)


def _wait(stack: Stack, count: int, at: datetime, tag: str) -> None:
    """So many Controls that are due at `at`, on deals whose client waits for a first answer, armed in Redis like
    any."""
    with stack.app.app_context():
        robot = company.robot("reaction_control")
        with transaction() as current:
            frozen = definitions.ids_of({0: specs.definition(robot)})[0]
            first_words = update(Conversation).where(Conversation.replied_at.is_(None))
            current.execute(first_words.values(unanswered_since=Conversation.created_at))
        unanswered = select(Deal.id, Deal.visit_id).join(Conversation, Conversation.deal_id == Deal.id)
        here = (Deal.stage_id == robot.stage_id, Conversation.unanswered_since.is_not(None))
        deals = session().execute(unanswered.where(*here)).all()
        rows = [_row(n, deals[n % len(deals)], robot.id, frozen, at, tag) for n in range(count)]
        with transaction() as current:
            first = current.scalar(select(func.max(RobotRun.id))) or 0
            current.execute(insert(RobotRun), rows)
            ids = current.scalars(select(RobotRun.id).where(RobotRun.id > first)).all()
        for n in range(0, len(ids), 500):
            assert scheduled_jobs.send([("run", each, at) for each in ids[n : n + 500]], clock.now())
        db.session.remove()


def _row(n: int, deal: Any, robot_id: int, frozen: int, at: datetime, tag: str) -> dict[str, Any]:
    now = clock.now()
    return {
        "key": f"bench-{tag}-{n}", "robot_id": robot_id, "deal_id": deal.id, "visit_id": deal.visit_id,
        "definition_id": frozen,
        "base_at": now, "due_at": at, "visible_at": at, "created_at": now, "pauses": [], "reason": {},
        "findings": [], "path": [],
        "state": "waiting", "attempts": 0, "is_late": False,
    }  # fmt: skip


def _burst(stack: Stack, count: int, hello: Hello) -> dict[str, float]:
    """All at one moment, while somebody looks at the board four times a second."""
    at = clock.now() + timedelta(seconds=25 if count > 5000 else 8)
    _wait(stack, count, at, "burst")
    visitor, spent, is_over = browser(stack, "head"), [], threading.Event()
    before = [visitor.get("/").seconds * MS for _ in range(13)][3:]
    hello.ask(AROUND)

    def look() -> None:
        while not is_over.wait(0.25):
            spent.append(visitor.get("/").seconds * MS)

    time.sleep(max(0.0, (at - clock.now()).total_seconds()))
    looker = threading.Thread(target=look)
    looker.start()
    while _left(stack) and (clock.now() - at).total_seconds() < 300:
        time.sleep(0.5)
    seconds = (clock.now() - at).total_seconds()
    is_over.set()
    looker.join()
    hello.ask(AROUND)
    return {
        "robots.board": statistics.median(before),
        "robots.burst": seconds * MS / count,
        **hello.figures("robots.burst"),
        "robots.burst.p50": statistics.median(spent),
        "robots.burst.p95": percentile(spent, 0.95),
    }


def _left(stack: Stack) -> int:
    with stack.app.app_context():
        left = session().scalar(
            select(func.count()).where(RobotRun.key.like("bench-burst-%"), RobotRun.state == "waiting")
        )
        db.session.remove()
    return left or 0


def _firing(stack: Stack, count: int, hello: Hello) -> dict[str, float]:
    """One after another in one process: claimed, judged, told, journalled, committed."""
    _wait(stack, count, clock.now() - timedelta(seconds=1), "one")
    spent = []
    with stack.app.app_context():
        ids = session().scalars(select(RobotRun.id).where(RobotRun.key.like("bench-one-%"))).all()
        for n, each in enumerate(ids):
            started = time.perf_counter()
            assert runner.do("run", each)
            spent.append((time.perf_counter() - started) * MS)
            hello.in_turn(n, 20)
        fired = select(func.count()).where(RobotRun.id.in_(ids), RobotRun.state == "fired")
        assert session().scalar(fired) == count, "a firing that tells nobody costs half"
        db.session.remove()
    return {"robots.firing": statistics.median(spent), **hello.figures("robots.firing")}
