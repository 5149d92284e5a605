"""A thousand alerts within a minute to twenty people, by mail and SMS, in the real processes: what goes out, and what
the board takes meanwhile. `python -m tests.bench.alerts`; for docs/performance.md."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import func, select

from tests.bench.visitors import Visitor, browser
from tests.channels import worlds
from tests.channels.worlds import Calls, Post
from tests.stack import Stack, standing
from webapp import clock
from webapp.db import session, transaction
from webapp.models import Address, Delivery, DigestLine, Notification, User
from webapp.services import notifications
from webapp.snapshots import setups

ALERTS, PEOPLE, SECONDS, CAUSES = 1000, 20, 60.0, 4


def main() -> None:
    """Print it."""
    post, calls = Post(), Calls()
    with (
        tempfile.TemporaryDirectory(prefix="dzb") as folder,
        worlds.mail_server(post) as mail,
        worlds.http_gateway(calls) as sms,
        standing("sqlite", Path(folder), with_deals=True) as (stack, _),
    ):
        stack.environment["DOZOR_OUTBOUND_ALLOW"] = "127.0.0.0/8"
        worlds.reaches(stack.app, email=f"smtp://127.0.0.1:{mail}", sms=f"json://127.0.0.1:{sms}/sms")
        people = hire(stack)
        stack.start()
        visitor = browser(stack, "head")
        quiet = [board(visitor) for _ in range(20)]
        took, loud = alarm(stack, people, visitor)
        settle(stack)
        say(stack, post, calls, took, quiet, loud)


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


def alarm(stack: Stack, people: list[int], visitor: Visitor) -> tuple[float, list[float]]:
    """Alerts at an even pace: every second one urgent. What the board took meanwhile."""
    began, loud = time.monotonic(), []
    for n in range(ALERTS):
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
        if n % 20 == 0:
            loud.append(board(visitor))
        time.sleep(max(0.0, began + (n + 1) * SECONDS / ALERTS - time.monotonic()))
    return time.monotonic() - began, loud


def board(visitor: Visitor) -> float:
    answer = visitor.get("/")
    assert answer.status == 200
    return answer.seconds


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


def say(stack: Stack, post: Post, calls: Calls, took: float, quiet: list[float], loud: list[float]) -> None:
    with stack.app.app_context():
        told = session().scalar(select(func.count(Notification.id)).where(Notification.key.like("alert-%")))
        states = Counter(session().scalars(select(Delivery.state)).all())
        lines = session().scalar(select(func.count(DigestLine.notification_id)))
    print(f"{told} alerts told in {took:.0f} s to {PEOPLE} people")
    print(f"{len(calls.asked)} SMS, {len(post.letters)} letters; deliveries {dict(states)}; {lines} lines of digests")
    print(
        f"board: median {statistics.median(quiet) * 1000:.0f} ms before, {statistics.median(loud) * 1000:.0f} meanwhile"
    )


if __name__ == "__main__":
    main()
