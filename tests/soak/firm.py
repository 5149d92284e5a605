"""The firm that works: the lesson's, with more colleagues, short times, and a board kept at about as many open
deals."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from sqlalchemy import func, select

from tests.faults.crowd import shorten
from tests.stack import Stack
from webapp import clock
from webapp.db import session, transaction
from webapp.models import Deal, Department, RobotRun, User
from webapp.seeds import people as seeded
from webapp.snapshots import setups

CAST = ("rep1", "north", "rep2", "head", "rep3", "south-deputy", "admin")
LEADERS = frozenset({"north", "head", "south-deputy", "admin"})
PASSWORD = seeded.PASSWORD
ROBOTS_AFTER = 8  # seconds: some are called off by an answer in time, most fire
TASK_DUE = {"amount": 40, "unit": "seconds"}
DEALS_EACH = 4
FEWEST_DEALS = 30
LOOK_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Colleague:
    email: str
    name: str
    locale: str
    leads: bool
    address: str  # from where they sign in, as a proxy says it


class Firm:
    """`colleagues` are the cast first, then reps of both departments in turn, each second one Russian."""

    def __init__(self, stack: Stack, size: int) -> None:
        self.stack, self.port = stack, stack.port
        self.target = max(DEALS_EACH * size, FEWEST_DEALS)
        self.looked_at, self.open_deals, self.slow_runs = 0.0, 0, 0
        self._hire(max(size - len(CAST), 0))
        self.colleagues = self._listed(size)

    def _hire(self, more: int) -> None:
        with self.stack.app.app_context(), transaction() as current:
            homes = {row.key: row.id for row in current.scalars(select(Department))}
            hashed = current.scalars(select(User.password_hash)).first()
            assert hashed
            for n in range(more):
                locale = "ru" if n % 2 else "en"
                made = seeded.user(
                    f"soak{n}@dozor.example",
                    f"Colleague {n}",
                    hashed,
                    locale=locale,
                    zone="Europe/Moscow",
                    at=clock.now(),
                    hue=n % 8,
                )
                seeded.place(made, homes["sales_north" if n % 2 else "sales_south"])
            setups.changed()

    def _listed(self, size: int) -> list[Colleague]:
        with self.stack.app.app_context():
            known = {each.email: each for each in session().scalars(select(User))}
            session().close()
        emails = [f"{name}@dozor.example" for name in CAST] + [each for each in known if each.startswith("soak")]
        return [
            Colleague(each, known[each].name, known[each].locale, each.partition("@")[0] in LEADERS, f"10.0.1.{n + 1}")
            for n, each in enumerate(emails[:size])
        ]

    def quicken(self) -> None:
        """Once the product runs: robots and tasks fall due in seconds, so that something fires all the time."""
        shorten(self.stack, ROBOTS_AFTER)
        path = f"/robots/{self.stack.robot_id('vip_task')}"
        self.stack.call("admin", "PATCH", path, {"settings": {"due": TASK_DUE}})
        with self.stack.app.app_context():
            self.slow_runs = session().scalar(select(func.max(RobotRun.id))) or 0
            session().close()

    def is_of_before(self, line: str) -> bool:
        """What was armed before had the norms of then, and the instruments read robots as they are."""
        found = re.match(r"run (\d+): .*\bis due\b", line)
        return found is not None and int(found[1]) <= self.slow_runs

    def has_room(self) -> bool:
        """Whether the board has fewer open deals than it is kept at."""
        if time.monotonic() - self.looked_at > LOOK_EVERY:
            self.looked_at = time.monotonic()
            with self.stack.app.app_context():
                count = select(func.count(Deal.id)).where(Deal.closed_at.is_(None), Deal.deleted_at.is_(None))
                self.open_deals = session().scalar(count) or 0
                session().close()
        return self.open_deals < self.target
