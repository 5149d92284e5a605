"""Robots: how timings are read, when a robot is due, and which runs a start arms."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import robots, worktime
from rules.facts import Catalogue, FieldSpec, Snapshot, Value
from rules.robots import LONGEST, After, AroundField, AtOnce, Planned, RobotSpec, Timing, TimingError
from rules.worktime import Delay, WorkCalendar

ZONE = ZoneInfo("Europe/Moscow")
CALENDAR = WorkCalendar("Europe/Moscow", (((time(9), time(18)),),) * 5 + ((), ()))
CATALOGUE = Catalogue.build(
    [
        FieldSpec("deal", "delivery_on", "date", {"en": "Delivery"}),
        FieldSpec("deal", "call_at", "datetime", {"en": "Call"}),
        FieldSpec("deal", "note", "text", {"en": "Note"}),
    ]
)
FRIDAY = datetime(2026, 11, 20, 17, 55, tzinfo=ZONE).astimezone(UTC)


def local(words: str) -> datetime:
    """The instant of "2026-11-23 09:05" by Moscow's clocks."""
    return datetime.fromisoformat(words).replace(tzinfo=ZONE).astimezone(UTC)


def deal(**values: Value) -> Snapshot:
    return Snapshot({"deal": values})


def after(amount: int, unit: str) -> After:
    return After(Delay(amount, unit))


def around(side: str, field: str, amount: int, unit: str, entity: str = "deal") -> AroundField:
    return AroundField(entity, field, Delay(amount, unit), side)


def robot(timing: Timing, **more: Any) -> RobotSpec:
    settled: dict[str, Any] = {
        "id": 1,
        "kind": "control",
        "name": {"en": "Reaction control"},
        "position": 0,
        "is_on": True,
    }
    usual: dict[str, Any] = {"starts": ("entered",), "when": "any", "condition": None, "settings": {}}
    return RobotSpec(**{**settled, **usual, "timing": timing, **more})


# How a timing is read

TIMINGS: list[tuple[dict[str, Any], Timing]] = [
    ({"at_once": True}, AtOnce()),
    ({"after": {"amount": 10, "unit": "minutes"}}, after(10, "minutes")),
    ({"after": {"amount": 0, "unit": "working_days"}}, after(0, "working_days")),
    ({"after": {"amount": 3, "unit": "seconds"}}, after(3, "seconds")),
    (
        {"before_field": {"entity": "deal", "field": "delivery_on", "amount": 3, "unit": "working_days"}},
        around("before", "delivery_on", 3, "working_days"),
    ),
    (
        {"after_field": {"entity": "invoices", "field": "nearest_due_on", "amount": 1, "unit": "days"}},
        around("after", "nearest_due_on", 1, "days", entity="invoices"),
    ),
]


@pytest.mark.parametrize(("raw", "timing"), TIMINGS)
def test_a_timing_is_read_and_written_back(raw: dict[str, Any], timing: Timing) -> None:
    assert robots.timing_from(raw) == timing
    assert robots.dump_timing(timing) == raw


FIELD = {"entity": "deal", "field": "delivery_on", "amount": 1, "unit": "days"}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (None, "not_a_timing"),
        ("at once", "not_a_timing"),
        ({}, "not_a_timing"),
        ({"at_once": False}, "not_a_timing"),
        ({"at_once": 1}, "not_a_timing"),
        ({"soon": True}, "not_a_timing"),
        ({"at_once": True, "after": {"amount": 1, "unit": "days"}}, "not_a_timing"),
        ({"before_field": None}, "not_a_timing"),
        ({"before_field": {"amount": 1, "unit": "days"}}, "not_a_timing"),
        ({"after": None}, "not_a_delay"),
        ({"after": 10}, "not_a_delay"),
        ({"after": {"amount": 10}}, "not_a_delay"),
        ({"after": {"amount": 10, "unit": "minutes", "colour": 1}}, "not_a_delay"),
        ({"after": FIELD}, "not_a_delay"),
        ({"after_field": {**FIELD, "colour": 1}}, "not_a_delay"),
        ({"after": {"amount": 10, "unit": "fortnights"}}, "unknown_unit"),
        ({"after": {"amount": 10, "unit": ["days"]}}, "unknown_unit"),
        ({"after": {"amount": -1, "unit": "days"}}, "bad_amount"),
        ({"after": {"amount": 1.5, "unit": "days"}}, "bad_amount"),
        ({"after": {"amount": "10", "unit": "days"}}, "bad_amount"),
        ({"after": {"amount": True, "unit": "days"}}, "bad_amount"),
        ({"after": {"amount": 10**30, "unit": "days"}}, "bad_amount"),
    ],
)
def test_a_timing_that_cannot_be_kept_is_refused(raw: Any, code: str) -> None:
    with pytest.raises(TimingError) as error:
        robots.timing_from(raw)
    assert error.value.code == code


