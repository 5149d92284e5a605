"""The long proof: the real product, a crowd that works, two open pages, and a killer. At the end the faults stop,
everything must be whole within a minute without a hand, and every invariant is counted."""

from __future__ import annotations

import os
import re
import statistics
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from tests import servers
from tests.complaints import Complaints
from tests.faults import busy, callers, invariants, posts
from tests.faults.crowd import Crowd, Ledger, shorten
from tests.faults.keeper import SILENCED, Keeper, Killer, hanging
from tests.faults.outside import Outside
from tests.faults.watchers import Watcher
from tests.stack import ROLES, TWO_OF_EACH, Stack
from tests.views import provider
from webapp import clock
from webapp.db import session, transaction
from webapp.models import Deal, Invoice, Notification, Robot, RobotRun, Stage, StageVisit, Task
from webapp.snapshots import setups

WHOLE_WITHIN_SECONDS = 60.0
DONE_WITHIN_SECONDS = 10.0  # when nothing is broken any more
PAGE_WITHIN_SECONDS = 1.0
REDIS_WITHIN_SECONDS = 0.6  # what a time-out may add
TEXT = {"en": "{deal.title} waits", "ru": "{deal.title} ждёт"}
Took = list[tuple[str, float]]  # what was asked for, and how many seconds it took
NAME = {"en": "One more", "ru": "Ещё один"}


@dataclass
class Report:
    """What a run of the harness found. `violations` by invariant; `world`: what was told outside, and who called."""

    database: str
    seconds: float = 0.0
    runs: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    world: Counter[str] = field(default_factory=Counter)
    violations: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not any(self.violations.values())


def more_robots(stack: Stack) -> None:
    """On each stage some more of each kind of timing, so that there is much to lose."""
    with stack.app.app_context(), transaction() as current:
        for stage in current.scalars(select(Stage)).all():
            for position, seconds in enumerate((0, 1, 3)):
                timing = {"after": {"amount": seconds, "unit": "seconds"}} if seconds else {"at_once": True}
                current.add(
                    Robot(
                        stage_id=stage.id,
                        kind="control" if seconds else "notify",
                        name=NAME,
                        position=10 + position,
                        starts=["entered"],
                        timing=timing,
                        settings={"to": "head", "text": TEXT, "urgency": "normal"},
                    )
                )
        setups.changed()


