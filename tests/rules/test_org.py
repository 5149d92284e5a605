"""The resolver: who is told about a person, by which path. Never nobody, never the person reported on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import org
from rules.org import Department, Org, Person, Step

TODAY = date(2026, 11, 24)
HOLIDAY = ((date(2026, 11, 20), TODAY),)

# The lesson's firm: Sales (1) over North (2) and South (3, head vacant).
SALES, NORTH, SOUTH = 1, 2, 3
ADMIN, HEAD, ANNA, PAVEL, IVAN, MARIA, OLEG, KIRA = 10, 11, 12, 13, 14, 15, 16, 17
HOMES = {ADMIN: SALES, HEAD: SALES, ANNA: NORTH, PAVEL: SOUTH, IVAN: NORTH, MARIA: NORTH, OLEG: SOUTH, KIRA: NORTH}


def firm(
    *,
    away: Iterable[int] = (),
    gone: Iterable[int] = (),
    sales: tuple[tuple[int, ...], tuple[int, ...]] = ((HEAD,), ()),
    north: tuple[tuple[int, ...], tuple[int, ...]] = ((ANNA,), ()),
    south: tuple[tuple[int, ...], tuple[int, ...]] = ((), (PAVEL,)),
    fallback: tuple[int, ...] = (ADMIN,),
) -> Org:
    """The lesson's firm, with (heads, deputies) by department and people who are absent today or no longer here."""
    people = {
        each: Person(each, each not in gone, home, HOLIDAY if each in away else ()) for each, home in HOMES.items()
    }
    charts = {SALES: (None, sales), NORTH: (SALES, north), SOUTH: (SALES, south)}
    return Org(people, {id: Department(id, above, *posts) for id, (above, posts) in charts.items()}, fallback)


def told(chart: Org, about: int, department: int | None = NORTH) -> tuple[int, ...]:
    return org.head_of(chart, about, department, TODAY).people


@pytest.mark.parametrize(
    ("chart", "about", "department", "people"),
    [
        # the nearest head
        (firm(), IVAN, NORTH, (ANNA,)),
        (firm(), IVAN, SALES, (HEAD,)),
        # the head is responsible: up, and not to the own deputy
        (firm(), ANNA, NORTH, (HEAD,)),
        (firm(north=((ANNA,), (KIRA,))), ANNA, NORTH, (HEAD,)),
        (firm(), HEAD, SALES, (ADMIN,)),
        (firm(sales=((HEAD,), (KIRA,))), HEAD, SALES, (ADMIN,)),
        # a vacant post: the deputy, unless the deputy is reported on
        (firm(), OLEG, SOUTH, (PAVEL,)),
        (firm(), PAVEL, SOUTH, (HEAD,)),
        (firm(south=((), ())), OLEG, SOUTH, (HEAD,)),
        (firm(south=((), (PAVEL, KIRA))), PAVEL, SOUTH, (KIRA,)),
        # an absent head: the deputy, else up
        (firm(away=[ANNA], north=((ANNA,), (KIRA,))), IVAN, NORTH, (KIRA,)),
        (firm(away=[ANNA]), IVAN, NORTH, (HEAD,)),
        (firm(away=[ANNA, KIRA], north=((ANNA,), (KIRA,))), IVAN, NORTH, (HEAD,)),
        (firm(away=[ANNA], north=((ANNA,), (KIRA,))), KIRA, NORTH, (HEAD,)),
        (firm(away=[PAVEL]), OLEG, SOUTH, (HEAD,)),
        # a head who no longer works here
        (firm(gone=[ANNA], north=((ANNA,), (KIRA,))), IVAN, NORTH, (KIRA,)),
        (firm(gone=[ANNA]), IVAN, NORTH, (HEAD,)),
        # several heads are all told; of several deputies the first who is there
        (firm(north=((ANNA, KIRA), ())), IVAN, NORTH, (ANNA, KIRA)),
        (firm(north=((KIRA, ANNA), ())), IVAN, NORTH, (KIRA, ANNA)),
        (firm(north=((ANNA, KIRA), ())), ANNA, NORTH, (KIRA,)),
        (firm(north=((ANNA, KIRA), (MARIA,)), away=[KIRA]), ANNA, NORTH, (HEAD,)),
        (firm(north=((ANNA, KIRA), (MARIA,)), away=[ANNA]), IVAN, NORTH, (KIRA,)),
        (firm(north=((), (MARIA, KIRA))), IVAN, NORTH, (MARIA,)),
        (firm(north=((), (MARIA, KIRA)), away=[MARIA]), IVAN, NORTH, (KIRA,)),
        (firm(north=((ANNA, ANNA), ())), IVAN, NORTH, (ANNA,)),
        # nobody up to the root: the fallback, all of it that is there
        (firm(away=[ANNA, HEAD]), IVAN, NORTH, (ADMIN,)),
        (firm(away=[ANNA, HEAD], fallback=(ADMIN, KIRA)), IVAN, NORTH, (ADMIN, KIRA)),
        (firm(away=[ANNA, HEAD], fallback=(ADMIN, KIRA)), KIRA, NORTH, (ADMIN,)),
        (firm(), IVAN, None, (ADMIN,)),
        (firm(), IVAN, 404, (ADMIN,)),
        # not even the fallback: an absent fallback, an absent head, anyone; those who are there first
        (firm(away=[ANNA, HEAD, ADMIN]), IVAN, NORTH, (ADMIN,)),
        (firm(away=[ANNA, HEAD], gone=[ADMIN]), IVAN, NORTH, (ANNA,)),
        (firm(away=[ANNA, HEAD], fallback=()), IVAN, NORTH, (ANNA,)),
        (firm(fallback=(), sales=((), ())), ANNA, NORTH, (ADMIN,)),
        (firm(fallback=(), sales=((), ()), away=[ADMIN]), ANNA, NORTH, (HEAD,)),
        (firm(fallback=(ADMIN,), sales=((), ())), ADMIN, SALES, (HEAD,)),
        (firm(gone=set(HOMES) - {IVAN, OLEG}, away=[OLEG]), IVAN, NORTH, (OLEG,)),
        # nobody else works here at all
        (firm(gone=set(HOMES) - {IVAN}), IVAN, NORTH, ()),
        (firm(gone=HOMES), IVAN, NORTH, ()),
    ],
)
def test_the_resolver_finds(chart: Org, about: int, department: int | None, people: tuple[int, ...]) -> None:
    assert told(chart, about, department) == people


