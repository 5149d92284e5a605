"""The ladder: what nobody takes is told to the next level, by the resolver of that day, in the working time of whoever
was told; taken, put aside, handed on, settled, it climbs no more. A matrix of rows, each a firm's day in a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from rules import important as rules
from rules.org import Department, Org, Person
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_important import late, on, shown, the
from tests.services.test_woken_workers import has_a_job_at_its_time
from webapp.services import important

DAY = date(2026, 11, 24)
REP, NORTH, NORTH_2, DEPUTY, HEAD, VICE, ADMIN = range(1, 8)
NAMES = {"north": NORTH, "north2": NORTH_2, "deputy": DEPUTY, "head": HEAD, "vice": VICE, "admin": ADMIN, "rep": REP}


def firm(away: set[int], heads: tuple[int, ...], above: tuple[int, ...], fallback: tuple[int, ...]) -> Org:
    """North with its heads and a deputy, under Sales with a head and a vice."""
    absent = ((DAY, DAY),)
    people = {each: Person(each, True, 1, absent if each in away else ()) for each in NAMES.values()}
    north, sales = Department(1, 2, heads, (DEPUTY,)), Department(2, None, above, (VICE,))
    return Org(people, {1: north, 2: sales}, fallback)


# Who has been told, who is away, the heads of North, those of Sales, the fallback → who is told next.
LEVELS = [
    ("north", "", "north", "head", "admin", "head"),
    ("north", "head", "north", "head", "admin", "vice"),
    ("north", "head vice", "north", "head", "admin", "admin"),
    ("north", "head vice admin", "north", "head", "admin", ""),  # nobody who is away, and no stranger
    ("north", "", "north", "", "admin", "vice"),
    ("north", "vice", "north", "", "admin", "admin"),
    ("north", "", "north", "head vice", "admin", "head vice"),
    ("north north2", "", "north north2", "head", "admin", "head"),
    ("north", "", "north north2", "head", "admin", "head"),
    ("deputy", "north", "north", "head", "admin", "head"),
    ("deputy", "", "north", "head", "admin", "head"),  # the head is back: the way goes up all the same
    ("deputy", "north head", "north", "head", "admin", "vice"),
    ("north head", "", "north", "head", "admin", "admin"),
    ("north vice", "head", "north", "head", "admin", "admin"),
    ("north head", "admin", "north", "head", "admin", ""),
    ("north head admin", "", "north", "head", "admin", ""),
    ("head", "", "", "head", "admin", "admin"),  # North is vacant: its deputy is not asked behind the head's back
    ("admin", "", "north", "head", "admin", "north"),  # somebody named was told: the first level is the nearest
    ("rep", "", "north", "head", "admin", "north"),  # what one is told of one's own deal
    ("rep", "north", "north", "head", "admin", "deputy"),
    ("rep north", "", "north", "head", "admin", "head"),
    ("head", "", "north", "head", "", ""),
    ("north", "", "north", "north", "admin", "admin"),  # the same person heads both
]


@pytest.mark.parametrize(("told", "away", "heads", "above", "fallback", "next_"), LEVELS)
def test_the_next_level(told: str, away: str, heads: str, above: str, fallback: str, next_: str) -> None:
    def ids(names: str) -> tuple[int, ...]:
        return tuple(NAMES[each] for each in names.split())

    chart = firm(set(ids(away)), ids(heads), ids(above), ids(fallback))
    assert rules.level_above(chart, REP, 1, ids(told), DAY).people == ids(next_)


# State, holder, who asks, verb → why not.
VERBS = [
    ("open", None, NORTH, "take", None),
    ("open", None, NORTH, "settle", None),
    ("open", None, NORTH, "ask", None),
    ("open", None, REP, "ask", "nobody_to_ask"),
    ("taken", NORTH, NORTH, "take", "item_yours"),
    ("taken", NORTH, NORTH, "settle", None),
    ("taken", NORTH, HEAD, "take", "item_taken"),
    ("taken", NORTH, HEAD, "settle", "item_taken"),
    ("taken", NORTH, HEAD, "hand_on", "item_taken"),
    ("snoozed", NORTH, HEAD, "take", None),
    ("handed_on", HEAD, NORTH, "take", None),
    ("handed_on", HEAD, HEAD, "take", None),
    ("settled", NORTH, NORTH, "take", "item_settled"),
    ("settled", NORTH, NORTH, "explain", "item_settled"),
]


@pytest.mark.parametrize(("state", "holder", "person", "verb", "why"), VERBS)
def test_what_may_be_done_with_an_item(state: str, holder: int | None, person: int, verb: str, why: str | None) -> None:
    assert rules.why_not(rules.ItemFacts(state, holder, REP), verb, person) == why


@dataclass(frozen=True)
class Day:
    """Who is away, what is done five minutes after the head was told; then who was told by the ladder within the
    hour."""

    away: tuple[str, ...] = ()
    does: Callable[[int, Clock], object] = lambda deal, clock: None
    told: tuple[str, ...] = ()
    heads: tuple[str, ...] = ("north",)


def by(name: str, verb: Callable[..., None], *words: object) -> Callable[[int, Clock], object]:
    return lambda deal, clock: on(the(deal, "late_reply"), verb, name, *words)


def put_aside(deal: int, clock: Clock) -> None:
    on(the(deal, "late_reply"), important.snooze, "north", clock() + timedelta(minutes=20))


def hand_on(deal: int, clock: Clock) -> None:
    on(the(deal, "late_reply"), important.hand_on, "north", company.person("rep2"))


def hand_on_and_take(deal: int, clock: Clock) -> None:
    hand_on(deal, clock)
    on(the(deal, "late_reply"), important.take, "rep2")


# What an act ends once and for all is a row of tests/api/test_important.py; here, who is told within an hour.
DAYS = {
    "nobody takes it": Day(told=("head", "admin")),
    "the head above is away": Day(away=("head",), told=("admin",)),
    "the head is away": Day(away=("north",), heads=("head",), told=("admin",)),
    "put aside": Day(does=put_aside, told=("head", "admin")),
    "handed on, not taken": Day(does=hand_on, told=("head", "admin")),
    "handed on and taken": Day(does=hand_on_and_take),
    "asked about": Day(does=by("north", important.ask, "Why?"), told=("head", "admin")),
}


@pytest.mark.usefixtures("inside", "clock")
@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_a_day(day: Day, clock: Clock) -> None:
    for each in day.away:
        acts.away(each, clock().date())
    deal = late(clock)
    clock.go_on(minutes=5)
    day.does(deal, clock)
    climbs: list[str] = []
    for _ in range(12):
        clock.go_on(minutes=5)
        acts.work()
    for entry in acts.journal(deal, "important.climbed"):
        climbs += [name for name in company.PEOPLE if company.person(name) in entry.new["people"]]
    assert tuple(climbs) == day.told
    everybody = [name for name in company.PEOPLE for each in acts.told(name, "important.climbed") if each]
    assert sorted(everybody) == sorted(day.told)


@pytest.mark.usefixtures("inside", "clock")
def test_the_time_of_a_level_is_the_working_time_of_whoever_was_told(clock: Clock) -> None:
    clock.at = datetime(2026, 11, 27, 14, 40, tzinfo=clock().tzinfo)  # Friday 17:40 in Moscow
    deal = late(clock)
    item = the(deal, "late_reply")
    assert item.next_at is not None
    assert item.next_at.isoformat() == "2026-11-30T06:06:00+00:00"  # told at 17:51: nine minutes, and six on Monday


@pytest.mark.usefixtures("inside", "clock")
def test_a_list_says_who_is_told_next_and_names_nobody_who_has_been(clock: Clock) -> None:
    late(clock)
    (line,) = shown("north").open
    assert line.next is not None
    assert [each.id for each in line.next.people] == [company.person("head")]


@pytest.mark.usefixtures("clock")
def test_a_worker_is_woken_when_the_next_is_to_be_told_and_when_what_was_put_aside_comes_back(
    inside: Flask, clock: Clock
) -> None:
    """Nobody waits for the ticker, which looks only now and then."""
    deal = late(clock)
    has_a_job_at_its_time(inside, "rung")
    put_aside(deal, clock)
    has_a_job_at_its_time(inside, "rung")