class Harness:
    """`several`: two webs, workers and tickers, asked in turn. `quiet`: for how many seconds pages are left alone
    after the faults: they make up within ten. `is_busy`: calendars, a season, people on leave. `real_pages`: of whom a
    board is open in Chromium too. `has_world`: people are told outside of Dozor, and clients call."""

    def __init__(
        self,
        stack: Stack,
        *,
        database: str,
        postgres: servers.Postgres | None = None,
        several: bool = False,
        size: int = 4,
        quiet: float = 12.0,
        is_busy: bool = False,
        real_pages: tuple[str, ...] = (),
        has_world: bool = False,
    ) -> None:
        self.stack, self.postgres = stack, postgres
        self.names = TWO_OF_EACH if several else tuple(ROLES)
        self.report, self.size, self.quiet, self.is_busy = Report(database), size, quiet, is_busy
        self.real_pages, self.has_world = real_pages, has_world

    def run(self, seconds: float, runs: int = 0, *, every: float = 2.0, seed: int = 1) -> Report:
        """At least so long, and until so many runs have been armed."""
        outside = Outside(self.stack) if self.has_world else None
        hooks = provider.set_up(self.stack.app) if self.has_world else ""
        self.stack.start(*self.names)
        shorten(self.stack)
        more_robots(self.stack)
        if self.is_busy:
            with self.stack.app.app_context():
                busy.some_of_it(clock.now().date())
        crowd = Crowd(self.stack, self.size, hooks=hooks)
        pages = [Watcher(self.stack, name) for name in ("north", "rep1")]
        real = self._real_pages()
        keeper = Keeper(self.stack)
        killer = Killer(keeper, self.postgres, every=every, seed=seed, has_world=self.has_world)
        if outside is not None:
            outside.calls(killer.silence_sender)
        ear = Ear(self.stack.complaints)
        threads: list[Any] = [ear, *pages, *real, keeper, crowd, killer]
        for each in threads:
            each.start()
        self._let_it_run(seconds, runs)
        if outside is not None:
            self._let_the_sender_die(killer)
        killer.stop()
        began = time.monotonic()
        self.report.deeds, self.report.violations["harness"] = killer.deeds, killer.broken
        crowd.stop()
        self._whole(began)
        keeper.stop()
        time.sleep(self.quiet)  # pages without a reconnect: word that was lost is made up for
        self._count(crowd, [*pages, *real], outside)
        self._hang(pages[0])
        for page in (*pages, *real):
            page.stop()
        ear.stop()
        if outside is not None:
            outside.stop()
        self.report.violations["I15"] = self.stack.complaints.unexplained()
        return self.report

    def _real_pages(self) -> list[Any]:
        if not self.real_pages:
            return []
        from tests.faults.pages import RealPage  # nobody else waits for Playwright to be imported

        return [RealPage(self.stack, name) for name in self.real_pages]

    def _let_it_run(self, seconds: float, runs: int) -> None:
        started = time.monotonic()
        while time.monotonic() - started < seconds or self._armed() < runs:
            time.sleep(1)
        self.report.seconds = time.monotonic() - started
        self.report.notes["load"] = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"

    def _let_the_sender_die(self, killer: Killer) -> None:
        """At least once, on a machine that is slow as well: the faults go on for so long."""
        end = time.monotonic() + WHOLE_WITHIN_SECONDS
        while not killer.deeds[SILENCED] and time.monotonic() < end:
            time.sleep(0.2)

    def _armed(self) -> int:
        with self.stack.app.app_context():
            try:
                return session().scalar(select(func.count(RobotRun.id))) or 0
            except SQLAlchemyError:  # PostgreSQL is just being restarted
                return 0
            finally:
                with suppress(SQLAlchemyError):
                    session().close()

    def _whole(self, began: float) -> None:
        """I12: without a hand, all is well and nothing that is due waits."""
        wrong: list[str] = []
        try:
            self.stack.wait(WHOLE_WITHIN_SECONDS)
        except AssertionError as error:
            wrong.append(str(error)[:500])
        late = self._late(began + WHOLE_WITHIN_SECONDS)
        took = time.monotonic() - began
        if late:
            wrong.append(f"{late} rows still wait after {took:.0f} s")
        self.report.notes["whole again after"] = f"{took:.1f} s"
        self.report.violations["whole"] = wrong

    def _late(self, end: float) -> int:
        """How many rows that are due still wait, or wait at last when it is `end` by the monotonic clock: one that has
        just come due is not late."""
        with self.stack.app.app_context():
            while (late := invariants.overdue(clock.now())) and time.monotonic() < end:
                time.sleep(0.2)
        return late

    def _count(self, crowd: Crowd, pages: list[Any], outside: Outside | None) -> None:
        report, ledger = self.report, crowd.ledger
        late = self._late(time.monotonic() + DONE_WITHIN_SECONDS)
        with self.stack.app.app_context():
            report.violations |= invariants.violations()
            report.violations["I1"] += lost(ledger)
            report.violations["I2"] += [f"{late} rows still wait"] if late else []
            report.violations["I3"] += twice(ledger)
            report.violations["I12"] += report.violations.pop("whole")
            if outside is not None:
                walked = posts.ways_are_walked(outside)
                report.violations["I16"] = [*walked, *posts.told_once(), *posts.calls_end_once()]
                report.violations["I1"] += callers.astray(crowd.calls)
                report.world = outside.counted() + Counter({"calls of clients": len(crowd.calls)})
                report.notes["outside"] = ", ".join(f"{n} {what}" for what, n in report.world.items())
            report.runs = Counter(session().scalars(select(RobotRun.state)).all())
            report.notes["worst lateness"] = lateness()
            report.notes["notifications"] = str(session().scalar(select(func.count(Notification.id))))
            session().close()
        report.violations["I9"] = [each for page in pages for each in page.blind_spots()]
        report.violations["clients"] = ledger.broken
        report.notes["calls"] = f"{ledger.calls} answered, {ledger.refusals} refused, {ledger.retries} asked again"
        report.notes["pages"] = (
            f"{sum(page.connections for page in pages)} connections; left open, {sum(page.behind for page in pages)}"
            " cards or counts behind"
        )

    def _hang(self, page: Watcher) -> None:
        """I10: pages while Redis accepts and never answers. On a busy machine some are slow anyhow: those are known."""
        usual = self._asked_for(page, self.quiet / 4)
        with self.stack.complaints.fault("redis"), hanging(self.stack.redis):
            took = self._asked_for(page, self.quiet / 4)
        # A time-out adds what it adds; what the machine's other work adds, and twice may, is seen without it.
        limit = max(PAGE_WITHIN_SECONDS, 2 * max(each for _, each in usual) + REDIS_WITHIN_SECONDS)
        self.report.notes["pages while Redis hangs"] = f"{_spread(took)}; else {_spread(usual)}"
        self.report.violations["I10"] = [f"{name} took {each:.2f} s" for name, each in took if each > limit]

    def _asked_for(self, page: Watcher, seconds: float) -> Took:
        """How long pages and calls take, one after the other."""
        took: Took = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            form = SignIn(self.stack)
            for name, ask in (
                ("the board", lambda: page.page("/")),
                ("the inbox", lambda: page.page("/inbox")),
                ("a form", form.open),
                ("a sign-in", form.send),
                ("an inquiry", self._write),
            ):
                began = time.monotonic()
                ask()
                took.append((name, time.monotonic() - began))
        return took

    def _write(self) -> None:
        self.stack.call("admin", "POST", "/inquiries", {"channel": "api", "contact": {"name": "Vera"}, "text": "Hello"})