@pytest.mark.parametrize(
    ("chart", "about", "department", "path"),
    [
        (firm(), IVAN, NORTH, [Step(NORTH, "head", ANNA, "chosen")]),
        (firm(), OLEG, SOUTH, [Step(SOUTH, "head", None, "vacant"), Step(SOUTH, "deputy", PAVEL, "chosen")]),
        (
            firm(north=((ANNA,), (KIRA,))),
            ANNA,
            NORTH,
            [Step(NORTH, "head", ANNA, "is_the_one"), Step(SALES, "head", HEAD, "chosen")],
        ),
        (
            firm(away=[ANNA], gone=[HEAD], north=((ANNA,), (IVAN, KIRA, MARIA))),
            IVAN,
            NORTH,
            [
                Step(NORTH, "head", ANNA, "absent"),
                Step(NORTH, "deputy", IVAN, "is_the_one"),
                Step(NORTH, "deputy", KIRA, "chosen"),  # and no further: MARIA was not looked at
            ],
        ),
        (
            firm(away=[ANNA], gone=[HEAD]),
            IVAN,
            NORTH,
            [
                Step(NORTH, "head", ANNA, "absent"),
                Step(SALES, "head", HEAD, "inactive"),
                Step(None, "fallback", ADMIN, "chosen"),
            ],
        ),
        (
            firm(away=[ANNA], sales=((), ()), fallback=()),
            IVAN,
            NORTH,
            [
                Step(NORTH, "head", ANNA, "absent"),
                Step(SALES, "head", None, "vacant"),
                Step(NORTH, "head", ANNA, "chosen"),
            ],
        ),
        (firm(fallback=()), HEAD, None, [Step(None, "anyone", ADMIN, "chosen")]),
    ],
)
def test_the_path_taken_is_kept(chart: Org, about: int, department: int | None, path: list[Step]) -> None:
    assert list(org.head_of(chart, about, department, TODAY).path) == path


@pytest.mark.parametrize(
    ("on", "person"),
    [
        (date(2026, 11, 19), ANNA),
        (date(2026, 11, 20), HEAD),
        (date(2026, 11, 24), HEAD),
        (date(2026, 11, 25), ANNA),
    ],
)
def test_an_absence_has_its_first_and_its_last_day(on: date, person: int) -> None:
    assert org.head_of(firm(away=[ANNA]), IVAN, NORTH, on).people == (person,)


