"""A thousand alerts within a minute to twenty people, by mail and SMS, in the real processes: what goes out, and what
pages take meanwhile, beside what they take on the same firm before."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack

from sqlalchemy import func, select

from tests.bench.boards import MS, percentile
from tests.bench.places import Place
from tests.bench.turns import AROUND, Hello
from tests.bench.visitors import Visitor, browser
from tests.channels import worlds
from tests.channels.worlds import Calls, Post
from tests.stack import Stack
from webapp import clock
from webapp.db import session, transaction
from webapp.models import Address, Delivery, Notification, User
from webapp.services import notifications
from webapp.snapshots import setups

DEALS, ALERTS, PEOPLE, SECONDS, CAUSES = 1_000, 1_000, 20, 60.0, 4
PAGES = {"board": "/", "important": "/important"}
Took = dict[str, list[float]]


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """Pages by a head who is not among those told; a short pass is a third of it, at the same pace."""
    post, calls, ends = Post(), Calls(), ExitStack()
    with ends:
        mail = ends.enter_context(worlds.mail_server(post))
        sms = ends.enter_context(worlds.http_gateway(calls))
        stack = ends.enter_context(place.stack(DEALS, DOZOR_OUTBOUND_ALLOW="127.0.0.0/8"))
        worlds.reaches(stack.app, email=f"smtp://127.0.0.1:{mail}", sms=f"json://127.0.0.1:{sms}/sms")
        people, visitor = hire(stack), browser(stack, "head")
        hello, quiet = Hello(place), looks(visitor, 20)
        hello.ask(AROUND)
        alerts = ALERTS // 3 if is_quick else ALERTS
        loud = alarm(stack, people, visitor, alerts)
        settle(stack)
        hello.ask(AROUND)
        return {
            "alerts.untold": alerts - told(stack),
            "alerts.sms": len(calls.asked) / PEOPLE,
            **{f"alerts.{name}.before": statistics.median(each) for name, each in quiet.items()},
            **{f"alerts.{name}.p50": statistics.median(each) for name, each in loud.items()},
            **{f"alerts.{name}.p95": percentile(each, 0.95) for name, each in loud.items()},
            **hello.figures("alerts.board.p50", "alerts.board.p95", "alerts.important.p50"),
        }


def hire(stack: Stack) -> list[int]:
    """Twenty people, with a number for what is urgent and an address for the rest."""
    with stack.app.app_context(), transaction() as current:
        made = [
            User(email=f"p{n}@firm.example", name=f"P {n}", password_hash="-", locale="en", time_zone="Europe/Moscow",
                 created_at=clock.now())
            for n in range(PEOPLE)
        ]  # fmt: skip
        current.add_all(made)
        current.flush()
        for n, each in enumerate(made):
            for kind, address, wanted in (
                ("sms", f"+7912000{n:04d}", ["urgent"]),
                ("email", each.email, ["normal", "digest"]),
            ):
                current.add(Address(user_id=each.id, kind=kind, address=address, wanted_for=wanted,
                                    confirmed_at=clock.now()))  # fmt: skip
        setups.changed()
        return [each.id for each in made]


def alarm(stack: Stack, people: list[int], visitor: Visitor, alerts: int) -> Took:
    """Alerts at an even pace: every second one urgent. What pages took meanwhile."""
    began, took = time.monotonic(), looks(visitor, 0)
    for n in range(alerts):
        with stack.app.app_context(), transaction():
            about = f"robot-{n // PEOPLE % CAUSES}-1"
            notifications.tell(
                [people[n % PEOPLE]],
                "robot.control",
                key=f"alert-{n}",
                facts={"deal.title": f"Deal {n}"},
                text={"en": "{deal.title} is late", "ru": "{deal.title} опаздывает"},
                urgency="urgent" if n // PEOPLE % 2 else "normal",
                about=about,
            )
        if n % 10 == 0:
            for name, each in looks(visitor, 1).items():
                took[name] += each
        time.sleep(max(0.0, began + (n + 1) * SECONDS / ALERTS - time.monotonic()))
    late = time.monotonic() - began - alerts * SECONDS / ALERTS
    assert late < SECONDS / 4, f"the alerts took {late:.0f} s longer than they should"
    return took


def looks(visitor: Visitor, times: int) -> Took:
    """How long each page takes, so many times."""
    return {name: [_spent(visitor, path) for _ in range(times)] for name, path in PAGES.items()}


def _spent(visitor: Visitor, path: str) -> float:
    answer = visitor.get(path)
    assert answer.status == 200, answer.status
    return answer.seconds * MS


def settle(stack: Stack) -> None:
    """Until nothing is left that is due now."""
    due = select(func.count()).where(Delivery.state == "waiting", Delivery.due_at <= clock.now())
    while True:
        with stack.app.app_context():
            left = session().scalar(due)
            session().close()
        if not left:
            return
        time.sleep(0.5)


def told(stack: Stack) -> int:
    """Alerts that stand in Dozor, each by a number of its own."""
    with stack.app.app_context():
        found = session().scalar(select(func.count(Notification.id)).where(Notification.key.like("alert-%"))) or 0
        session().close()
        return found
