"""I14: a table of verbs and of what each leaves behind, written by hand from what the product promises.

The deal of each row is a VIP's with an open task, an invoice of which nothing is paid, and timers of its stage. What is
asserted is all of it: a row that a verb should leave alone is as much a claim as one that it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any
from unittest.mock import patch

import pytest
import redis
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.access.scopes import SYSTEM
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import Contact, Deal, JournalEntry, RobotRun, Stage, StageVisit, TaskAlarm
from webapp.services import accounts, deals, inquiries, journal, notifications, reactions, runs, tasks, undo, visits
from webapp.services.events import DealEntered

pytestmark = [pytest.mark.usefixtures("inside"), pytest.mark.both_databases]


@dataclass(frozen=True)
class Left:
    """What a verb left: how the deal stands, and what was added or changed by it."""

    stage: str = "payment"
    is_closed: bool = False
    is_deleted: bool = False
    versions: int = 0  # by how many the version grew
    visits: int = 0  # begun
    runs: str = ""  # "called off" timers of the visit left, "waiting" as before
    task: str = "new"
    alarms: str = "waiting"
    lines: tuple[str, ...] = ()  # new in the journal, without the robots' own
    next_word: str = "same"  # where the client's next word goes
    pushed: frozenset[str] = frozenset()  # kinds of changes that open pages hear of


def a_deal(clock: Clock) -> int:
    """On Payment, with a task of its robot, an invoice, and a timer that waits for money."""
    deal = acts.inquiry()
    acts.mark(acts.deal_of(deal).contact_id or 0, vip=True)
    acts.reply(deal)
    acts.vip_task(deal)
    acts.invoice(deal, number="W-1")
    acts.move(deal, "payment")
    acts.work()
    clock.go_on(minutes=1)
    return deal


def lose(deal: int) -> None:
    acts.move(deal, "lost", raw={"deal": {"lost_reason": "Too dear"}})


def delete(deal: int) -> None:
    with transaction():
        deals.delete(acts.locked(deal), company.acting("head"))


def take_back(deal: int) -> None:
    with transaction():
        undo.undo(acts.locked(deal), company.acting("rep1"))


def won_and_taken_back(deal: int) -> None:
    acts.move(deal, "won")
    take_back(deal)


def moved_and_taken_back(deal: int) -> None:
    acts.move(deal, "processing")
    take_back(deal)


def won_and_reopened(deal: int) -> None:
    acts.move(deal, "won")
    acts.move(deal, "payment")


def hand_over(deal: int) -> None:
    acts.edit(deal, by="head", responsible_id=company.person("rep2"))


def deactivate(_: int) -> None:
    with transaction():
        accounts.deactivate(company.person("rep1"), SYSTEM)


CARD = frozenset({"deals"})
TOLD = frozenset({"deals", "people"})
WAITS = CARD | {"clients"}  # who waits for a reply may have changed: whoever is over waits no longer
OVER = frozenset({"deals", "people", "tasks", "tasks_left", "clients"})
MOVED = ("deal.moved",)
FOLLOWS: dict[str, tuple[Callable[[int], None], Left]] = {
    "move on": (
        lambda deal: acts.move(deal, "processing"),
        Left("processing", versions=1, visits=1, runs="called off", lines=MOVED, pushed=CARD),
    ),
    "move back to the first": (
        lambda deal: acts.move(deal, "new"),
        Left("new", versions=1, visits=1, runs="called off", lines=MOVED, pushed=CARD),
    ),
    "win": (
        lambda deal: acts.move(deal, "won"),
        Left("won", True, versions=1, visits=1, runs="called off", lines=MOVED, next_word="a new one", pushed=WAITS),
    ),
    "lose": (
        lose,
        Left(
            "lost",
            True,
            versions=1,
            visits=1,
            runs="called off",
            task="cancelled",
            alarms="called off",
            lines=("deal.edited", "deal.moved", "task.cancelled"),
            next_word="a new one",
            pushed=OVER,
        ),
    ),
    "delete": (
        delete,
        Left(
            is_deleted=True,
            versions=1,
            runs="called off",
            task="cancelled",
            alarms="called off",
            lines=("deal.deleted", "task.cancelled"),
            next_word="a new one",
            pushed=OVER,
        ),
    ),
    "take back": (moved_and_taken_back, Left(versions=2, visits=1, runs="waiting", lines=MOVED * 2, pushed=CARD)),
    "take back from Won": (
        won_and_taken_back,
        Left(versions=2, visits=1, runs="waiting", lines=MOVED * 2, pushed=WAITS),
    ),
    "reopen": (won_and_reopened, Left(versions=2, visits=2, runs="called off", lines=MOVED * 2, pushed=WAITS)),
    "hand over": (
        hand_over,
        Left(versions=1, runs="waiting", lines=("deal.edited",), pushed=WAITS | {"left", "people"}),
    ),
    "deactivate": (
        deactivate,
        Left(runs="waiting", lines=("user.deactivated",), pushed=frozenset({"rights", "chart"})),
    ),
    "pay a part": (
        lambda deal: acts.pay(deal, 40_000),
        Left(runs="waiting", lines=("invoice.paid",), pushed=CARD),
    ),
    "pay in full": (
        acts.pay,
        Left(
            "won",
            True,
            versions=1,
            visits=1,
            runs="called off",
            lines=("deal.moved", "invoice.paid"),
            next_word="a new one",
            pushed=WAITS,
        ),
    ),
}


@pytest.mark.parametrize("verb", FOLLOWS)
def test_each_verb_leaves_what_it_must_and_the_rest_alone(app: Flask, clock: Clock, verb: str) -> None:
    assert what_follows(app, clock, verb) == FOLLOWS[verb][1]


def what_follows(app: Flask, clock: Clock, verb: str) -> Left:
    deal = a_deal(clock)
    before, known = looked_at(deal), last_line()
    visit = acts.deal_of(deal).visit_id
    assert set(before["runs"]) == {"waiting"}, "a timer must wait, or nothing could be called off"
    with hearing(app) as pushed:
        FOLLOWS[verb][0](deal)
    session().expire_all()
    after = looked_at(deal, visit)
    return Left(
        stage=after["stage"],
        is_closed=after["closed"],
        is_deleted=after["deleted"],
        versions=after["version"] - before["version"],
        visits=after["visits"] - before["visits"],
        runs=" and ".join(sorted(after["runs"])),
        task=after["task"],
        alarms=" and ".join(sorted(after["alarms"])),
        lines=lines_since(known),
        next_word="same" if acts.inquiry("Are you there?") == deal else "a new one",
        pushed=frozenset(pushed),
    )


def silent(module: Any, name: str, *events: str) -> Any:
    """`name` of a module does nothing; with `events`, for these alone."""
    known = getattr(module, name)

    def quiet(*args: Any, **named: Any) -> Any:
        return known(*args, **named) if events and args[0] not in events else None

    return patch.object(module, name, quiet)


def still_closed() -> Any:
    stand = visits._stand

    def keeps(deal: Deal, *where: Any) -> None:
        closed_at = deal.closed_at
        stand(deal, *where)
        deal.closed_at = deal.closed_at or closed_at

    return patch.object(visits, "_stand", keeps)


def winning_cancels() -> Any:
    entered = reactions.REACTIONS[DealEntered]

    def cancels(event: DealEntered) -> None:
        entered(event)
        tasks.cancel_of(event.deal.id, event.by.by("lost"))

    return patch.dict(reactions.REACTIONS, {DealEntered: cancels})


def any_deal_of_the_client() -> Any:
    def latest(contact: Contact, pipeline_id: int) -> Deal | None:
        return session().scalars(select(Deal).where(Deal.contact_id == contact.id)).first()

    return patch.object(inquiries, "open_deal", latest)


FAULTS: dict[str, tuple[str, Callable[[], Any]]] = {
    "winning cancels the tasks": ("win", winning_cancels),
    "losing leaves them": ("lose", lambda: silent(tasks, "cancel_of")),
    "the next word lands on a deleted deal": ("delete", any_deal_of_the_client),
    "a deal taken back from Won stays closed": ("take back from Won", still_closed),
    "taking back leaves two visits open": ("take back", lambda: silent(visits, "leave")),
    "a deletion is not written down": ("delete", lambda: silent(journal, "write", "deal.deleted")),
    "a payment is not written down": ("pay a part", lambda: silent(journal, "write", "invoice.paid")),
    "a payment is not pushed": ("pay a part", lambda: silent(announcements, "deal_changed")),
    "a hand-over is told to nobody": ("hand over", lambda: silent(notifications, "tell")),
    "timers of a stage that was left go on": ("move on", lambda: silent(runs, "call_off")),
    "what waits for money goes on": ("pay in full", lambda: silent(runs, "call_off")),
    "charts and rights are not looked at again": ("deactivate", lambda: silent(announcements, "chart_changed")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_verb_that_leaves_something_else_is_caught(app: Flask, clock: Clock, fault: str) -> None:
    verb, planted = FAULTS[fault]
    with planted(), pytest.raises(AssertionError):
        assert what_follows(app, clock, verb) == FOLLOWS[verb][1]


def looked_at(deal_id: int, visit: int | None = None) -> dict[str, Any]:
    """How a deal stands; `visit`: whose timers are meant, else those of the open one."""
    deal = acts.deal_of(deal_id)
    visits = session().scalars(select(StageVisit).where(StageVisit.deal_id == deal_id)).all()
    assert [each.id for each in visits if each.left_at is None] == [deal.visit_id]
    runs = select(RobotRun.state).where(RobotRun.visit_id == (visit or deal.visit_id))
    task = acts.task_of(deal_id)
    return {
        "stage": session().scalar(select(Stage.key).where(Stage.id == deal.stage_id)),
        "closed": deal.closed_at is not None,
        "deleted": deal.deleted_at is not None,
        "version": deal.version,
        "visits": len(visits),
        "runs": {each.replace("_", " ") for each in session().scalars(runs) if each in ("waiting", "called_off")},
        "task": task.state,
        "alarms": {
            each.replace("_", " ")
            for each in session().scalars(select(TaskAlarm.state).where(TaskAlarm.task_id == task.id))
        },
    }


def last_line() -> int:
    return session().scalar(select(func.max(JournalEntry.id))) or 0


def lines_since(known: int) -> tuple[str, ...]:
    lines = select(JournalEntry.event).where(JournalEntry.id > known)
    return tuple(sorted(session().scalars(lines)))


@contextmanager
def hearing(app: Flask) -> Iterator[set[str]]:
    """Kinds of changes that open pages are told of in this block."""
    heard: set[str] = set()
    with redis.Redis.from_url(app.config["REDIS_URL"]) as client, client.pubsub() as ear:
        ear.subscribe(announcements.channel(app))
        ear.get_message(timeout=5)
        yield heard
        while message := ear.get_message(timeout=0.1):
            changes = announcements.decoded(message["data"])
            heard |= {each.name for each in fields(changes) if getattr(changes, each.name)}
