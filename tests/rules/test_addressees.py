"""Whom a robot reaches: the one named, the responsible, their head; never nobody, and never the one it is about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.addressees import people_of, reached
from rules.org import Department, Org, Person
from rules.rights import DealFacts
from rules.robot_kinds import ROBOT_KINDS, kind_of

TODAY = date(2026, 11, 24)
REP, HEAD, SECOND, LEFT, ADMIN = 1, 2, 3, 4, 5
PEOPLE = {each: Person(each, each != LEFT, 10) for each in (REP, HEAD, SECOND, LEFT, ADMIN)}
CHART = Org(PEOPLE, {10: Department(10, None, (HEAD, SECOND), ())}, (ADMIN,))
OF_REP, OF_HEAD = DealFacts(REP, 10), DealFacts(HEAD, 10)


@pytest.mark.parametrize(
    ("kind", "settings", "deal", "people"),
    [
        ("control", {}, OF_REP, (HEAD, SECOND)),
        ("control", {"to": {"user": ADMIN}}, OF_REP, (ADMIN,)),
        ("control", {"to": {"user": REP}}, OF_REP, (HEAD, SECOND)),
        ("control", {"to": {"user": HEAD}}, OF_HEAD, (SECOND,)),
        ("control", {"to": {"user": LEFT}}, OF_REP, (HEAD, SECOND)),
        ("control", {"to": {"user": LEFT}}, OF_HEAD, (SECOND,)),  # over who has left stands the one it is about
        ("notify", {"to": "responsible"}, OF_REP, (REP,)),
        ("notify", {"to": {"user": LEFT}}, OF_REP, (HEAD, SECOND)),
        ("notify", {"to": [{"user": LEFT}, "responsible", "head"]}, OF_REP, (HEAD, SECOND, REP)),
        ("notify", {"to": []}, OF_REP, (REP,)),
        ("task", {"assignee": "head"}, OF_REP, (HEAD,)),  # one person does it
        ("task", {}, DealFacts(LEFT, 10), (HEAD,)),
        ("of yesterday", {"to": "head"}, OF_REP, ()),
    ],
)
def test_whom_it_reaches(kind: str, settings: dict[str, Any], deal: DealFacts, people: tuple[int, ...]) -> None:
    assert reached(kind_of(kind), settings, CHART, deal, TODAY).people == people


def test_the_way_says_who_was_passed_over() -> None:
    steps = reached(kind_of("control"), {"to": {"user": LEFT}}, CHART, OF_HEAD, TODAY).path
    assert [(each.post, each.person_id, each.verdict) for each in steps] == [
        ("named", LEFT, "inactive"),
        ("head", HEAD, "is_the_one"),
        ("head", SECOND, "chosen"),
        ("head", HEAD, "is_the_one"),
        ("head", SECOND, "chosen"),
    ]


SLOTS = st.sampled_from(["head", "responsible", *({"user": each} for each in (*PEOPLE, 99))])


REACHING = sorted(each.key for each in ROBOT_KINDS.values() if each.addressee)


@given(st.sampled_from(REACHING), SLOTS | st.lists(SLOTS, min_size=1), st.sampled_from([REP, HEAD, LEFT]))
def test_somebody_is_reached_whatever_is_stored(kind: str, slot: Any, responsible: int) -> None:
    settings, deal = {"to": slot, "assignee": slot}, DealFacts(responsible, 10)
    people = reached(kind_of(kind), settings, CHART, deal, TODAY).people
    assert people
    assert all(PEOPLE[each].is_active for each in people)
    assert len(set(people)) == len(people)
    assert set(people) <= set(people_of(slot, CHART, deal, TODAY).people) or kind == "control"
    if kind == "control":
        assert responsible not in people


@pytest.mark.parametrize("kind", ["control", "notify"])
@pytest.mark.parametrize("slot", ["head", "responsible", {"user": REP}, {"user": LEFT}])
def test_whoever_works_alone_is_reminded_of_their_own(kind: str, slot: Any) -> None:
    people = {REP: Person(REP, True, 10), LEFT: Person(LEFT, False, 10)}
    alone = Org(people, {10: Department(10, None, (REP,), ())}, (REP,))
    found = reached(kind_of(kind), {"to": slot}, alone, OF_REP, TODAY)
    assert found.people == (REP,)
    two = Org({**people, HEAD: Person(HEAD, True, 10)}, alone.departments, alone.fallback)
    assert reached(kind_of("control"), {"to": slot}, two, OF_REP, TODAY).people == (HEAD,)