@pytest.mark.parametrize("unit", worktime.UNITS)
def test_the_longest_delay_can_be_counted_and_a_longer_one_is_refused(unit: str) -> None:
    longest = robots.delay_from({"amount": LONGEST[unit], "unit": unit})
    for count in (worktime.after, worktime.before):
        assert abs(count(CALENDAR, FRIDAY, longest) - FRIDAY) > timedelta(days=900)
    with pytest.raises(TimingError) as error:
        robots.delay_from({"amount": LONGEST[unit] + 1, "unit": unit})
    assert error.value.facts == {"limit": LONGEST[unit]}


DELAYS = st.builds(Delay, st.integers(0, min(LONGEST.values())), st.sampled_from(worktime.UNITS))
SIDES = st.sampled_from(["before", "after"])


@given(st.builds(AtOnce) | st.builds(After, DELAYS) | st.builds(AroundField, st.text(), st.text(), DELAYS, SIDES))
def test_every_timing_survives_its_json(timing: Timing) -> None:
    assert robots.timing_from(robots.dump_timing(timing)) == timing


# When it is due


@pytest.mark.parametrize(
    ("timing", "when", "due"),
    [
        (AtOnce(), "any", "2026-11-20 17:55"),
        (after(10, "minutes"), "any", "2026-11-20 18:05"),
        # these two are not the same
        (after(10, "minutes"), "working_hours", "2026-11-23 09:00"),
        (after(10, "working_minutes"), "any", "2026-11-23 09:05"),
        (after(10, "working_minutes"), "working_hours", "2026-11-23 09:05"),
        (after(5, "minutes"), "working_hours", "2026-11-20 18:00"),
        (after(3, "days"), "any", "2026-11-23 17:55"),
        (after(2, "days"), "working_hours", "2026-11-23 09:00"),
        (after(2, "working_days"), "any", "2026-11-24 17:55"),
    ],
)
def test_a_delay_is_counted_one_way_and_may_fire_another(timing: Timing, when: str, due: str) -> None:
    assert robots.due(timing, when, FRIDAY, deal(), CATALOGUE, CALENDAR) == local(due)


def test_at_once_in_working_hours_only_waits_for_the_morning() -> None:
    saturday = local("2026-11-21 12:00")
    assert robots.due(AtOnce(), "working_hours", saturday, deal(), CATALOGUE, CALENDAR) == local("2026-11-23 09:00")
    assert robots.due(AtOnce(), "any", saturday, deal(), CATALOGUE, CALENDAR) == saturday


@pytest.mark.parametrize("value", ["2026-12-10", date(2026, 12, 10)])
@pytest.mark.parametrize(
    ("timing", "due"),
    [
        (around("before", "delivery_on", 1, "days"), "2026-12-09 00:00"),
        (around("before", "delivery_on", 3, "working_days"), "2026-12-07 09:00"),
        (around("before", "delivery_on", 2, "hours"), "2026-12-09 22:00"),
        (around("before", "delivery_on", 0, "days"), "2026-12-10 00:00"),
        (around("after", "delivery_on", 1, "days"), "2026-12-11 00:00"),
        (around("after", "delivery_on", 2, "working_days"), "2026-12-14 09:00"),
        (around("after", "delivery_on", 30, "working_minutes"), "2026-12-10 09:30"),
    ],
)
def test_a_date_counts_from_the_firms_midnight(timing: Timing, value: Value, due: str) -> None:
    assert robots.due(timing, "any", FRIDAY, deal(delivery_on=value), CATALOGUE, CALENDAR) == local(due)


@pytest.mark.parametrize("value", ["2026-12-10T12:00:00+00:00", datetime(2026, 12, 10, 12, tzinfo=UTC)])
def test_a_moment_counts_from_itself(value: Value) -> None:
    timing = around("before", "call_at", 15, "minutes")
    assert robots.due(timing, "any", FRIDAY, deal(call_at=value), CATALOGUE, CALENDAR) == local("2026-12-10 14:45")


@pytest.mark.parametrize(
    ("timing", "values"),
    [
        (around("before", "delivery_on", 1, "days"), {}),
        (around("before", "delivery_on", 1, "days"), {"delivery_on": ""}),
        (around("before", "delivery_on", 1, "days"), {"delivery_on": "soon"}),
        (around("before", "note", 1, "days"), {"note": "2026-12-10"}),
        (around("before", "no_such_field", 1, "days"), {"no_such_field": "2026-12-10"}),
    ],
)
def test_without_a_date_it_waits(timing: Timing, values: dict[str, Value]) -> None:
    assert robots.due(timing, "any", FRIDAY, deal(**values), CATALOGUE, CALENDAR) is None
    ((planned,), _) = robots.plan([robot(timing)], "entered", FRIDAY, deal(**values), CATALOGUE, CALENDAR)
    assert planned == Planned(1, None, FRIDAY)


# The plan


def plan(*specs: RobotSpec, at: datetime = FRIDAY, ran: frozenset[int] = frozenset(), **values: Value) -> Any:
    return robots.plan(specs, "entered", at, deal(**values), CATALOGUE, CALENDAR, ran)