def circle(**posts: tuple[int, ...]) -> Org:
    """Two departments, each under the other."""
    people = {each: Person(each, True, SALES) for each in (ADMIN, HEAD, IVAN)}
    return Org(people, {1: Department(1, 2, **posts), 2: Department(2, 1)}, (ADMIN,))


def test_a_circle_in_the_chart_ends_in_the_fallback() -> None:
    assert told(circle(), IVAN, 1) == (ADMIN,)
    assert told(circle(heads=(HEAD,)), IVAN, 2) == (HEAD,)
    assert [each.id for each in org.chain_above(circle(), 2)] == [2, 1]
    assert org.subtree(circle(), 1) == {1, 2}


def test_a_department_holds_everything_under_it() -> None:
    assert org.subtree(firm(), SALES) == {SALES, NORTH, SOUTH}
    assert org.subtree(firm(), NORTH) == {NORTH}
    assert org.subtree(firm(), 404) == frozenset()


@pytest.mark.parametrize(
    ("person", "departments"),
    [(HEAD, {SALES, NORTH, SOUTH}), (ANNA, {NORTH}), (PAVEL, {SOUTH}), (IVAN, set()), (ADMIN, set())],
)
def test_heads_and_deputies_lead_their_subtree(person: int, departments: set[int]) -> None:
    assert org.led_by(firm(), person) == departments


@pytest.mark.parametrize(
    ("chart", "people"),
    [
        (firm(), {HEAD}),
        (firm(sales=((), ())), {ADMIN, HEAD, ANNA, PAVEL}),
        (firm(sales=((), ()), gone=[HEAD]), {ADMIN, ANNA, PAVEL}),
        (firm(sales=((HEAD, ADMIN), ())), set()),
        (firm(away=[HEAD]), {HEAD, ANNA, PAVEL}),  # about the admin, the fallback itself, the absent head is told
    ],
)
def test_saving_the_chart_lists_whom_only_the_fallback_would_hear_of(chart: Org, people: set[int]) -> None:
    assert set(org.reaches_only_fallback(chart, TODAY)) == people


SOME = settings(deadline=None, max_examples=50)
IDS = st.integers(1, 6)
POSTS = st.lists(IDS, max_size=3).map(tuple)


@st.composite
def charts(draw: st.DrawFn) -> Org:
    """Any chart at all: circles, posts held by people who are away, gone or unknown, departments under none."""
    people = draw(
        st.lists(st.builds(Person, IDS, st.booleans(), st.none() | IDS, st.sampled_from([(), HOLIDAY])), max_size=6)
    )
    departments = draw(st.lists(st.builds(Department, IDS, st.none() | IDS, POSTS, POSTS), max_size=6))
    return Org({each.id: each for each in people}, {each.id: each for each in departments}, draw(POSTS))


@SOME
@given(charts(), IDS, st.none() | IDS)
def test_never_nobody_never_the_one_reported_on_never_one_who_left(chart: Org, about: int, home: int | None) -> None:
    found = org.head_of(chart, about, home, TODAY)
    others = {each.id for each in chart.people.values() if each.is_active} - {about}
    assert set(found.people) <= others
    assert bool(found.people) is bool(others)
    assert len(set(found.people)) == len(found.people)


@SOME
@given(charts(), IDS, st.none() | IDS)
def test_the_path_ends_in_those_who_are_told(chart: Org, about: int, home: int | None) -> None:
    found = org.head_of(chart, about, home, TODAY)
    assert tuple(step.person_id for step in found.path if step.verdict == "chosen") == found.people
    assert {step.post for step in found.path} <= {"head", "deputy", "fallback", "anyone"}
    assert {step.verdict for step in found.path} <= {"chosen", "vacant", "inactive", "absent", "is_the_one"}


@SOME
@given(charts(), IDS, st.none() | IDS)
def test_nobody_is_passed_over_for_one_who_is_away(chart: Org, about: int, home: int | None) -> None:
    """Somebody absent is told only when no head, deputy or fallback is there."""
    found = org.head_of(chart, about, home, TODAY)
    if any(chart.people[each].is_away(TODAY) for each in found.people):
        assert len(found.people) == 1
        assert all(step.verdict != "chosen" for step in found.path[:-1])


@SOME
@given(charts())
def test_what_a_person_leads_agrees_with_the_subtrees(chart: Org) -> None:
    for person in range(1, 7):
        posts = [each.id for each in chart.departments.values() if person in (*each.heads, *each.deputies)]
        assert org.led_by(chart, person) == frozenset().union(*(org.subtree(chart, each) for each in posts))
