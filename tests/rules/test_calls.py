"""Who is rung when a client calls. The firm: Sales (head 1) over North (head 2, deputy 3; reps 4, 5) and South (no
head; deputy 7; rep 6); 9 is the admin. Everybody has a phone and is at work unless a case says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules.calls import AT_ONCE, Callee, Plan, Round, plan, rings_for
from rules.org import Department, Org, Person

ON = date(2026, 11, 24)
SALES, NORTH, SOUTH = 1, 2, 3
HOMES = {1: SALES, 2: NORTH, 3: NORTH, 4: NORTH, 5: NORTH, 6: SOUTH, 7: SOUTH, 9: None}
CHART = Org(
    people={each: Person(each, True, home) for each, home in HOMES.items()},
    departments={
        SALES: Department(SALES, None, heads=(1,)),
        NORTH: Department(NORTH, SALES, heads=(2,), deputies=(3,)),
        SOUTH: Department(SOUTH, SALES, deputies=(7,)),
    },
    fallback=(9,),
)


def firm(away: tuple[int, ...] = (), left: tuple[int, ...] = (), cover: tuple[int, int] = (0, 0)) -> Org:
    people = {
        each.id: replace(
            each,
            is_active=each.id not in left,
            absences=((ON, ON),) if each.id in away else (),
            covers=((ON, ON, cover[1]),) if each.id == cover[0] else (),
        )
        for each in CHART.people.values()
    }
    return replace(CHART, people=people)


def callees(off: tuple[int, ...] = (), without: tuple[int, ...] = ()) -> dict[int, Callee]:
    return {
        each: Callee("" if each in without else f"+7495000000{each}", each not in off, frozenset({home} - {None}))
        for each, home in HOMES.items()
    }


def planned(responsible: int | None = 4, department: int | None = NORTH, **more: tuple[int, ...]) -> Plan:
    chart = {key: more[key] for key in ("away", "left", "cover") if key in more}
    phones = {key: more[key] for key in ("off", "without") if key in more}
    return plan(firm(**chart), callees(**phones), responsible, department, ON)


def rounds(found: Plan) -> list[tuple[str, tuple[int, ...]]]:
    return [(each.post, each.people) for each in found.rounds]


OWN, HEAD = ("responsible", (4,)), ("head", (2,))
CASES = [
    ("the responsible, then the head", {}, [OWN, HEAD]),
    ("no client of anybody", {"responsible": None}, [("department", (4, 5)), HEAD]),
    ("a whole tree", {"responsible": None, "department": SALES}, [("department", (4, 5, 6)), ("head", (1,))]),
    ("of no department", {"responsible": None, "department": None}, [("head", (9,))]),
    ("the responsible is away", {"away": (4,)}, [("department", (5,)), HEAD]),
    ("the responsible has left", {"left": (4,)}, [("department", (5,)), HEAD]),
    ("a cover stands in", {"away": (4,), "cover": (4, 6)}, [("cover", (6,)), HEAD]),
    ("a cover who is there needs none", {"cover": (4, 6)}, [OWN, HEAD]),
    ("a cover off work", {"away": (4,), "cover": (4, 6), "off": (6,)}, [("department", (5,)), HEAD]),
    ("a cover who is the head is not rung twice", {"away": (4,), "cover": (4, 2)}, [("cover", (2,)), ("head", (3,))]),
    ("the responsible is not at work", {"off": (4,)}, [("department", (5,)), HEAD]),
    ("the responsible has no phone", {"without": (4,)}, [("department", (5,)), HEAD]),
    ("nobody is at work: the head at any hour", {"off": tuple(HOMES)}, [HEAD]),
    ("the head is away: the deputy", {"away": (2,)}, [OWN, ("head", (3,))]),
    ("the head has no phone: the deputy", {"without": (2,)}, [OWN, ("head", (3,))]),
    ("head and deputy are away: the next level", {"away": (2, 3)}, [OWN, ("head", (1,))]),
    ("one away, one without a phone", {"away": (2,), "without": (3,)}, [OWN, ("head", (1,))]),
    ("no head at all: the admin", {"away": (1, 2, 3)}, [OWN, ("head", (9,))]),
    ("a vacant head's deputy", {"responsible": 6, "department": SOUTH}, [("responsible", (6,)), ("head", (7,))]),
    ("the head's own client goes up", {"responsible": 2}, [("responsible", (2,)), ("head", (1,))]),
    ("nobody has a phone", {"without": tuple(HOMES)}, []),
    ("only the responsible has one", {"without": (1, 2, 3, 5, 6, 7, 9)}, [OWN]),
]


@pytest.mark.parametrize(("case", "expected"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_who_is_rung(case: dict[str, tuple[int, ...]], expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert rounds(planned(**case)) == expected


def test_who_is_passed_over_and_why() -> None:
    found = planned(left=(5,), away=(4, 2), without=(3,))
    assert found.rounds == (Round("head", (1,)),)
    assert [(each.person_id, each.post, each.why) for each in found.passed] == [
        (4, "responsible", "absent"),
        (4, "department", "absent"),
        (5, "department", "inactive"),
        (2, "head", "absent"),
        (3, "head", "no_phone"),
    ]


def test_no_more_phones_ring_at_once_than_a_provider_takes() -> None:
    many = {each: Callee("+7", True, frozenset({NORTH})) for each in range(100, 130)}
    chart = replace(CHART, people={**CHART.people, **{each: Person(each, True, NORTH) for each in many}})
    assert plan(chart, many, None, NORTH, ON).rounds[0].people == tuple(range(100, 100 + AT_ONCE))


def test_a_ring_is_five_seconds() -> None:
    assert rings_for(4) == timedelta(seconds=20)