def test_an_entry_arms_every_robot_that_is_on_and_starts_so() -> None:
    planned, skipped = plan(
        robot(AtOnce(), id=5),
        robot(AtOnce(), id=2, is_on=False),
        robot(AtOnce(), id=4, starts=("client_wrote",)),
        robot(after(10, "minutes"), id=3, starts=("client_wrote", "entered")),
    )
    assert [each.robot_id for each in planned] == [5, 3]
    assert [each.due_at for each in planned] == [FRIDAY, FRIDAY + timedelta(minutes=10)]
    assert skipped == ()


def test_once_per_deal_is_skipped_on_return_and_said_so() -> None:
    once = robot(AtOnce(), id=1, once_per_deal=True)
    always = robot(AtOnce(), id=2)
    assert [each.robot_id for each in plan(once, always)[0]] == [1, 2]
    planned, skipped = plan(once, always, ran=frozenset({1, 2}))
    assert [each.robot_id for each in planned] == [2]
    assert skipped == (1,)


def test_a_robot_that_is_off_is_not_said_to_be_skipped() -> None:
    assert plan(robot(AtOnce(), once_per_deal=True, is_on=False), ran=frozenset({1})) == ((), ())


@pytest.mark.parametrize(
    ("timing", "when", "pauses"),
    [
        (after(10, "working_minutes"), "any", [("2026-11-20 18:00", "2026-11-23 09:00")]),
        (after(10, "working_minutes"), "working_hours", [("2026-11-20 18:00", "2026-11-23 09:00")]),
        (after(5, "working_minutes"), "any", []),
        # the clock runs on at night: the fuse does too
        (after(10, "minutes"), "any", []),
        (after(10, "minutes"), "working_hours", []),
        (after(3, "days"), "any", []),
        (AtOnce(), "working_hours", []),
    ],
)
def test_only_working_units_pause_the_fuse(timing: Timing, when: str, pauses: list[tuple[str, str]]) -> None:
    ((planned,), _) = plan(robot(timing, when=when))
    assert planned.pauses == tuple((local(begin), local(end)) for begin, end in pauses)


def test_a_delay_is_counted_in_one_calendar_and_working_hours_are_those_of_whoever_is_told() -> None:
    """The responsible works in Moscow; the head, who is told, from 12 to 15 there."""
    head = WorkCalendar("Europe/Moscow", (((time(12), time(15)),),) * 5 + ((), ()))
    waits = robot(after(10, "working_minutes"), when="working_hours", id=1)
    acts = robot(after(10, "working_minutes"), when="any", id=2)
    hours = {1: head, 2: head}
    planned, _ = robots.plan([waits, acts], "entered", FRIDAY, deal(), CATALOGUE, CALENDAR, frozenset(), hours)
    assert [each.due_at for each in planned] == [local("2026-11-23 12:00"), local("2026-11-23 09:05")]
    assert {each.pauses for each in planned} == {((local("2026-11-20 18:00"), local("2026-11-23 09:00")),)}


@pytest.mark.parametrize(
    ("timing", "when", "at", "due", "is_late"),
    [
        (around("before", "delivery_on", 3, "days"), "any", "2026-12-08 10:00", "2026-12-07 00:00", True),
        (around("before", "delivery_on", 3, "days"), "any", "2026-12-06 10:00", "2026-12-07 00:00", False),
        (around("after", "delivery_on", 1, "days"), "any", "2026-12-10 10:00", "2026-12-11 00:00", False),
        # past, and in working hours only: not on Saturday, however late
        (around("before", "delivery_on", 7, "days"), "working_hours", "2026-12-05 12:00", "2026-12-07 09:00", True),
        (around("before", "delivery_on", 7, "days"), "working_hours", "2026-12-04 12:00", "2026-12-04 12:00", True),
        (around("before", "delivery_on", 5, "days"), "working_hours", "2026-12-04 12:00", "2026-12-07 09:00", False),
        # waiting for the morning is not being late
        (AtOnce(), "working_hours", "2026-12-05 12:00", "2026-12-07 09:00", False),
        (after(0, "minutes"), "any", "2026-12-05 12:00", "2026-12-05 12:00", False),
        (after(0, "days"), "any", "2026-12-05 12:00", "2026-12-05 12:00", False),
    ],
)
def test_a_moment_that_is_past_on_entry_is_late(timing: Timing, when: str, at: str, due: str, is_late: bool) -> None:
    ((planned,), _) = plan(robot(timing, when=when), at=local(at), delivery_on="2026-12-10")
    assert (planned.due_at, planned.is_late) == (local(due), is_late)
    assert planned.base_at == local(at)


def test_the_lessons_payment_robots_are_due_as_promised() -> None:
    entered = local("2026-11-20 15:00")
    planned, _ = plan(robot(after(2, "working_days"), id=1), robot(after(3, "days"), id=2), at=entered)
    assert [each.due_at for each in planned] == [local("2026-11-24 15:00"), local("2026-11-23 15:00")]
