"""Tasks with acceptance: who may do what in which state, what it leads to, and the deadlines of both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import tasks
from rules.tasks import OPEN, STARTS_FROM, STATES, VERBS, TaskFacts
from rules.worktime import UNITS, WORKING, Delay, WorkCalendar, after, working_between

REP, HEAD, CREATOR, DEPUTY, STRANGER = 1, 2, 3, 4, 5
STANDING_IN = frozenset({DEPUTY})
BOTH = {verb: {REP, HEAD, CREATOR, DEPUTY} for verb in ("attach", "delegate", "remind")}
TASK = TaskFacts(7, "new", REP, HEAD, CREATOR, accept=True, result_required=True)

ALLOWED: dict[str, dict[str, set[int]]] = {
    "new": {"start": {REP}, "submit": {REP}, "cancel": {HEAD, CREATOR, DEPUTY}, **BOTH},
    "in_progress": {"submit": {REP}, "cancel": {HEAD, CREATOR, DEPUTY}, **BOTH},
    "awaiting_acceptance": {
        "accept": {HEAD, DEPUTY},
        "send_back": {HEAD, DEPUTY},
        "cancel": {HEAD, CREATOR, DEPUTY},
    },
    "done": {},
    "cancelled": {},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_only_the_right_people_in_the_right_state_may(state: str, verb: str) -> None:
    everybody = (REP, HEAD, CREATOR, DEPUTY, STRANGER)
    allowed = {each for each in everybody if tasks.may(replace(TASK, state=state), verb, each, STANDING_IN) is None}
    assert allowed == ALLOWED[state].get(verb, set())


@pytest.mark.parametrize(
    ("state", "verb", "person", "why"),
    [
        ("awaiting_acceptance", "accept", REP, "own_work"),
        ("awaiting_acceptance", "send_back", REP, "own_work"),
        ("awaiting_acceptance", "accept", STRANGER, "not_yours"),
        ("awaiting_acceptance", "accept", CREATOR, "not_yours"),
        ("new", "submit", HEAD, "not_yours"),
        ("new", "start", STRANGER, "not_yours"),
        ("new", "cancel", REP, "not_yours"),
        ("new", "attach", STRANGER, "not_yours"),
        ("new", "delegate", STRANGER, "not_yours"),
        ("awaiting_acceptance", "delegate", REP, "wrong_state"),
        ("awaiting_acceptance", "attach", REP, "wrong_state"),
        # accept against return at the same moment: the second is told that it is over
        ("done", "send_back", HEAD, "wrong_state"),
        ("in_progress", "accept", HEAD, "wrong_state"),
        ("in_progress", "start", REP, "wrong_state"),
        ("awaiting_acceptance", "submit", REP, "wrong_state"),
        ("done", "cancel", CREATOR, "wrong_state"),
    ],
)
def test_a_refusal_says_why(state: str, verb: str, person: int, why: str) -> None:
    assert tasks.may(replace(TASK, state=state), verb, person, STANDING_IN) == why


def test_nobody_accepts_their_own_work_not_even_as_acceptor_or_deputy() -> None:
    waiting = replace(TASK, state="awaiting_acceptance")
    for verb in ("accept", "send_back"):
        assert tasks.may(replace(waiting, acceptor_id=REP), verb, REP) == "own_work"
        assert tasks.may(waiting, verb, REP, frozenset({REP})) == "own_work"


def test_work_that_nobody_else_is_there_to_accept_is_done() -> None:
    assert tasks.after(TASK, "submit") == "awaiting_acceptance"
    assert tasks.after(replace(TASK, acceptor_id=None), "submit") == "done"
    assert tasks.after(replace(TASK, accept=False), "submit") == "done"


def test_a_deputy_may_only_while_standing_in() -> None:
    waiting = replace(TASK, state="awaiting_acceptance")
    assert tasks.may(waiting, "accept", DEPUTY) == "not_yours"
    assert tasks.may(waiting, "accept", DEPUTY, STANDING_IN) is None


def test_a_task_without_acceptor_or_creator_belongs_to_nobody_else() -> None:
    alone = replace(TASK, acceptor_id=None, creator_id=None)
    assert tasks.may(alone, "cancel", STRANGER) == "not_yours"
    assert tasks.may(replace(alone, state="awaiting_acceptance"), "accept", STRANGER) == "not_yours"


@pytest.mark.parametrize(
    ("verb", "accept", "state"),
    [
        ("start", True, "in_progress"),
        ("submit", True, "awaiting_acceptance"),
        ("submit", False, "done"),
        ("accept", True, "done"),
        ("send_back", True, "in_progress"),
        ("cancel", True, "cancelled"),
    ],
)
def test_a_verb_leads_to_a_state(verb: str, accept: bool, state: str) -> None:
    assert tasks.after(replace(TASK, accept=accept), verb) == state


def test_work_goes_round_until_it_is_accepted() -> None:
    task = TASK
    for verb in ("start", "submit", "send_back", "submit", "accept"):
        person = REP if verb in ("start", "submit") else HEAD
        assert tasks.may(task, verb, person) is None
        task = replace(task, state=tasks.after(task, verb))
    assert task.state == "done"


def test_an_open_task_is_one_that_may_still_be_cancelled() -> None:
    assert set(OPEN) == set(STARTS_FROM["cancel"])
    assert set(STATES) == {*OPEN, "done", "cancelled"}


CALENDAR = WorkCalendar("Europe/Moscow", (((time(9), time(18)),),) * 5 + ((), ()), country="RU")
CREATED = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("due_in", "remind", "coming_in"),
    [
        (3 * DAY, None, 2 * DAY),
        (3 * DAY, Delay(2, "hours"), 3 * DAY - 2 * HOUR),
        (3 * DAY, Delay(0, "hours"), 3 * DAY),
        (25 * HOUR, None, HOUR),
        (DAY, None, 18 * HOUR),
        (4 * HOUR, None, 3 * HOUR),
        (4 * HOUR, Delay(5, "hours"), 3 * HOUR),
        (4 * timedelta(seconds=1), None, timedelta(seconds=3)),
        (timedelta(), None, timedelta()),
    ],
)
def test_the_deadline_is_announced_in_time(due_in: timedelta, remind: Delay | None, coming_in: timedelta) -> None:
    assert tasks.coming_at(CALENDAR, CREATED + due_in, CREATED, remind) == CREATED + coming_in


DELAYS = st.builds(Delay, st.integers(0, 40), st.sampled_from(UNITS))


@settings(deadline=None)  # a busy machine is no slow rule
@given(st.timedeltas(timedelta(), 100 * DAY), st.none() | DELAYS)
def test_the_announcement_lies_between_creation_and_deadline(due_in: timedelta, remind: Delay | None) -> None:
    assert CREATED <= tasks.coming_at(CALENDAR, CREATED + due_in, CREATED, remind) <= CREATED + due_in


def test_a_working_hour_before_is_one_also_over_a_weekend() -> None:
    """On Friday at 17:30 a task is due in two working days."""
    friday = datetime.fromisoformat("2026-11-27T17:30+03:00")
    due = after(CALENDAR, friday, Delay(2, "working_days"))
    said = tasks.coming_at(CALENDAR, due, friday, Delay(1, "working_hours"))
    assert said == datetime.fromisoformat("2026-12-01T16:30+03:00")


@given(
    st.timedeltas(timedelta(), 100 * DAY),
    st.integers(1, 10),
    st.integers(1, 9),
    st.sampled_from(["working_minutes", "working_hours"]),
)
def test_between_reminder_and_deadline_lies_the_wanted_working_time(
    later: timedelta, days: int, amount: int, unit: str
) -> None:
    created = CREATED + later
    due = after(CALENDAR, created, Delay(days, "working_days"))
    said = tasks.coming_at(CALENDAR, due, created, Delay(amount, unit))
    wanted = timedelta(seconds=amount * WORKING[unit])
    if working_between(CALENDAR, created, due) > wanted:
        assert working_between(CALENDAR, said, due) == wanted


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("2026-11-24T15:00+03:00", "2026-11-25T15:00+03:00"),
        ("2026-11-27T15:00+03:00", "2026-11-30T15:00+03:00"),
        ("2026-11-27T22:00+03:00", "2026-12-01T09:00+03:00"),
        ("2026-11-28T12:00+03:00", "2026-12-01T09:00+03:00"),
        ("2026-11-03T15:00+03:00", "2026-11-05T15:00+03:00"),
    ],
)
def test_the_acceptor_has_a_working_day(submitted: str, due: str) -> None:
    assert tasks.acceptance_due_at(CALENDAR, datetime.fromisoformat(submitted)) == datetime.fromisoformat(due)