class Ear(threading.Thread):
    """Hears what processes complain of while they do, so that it is known which fault it was."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__(name="ear", daemon=True)
        self.complaints, self.is_over = complaints, threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(0.2):
            self.complaints.listen()

    def stop(self) -> None:
        self.is_over.set()
        self.join(15)
        self.complaints.listen()


class SignIn:
    """With a wrong password: attempts are counted in Redis."""

    def __init__(self, stack: Stack) -> None:
        self.address, self.token = f"{stack.address()}/sign-in", ""
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def open(self) -> None:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self._ask(None))
        assert found is not None
        self.token = found[1]

    def send(self) -> None:
        form = {"csrf_token": self.token, "email": "nobody@dozor.example", "password": "wrong"}
        with suppress(urllib.error.HTTPError):  # refused, as it should be
            self._ask(urllib.parse.urlencode(form).encode())

    def _ask(self, body: bytes | None) -> str:
        with self.browser.open(self.address, body, timeout=20) as answer:
            return str(answer.read().decode())


def lost(ledger: Ledger) -> list[str]:
    """Acknowledged, and not in the database."""
    counted = invariants.said(ledger.texts)
    stand = {row.id: row.version for row in session().execute(select(Deal.id, Deal.version))}
    visits = select(StageVisit.deal_id, Stage.key).join(Stage, Stage.id == StageVisit.stage_id)
    stood = {(deal, stage) for deal, stage in session().execute(visits)}
    invoices = {row.id: row for row in session().scalars(select(Invoice))}
    numbers = {each.number for each in invoices.values()}
    done = set(session().scalars(select(Task.id).where(Task.state == "done")))
    return [
        *(f"lost: {text}" for text in ledger.texts if not counted[text]),
        *(
            f"lost: deal {id_} was version {version}, is {stand.get(id_)}"
            for id_, version, _ in ledger.versions
            if stand.get(id_, 0) < version
        ),
        *(f"lost: deal {each[0]} never stood on {each[1]}" for each in ledger.stood if each not in stood),
        *(f"lost: invoice {each}" for each in ledger.bills if each not in numbers),
        *(f"lost: payment of invoice {each}" for each in ledger.paid if invoices[each].paid_at is None),
        *(f"lost: task {each} was accepted" for each in ledger.accepted if each not in done),
    ]


def twice(ledger: Ledger) -> list[str]:
    """Asked again with the same key, and done again; or moves to two stages that were told the same version: one to
    where the deal stands already changes nothing, and is told the version of then."""
    told = Counter((id_, version) for id_, version, _ in set(ledger.versions))
    return [f"twice: {text}" for text, times in invariants.said(ledger.texts).items() if times > 1] + [
        f"deal {id_}: {times} moves made version {version}" for (id_, version), times in told.items() if times > 1
    ]


def lateness() -> str:
    """The worst and the usual delay between due and done, in seconds."""
    rows = session().execute(select(RobotRun.due_at, RobotRun.ended_at).where(RobotRun.state.in_(invariants.BY_CLAIM)))
    late = sorted((row.ended_at - row.due_at).total_seconds() for row in rows)
    if not late:
        return "nothing fired"
    return f"{late[-1]:.1f} s (median {statistics.median(late):.2f} s, 99 % {late[int(len(late) * 0.99) - 1]:.1f} s)"


def _spread(took: Took) -> str:
    times, worst = [each for _, each in took], max(took, key=lambda each: each[1])
    return f"{len(took)}, median {statistics.median(times) * 1000:.0f} ms, worst {worst[1] * 1000:.0f} ms ({worst[0]})"
