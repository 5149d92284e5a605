"""Work that waits to be accepted has a time of its own, its robot's or the firm's: until that has passed nothing about
it is late and nobody above is told, and afterwards it is late whatever the firm's time is by then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from rules.reaction_times import Episode, Period
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_important import on
from tests.services.test_stand_ins import away, item
from webapp.db import transaction
from webapp.i18n import figures as words
from webapp.i18n.isolates import unmarked
from webapp.i18n.readers import reading
from webapp.models import RobotRun
from webapp.queries import reaction_times as figures
from webapp.services import firms, important, stand_ins, tasks

pytestmark = [pytest.mark.usefixtures("inside", "clock")]
PERIOD = Period(date(2026, 11, 23), date(2026, 12, 6))
TERMS = [(None, None, 24), (120, None, 2), (None, 3, 3), (120, 3, 3)]  # the firm's, the robot's, hours: on a Tuesday


def handed_in(firms_minutes: int | None = None, robots_hours: int | None = None) -> int:
    within(firms_minutes)
    task_id = acts.vip_task()
    if robots_hours:
        with transaction() as current:
            run = current.get_one(RobotRun, acts.task_of_id(task_id).run_id)
            own = {"accept_within": {"amount": robots_hours, "unit": "working_hours"}}
            acts.redefine(run, settings={**run.definition["settings"], **own})
    acts.submit(task_id)
    return task_id


def within(minutes: int | None) -> None:
    with transaction():
        firms.change({"accept_within": minutes and str(minutes)}, company.acting("admin"))


def late(measure: str) -> list[Episode]:
    scope = company.acting("admin").scope
    assert scope is not None
    return [each for each in figures.figures(scope, PERIOD, "person").late if each.measure == measure and each.task_id]


def take() -> None:
    on(item(), important.take, "north")


@pytest.mark.both_databases
@pytest.mark.parametrize(("minutes", "robots", "lasts"), TERMS)
def test_what_is_taken_and_accepted_within_its_own_time_is_not_late(
    clock: Clock, minutes: int | None, robots: int | None, lasts: int
) -> None:
    task_id = handed_in(minutes, robots)
    clock.go_on(hours=lasts)
    assert late("take") == late("acceptance") == []
    take()
    acts.on_task(task_id, tasks.accept, "north")
    within(30)
    assert late("take") == late("acceptance") == [], "the firm's time of today is not the time of then"


@pytest.mark.parametrize(("minutes", "robots", "lasts"), TERMS)
def test_what_is_later_is_late_by_its_own_time_and_says_which(
    clock: Clock, minutes: int | None, robots: int | None, lasts: int
) -> None:
    task_id = handed_in(minutes, robots)
    due_at = acts.task_of_id(task_id).acceptance_due_at
    clock.go_on(hours=lasts, minutes=1)
    assert [each.due_at for each in (*late("take"), *late("acceptance"))] == [due_at, due_at]
    take()
    acts.on_task(task_id, tasks.accept, "north")
    within(2400)
    found = [*late("take"), *late("acceptance")]
    assert [each.due_at for each in found] == [due_at, due_at], "a longer time of today excuses nothing"
    said = "1 working day" if lasts == 24 else f"{lasts} working hours"
    with reading("en", "Europe/Moscow"):
        assert [f"norm: {said}" in unmarked(words.why_late(each)) for each in found] == [True, True]


def test_each_hand_in_has_the_time_of_then(clock: Clock) -> None:
    task_id = handed_in(60)
    clock.go_on(minutes=50)
    acts.on_task(task_id, tasks.send_back, "north", "Not yet")
    within(120)
    acts.submit(task_id)
    clock.go_on(minutes=110)
    acts.on_task(task_id, tasks.accept, "north")
    assert late("acceptance") == []


def test_nobody_above_is_told_before_its_own_time_is_over_whatever_becomes_of_it(clock: Clock) -> None:
    task_id = handed_in(480)
    due_at = acts.task_of_id(task_id).acceptance_due_at
    assert item().next_at == due_at
    on(item(), important.snooze, "north", clock() + timedelta(minutes=20))
    clock.go_on(minutes=20)
    acts.work()
    assert (item().state, item().next_at) == ("open", due_at), "it was put aside, and is back"
    away("north")
    stand_ins.look()
    assert item().next_at == due_at, "who stands in is asked"
    on(item(), important.hand_on, "north", company.person("head"))
    assert item().next_at == due_at
    assert acts.journal(acts.task_of_id(task_id).deal_id or 0, "important.climbed") == []


def test_whoever_gets_it_at_the_last_moment_has_as_long_as_a_level_has(clock: Clock) -> None:
    handed_in(60)
    clock.go_on(minutes=59)
    away("north")
    stand_ins.look()
    assert item().next_at == clock() + timedelta(minutes=15)
