"""The org chart as an admin sees it, and what a change of it would do: whose sight of which deals, who is told about
whom, whose control would reach only the fallback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select

from rules import chart, org
from rules.chart import Told
from webapp.access.viewer import scope_of
from webapp.db import session
from webapp.models import Deal
from webapp.snapshots import recipients, setups
from webapp.snapshots.setups import PersonFacts, SetupSnapshot

Owner = tuple[int, int | None]
Groups = Mapping[Owner, int]  # open deals by responsible and department


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a department: `place` is head, deputy or member; `away_until` the last day of an absence that lasts
    today; `places` are all of the person's, by department."""

    person: PersonFacts
    place: str
    away_until: date | None
    places: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Branch:
    """A department with what stands under it. `told` is whom a control about an ordinary member reaches today, which is
    worth saying where it is no head of its own."""

    id: int
    parent_id: int | None
    members: tuple[Member, ...]
    under: tuple[Branch, ...]
    told: tuple[int, ...]
    is_led: bool
    has_head: bool

    def of(self, place: str) -> tuple[Member, ...]:
        return tuple(each for each in self.members if each.place == place)


@dataclass(frozen=True, slots=True)
class Tree:
    """`homeless` are the active people who are in no department."""

    roots: tuple[Branch, ...]
    homeless: tuple[Member, ...]
    archived: tuple[int, ...]
    unled: tuple[int, ...]  # people whose control would reach only the fallback


@dataclass(frozen=True, slots=True)
class Sight:
    """How many open deals a person would see and change more, and how many fewer."""

    person_id: int
    more: int
    fewer: int
    more_to_change: int
    fewer_to_change: int


@dataclass(frozen=True, slots=True)
class Moment:
    """The firm as it stands, to be compared with what it would be. `moved`: whose the deals of a group are then, and in
    which department, where that is not what it was."""

    setup: SetupSnapshot
    groups: Groups
    moved: Mapping[Owner, Owner] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change would do to others."""

    sights: tuple[Sight, ...]
    told: tuple[Told, ...]
    unled: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.sights or self.told or self.unled)


def tree() -> Tree:
    """All departments that are not archived, with their active people."""
    setup, today = setups.current(), recipients.today()
    places = {each.id: _places(setup, each) for each in setup.people.values() if each.is_active}
    shown = [each for each in setup.org.departments.values() if each.id in setup.departments]
    tops = [each for each in shown if each.parent_id not in setup.departments]
    return Tree(
        roots=tuple(_branch(setup, each, places, today) for each in tops),
        homeless=tuple(_member(setup, who, "", held, today) for who, held in places.items() if not held),
        archived=tuple(each for each in setup.department_names if each not in setup.departments),
        unled=org.reaches_only_fallback(setup.org, today),
    )


def _branch(
    setup: SetupSnapshot, department: org.Department, places: Mapping[int, Mapping[int, str]], today: date
) -> Branch:
    order = [*department.heads, *department.deputies]
    here = [who for who, held in places.items() if department.id in held]
    here.sort(key=lambda who: order.index(who) if who in order else len(order))
    members = tuple(_member(setup, who, places[who][department.id], places[who], today) for who in here)
    under = [each for each in setup.org.departments.values() if each.parent_id == department.id]
    told = org.head_of(setup.org, 0, department.id, today)  # about nobody who is here: an ordinary member
    return Branch(
        id=department.id,
        parent_id=department.parent_id,
        members=members,
        under=tuple(_branch(setup, each, places, today) for each in under if each.id in setup.departments),
        told=told.people,
        is_led=bool(set(told.people) & set(department.heads)) or not members,
        has_head=any(each.place == "head" for each in members),
    )


def _places(setup: SetupSnapshot, person: PersonFacts) -> dict[int, str]:
    """Where somebody is, the first department first, and what they are there."""
    homes = sorted(person.department_ids, key=lambda each: (each != person.department_id, each))
    held = dict.fromkeys(homes, "member")
    for each in setup.org.departments.values():
        if person.id in each.deputies:
            held[each.id] = "deputy"
        if person.id in each.heads:
            held[each.id] = "head"
    return {each: place for each, place in held.items() if each in setup.departments}


def _member(setup: SetupSnapshot, who: int, place: str, held: Mapping[int, str], today: date) -> Member:
    absences = setup.org.people[who].absences
    away = max((last for first, last in absences if first <= today <= last), default=None)
    return Member(setup.people[who], place, away, held)


def moment(moved: Mapping[Owner, Owner] | None = None) -> Moment:
    """As it stands in this transaction, or in this trial."""
    session().flush()
    owner = (Deal.responsible_id, Deal.department_id)
    there = (Deal.deleted_at.is_(None), Deal.closed_at.is_(None))
    counted = session().execute(select(*owner, func.count(Deal.id)).where(*there).group_by(*owner))
    return Moment(
        setups.current(), {(responsible, department): many for responsible, department, many in counted}, moved or {}
    )


def between(before: Moment, after: Moment) -> Effects:
    """What has changed for whom, from one moment to the other."""
    today = recipients.today()
    sights = (_sight(before, after, each) for each in after.setup.people.values())
    return Effects(
        sights=tuple(each for each in sights if each is not None),
        told=chart.told_otherwise(before.setup.org, after.setup.org, today),
        unled=chart.newly_unled(before.setup.org, after.setup.org, today),
    )


def _sight(before: Moment, after: Moment, person: PersonFacts) -> Sight | None:
    was, now = _reached(before, person.id), _reached(after, person.id)
    seen = _differ(was.reads, now.reads, before, after)
    changed = _differ(was.writes, now.writes, before, after)
    return Sight(person.id, *seen, *changed) if any((*seen, *changed)) else None


Keys = frozenset[Owner]


@dataclass(frozen=True, slots=True)
class _Reach:
    reads: Keys = frozenset()
    writes: Keys = frozenset()


def _reached(moment: Moment, person_id: int) -> _Reach:
    person = moment.setup.people.get(person_id)
    if person is None or not person.is_active:
        return _Reach()
    scope = scope_of(moment.setup, person)
    return _Reach(
        reads=frozenset(each for each in moment.groups if scope.may_read(*moment.moved.get(each, each))),
        writes=frozenset(each for each in moment.groups if scope.may_write(*moment.moved.get(each, each))),
    )


def _differ(was: Keys, now: Keys, before: Moment, after: Moment) -> tuple[int, int]:
    """How many deals more, and how many fewer."""
    return sum(after.groups[each] for each in now - was), sum(before.groups[each] for each in was - now)
