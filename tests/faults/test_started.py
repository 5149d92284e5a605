"""A day on which every start of robots happens, and ends: the oracle of starts has nothing to say, and hears of each
kind that is left out, that never ends, or that is counted from the wrong instant."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from rules.robots import STARTS
from tests import company
from tests.conftest import TUESDAY
from tests.faults.scene import Scene, Violation
from tests.faults.started import HAPPENED, STANDS, started_rightly
from tests.services import acts
from webapp import clock
from webapp.background import outbox
from webapp.db import transaction
from webapp.models import Robot
from webapp.services import deals, next_steps, occasions, starts, tasks, undo
from webapp.snapshots import setups

HOUR = timedelta(hours=1)
STEP = 1 if os.environ.get("EVERY_START") else 3  # each fault costs a day: one kind in three, unless all are asked for


def robots_of_any_stage() -> None:
    """One for each start, an hour after it."""
    with transaction() as current:
        for number, start in enumerate([*HAPPENED, *STANDS]):
            current.add(
                Robot(
                    key=f"on_{start}",
                    kind="notify",
                    name={"en": start},
                    position=number,
                    starts=[start],
                    timing={"after": {"amount": 1, "unit": "hours"}},
                    settings={"to": "responsible", "text": {"en": start}},
                )
            )
        setups.changed()


def a_day_of_all_starts(scene: Scene) -> None:
    """Raises Violation at the first step after which something is wrong."""
    scene.begin()
    robots_of_any_stage()
    deal = acts.inquiry()
    looked_at(scene)
    acts.reply(deal)
    looked_at(scene)
    acts.inquiry("One more thing")
    acts.edit(deal, by="admin", title="Another name")  # without its required field it is not led to Won when it is paid
    looked_at(scene)
    acts.invoice(deal, due_on=TUESDAY.date())
    looked_at(scene)
    acts.pay(deal)
    looked_at(scene)
    other = acts.deal(of=acts.contact("Second", "+79005550010"), waits=False)
    work(other)
    looked_at(scene)
    acts.submit(acts.task_of(other).id)
    looked_at(scene)
    acts.on_task(acts.task_of(other).id, tasks.accept, "north")
    looked_at(scene)
    with transaction():
        draft = next_steps.StepDraft("Call them", clock.now() + 30 * HOUR)
        next_steps.agree(acts.locked(other), draft, company.acting("rep1"))
    looked_at(scene)
    with transaction():
        next_steps.finish(acts.locked(other), company.acting("rep1"))
    looked_at(scene)
    acts.invoice(other, "1032")
    acts.edit(other, by="admin", fields={"equipment_type": "standard"})
    acts.inquiry("And the price?", name="Second", phone="+79005550010")
    looked_at(scene)
    acts.move(other, "won", by="admin")
    with transaction():
        undo.undo(acts.locked(other), company.acting("admin"))
    looked_at(scene)
    acts.delete(other)
    looked_at(scene)
    with transaction():
        deals.restore(acts.locked(other), company.acting("admin"))
    looked_at(scene)
    acts.move(other, "lost", by="admin", raw={"deal": {"lost_reason": "Too dear"}})
    looked_at(scene)


def work(deal_id: int) -> None:
    by, rep = company.acting("north"), company.person("rep1")
    with transaction():
        due = clock.now() + 3 * HOUR
        tasks.create_by_hand("Call", "", rep, by, deal=acts.locked(deal_id), due_at=due, accept=True)


def looked_at(scene: Scene) -> None:
    """Then ten minutes pass: two things that are counted from each other's instant are told apart."""
    if wrong := started_rightly():
        raise Violation("\n".join(f"I13: {each}" for each in wrong))
    scene.go_on(minutes=10)


@contextmanager
def deaf(start: str) -> Iterator[None]:
    """Nobody listens to it."""
    listening = starts.listening
    with patch.object(starts, "listening", lambda stage, each: [] if each == start else listening(stage, each)):
        yield


@contextmanager
def never_over(start: str) -> Iterator[None]:
    """What waits for it is not called off when it ends."""

    def settle(known, stands, by):  # type: ignore[no-untyped-def]
        kept = {(run.start, run.cause) for run in known if run.start == start}
        return settled(known, stands | kept, by)

    settled = starts._settle
    with patch.object(starts, "_settle", settle):
        yield


@contextmanager
def since_now(start: str) -> Iterator[None]:
    """It is counted from when somebody looked, not from when it began."""
    true = occasions.STANDING[start]

    def wrong(deal):  # type: ignore[no-untyped-def]
        return [replace(each, since=clock.now() + timedelta(seconds=1)) for each in true(deal)]

    with patch.dict(occasions.STANDING, {start: wrong}):
        yield


def test_every_start_happens_and_ends_in_a_day_and_nothing_is_wrong(scene: Scene) -> None:
    assert {*HAPPENED, *STANDS, "entered"} == {*STARTS}, "the oracle knows each start"
    a_day_of_all_starts(scene)
    scene.at += outbox.LEASE
    scene.settle()


@pytest.mark.parametrize(("fault", "kinds"), [(deaf, [*HAPPENED, *STANDS]), (never_over, STANDS), (since_now, STANDS)])
def test_a_start_that_is_unheard_unending_or_miscounted_is_missed(scene: Scene, fault, kinds) -> None:  # type: ignore[no-untyped-def]
    for start in [*kinds][::STEP]:
        with fault(start), pytest.raises(Violation, match=f"I13: deal .*, {start}:"):
            a_day_of_all_starts(scene)
