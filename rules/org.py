"""Departments, heads, deputies, and the resolver: who is told about a person. Never nobody, never the person
reported on. The path taken is part of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """`absences` are first and last days, both included; `covers` say in the same way who stands in for them then.
    Whoever was invited and has not come in yet reads nothing of what they are told."""

    id: int
    is_active: bool
    department_id: int | None
    absences: tuple[tuple[date, date], ...] = ()
    covers: tuple[tuple[date, date, int], ...] = ()
    has_come_in: bool = True

    def is_away(self, on: date) -> bool:
        return any(first <= on <= last for first, last in self.absences)

    def cover_on(self, on: date) -> int | None:
        """Who stands in for them on that day, where somebody was named."""
        return next((cover for first, last, cover in self.covers if first <= on <= last), None)


@dataclass(frozen=True, slots=True)
class Department:
    """`heads` and `deputies` in the order in which they are asked."""

    id: int
    parent_id: int | None
    heads: tuple[int, ...] = ()
    deputies: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Org:
    """`fallback` are the people named for when no department has anybody (admins)."""

    people: Mapping[int, Person]
    departments: Mapping[int, Department]
    fallback: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One look of the resolver. `post`: head, deputy, fallback, anyone, alone (nobody else works here); `verdict`:
    chosen, vacant, inactive, absent, never_in (invited, and has not come in yet), is_the_one (the person reported on),
    told (before, of the same)."""

    department_id: int | None
    post: str
    person_id: int | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """`people` is empty only when no other active person exists at all, or none of the others has ever come in."""

    people: tuple[int, ...]
    path: tuple[Step, ...]


def chain_above(org: Org, department_id: int | None) -> Iterator[Department]:
    """The department and those above it, to the root; a circle in the chart ends the chain."""
    seen: set[int] = set()
    while department_id is not None and department_id not in seen and department_id in org.departments:
        seen.add(department_id)
        department = org.departments[department_id]
        yield department
        department_id = department.parent_id


def subtree(org: Org, department_id: int) -> frozenset[int]:
    """The department and everything under it."""
    return frozenset(
        each for each in org.departments if any(above.id == department_id for above in chain_above(org, each))
    )


def led_by(org: Org, person_id: int) -> frozenset[int]:
    """The departments that a person leads as head or deputy, with everything under them."""
    return frozenset(
        each
        for each in org.departments
        if any(person_id in (*above.heads, *above.deputies) for above in chain_above(org, each))
    )


def head_of(org: Org, about: int, department_id: int | None, on: date) -> Resolution:
    """Who is told about `about`, from their department upwards, as of the day `on`.

    All present heads of the nearest department that has any; its deputy when none is there. A head is not
    reported on to the own deputy: the way goes up. Then the fallback, then anyone active.
    """
    path: list[Step] = []
    for department in chain_above(org, department_id):
        chosen = _posts(org, department, about, on, path)
        if chosen:
            return Resolution(chosen, tuple(path))
    chosen = _present(org, org.fallback, None, "fallback", about, on, path) or _last_resort(org, about, on, path)
    return Resolution(chosen, tuple(path))


def _posts(org: Org, department: Department, about: int, on: date, path: list[Step]) -> tuple[int, ...]:
    if not department.heads:
        path.append(Step(department.id, "head", None, "vacant"))
    chosen = _present(org, department.heads, department.id, "head", about, on, path)
    if chosen or about in department.heads:
        return chosen
    # One deputy stands in, the first who is there; several heads all lead, several deputies take turns.
    return _present(org, department.deputies, department.id, "deputy", about, on, path)


def _present(
    org: Org, ids: tuple[int, ...], department_id: int | None, post: str, about: int, on: date, path: list[Step]
) -> tuple[int, ...]:
    chosen: list[int] = []
    for person_id in dict.fromkeys(ids):
        verdict = _verdict(org, person_id, about, on)
        path.append(Step(department_id, post, person_id, verdict))
        if verdict == "chosen":
            chosen.append(person_id)
            if post == "deputy":
                break
    return tuple(chosen)


def _verdict(org: Org, person_id: int, about: int, on: date) -> str:
    person = org.people.get(person_id)
    if person is None or not person.is_active:
        return "inactive"
    if person_id == about:
        return "is_the_one"
    if not person.has_come_in:
        return "never_in"
    return "absent" if person.is_away(on) else "chosen"


def _last_resort(org: Org, about: int, on: date, path: list[Step]) -> tuple[int, ...]:
    """Nobody named is there: somebody named who is away (the fallback, then the nearest head or deputy) is better than
    a stranger, a stranger who is there better than one who is away, and that better than nobody. Whoever has never come
    in is told only where nobody else could be: while nobody works here who has."""
    away = sorted((step for step in path if step.verdict == "absent"), key=lambda step: step.post != "fallback")
    strangers = sorted(org.people.values(), key=lambda person: (person.is_away(on), person.id))
    here = those_here(org)
    anyone = [Step(None, "anyone", each.id, "chosen") for each in strangers if each.id in here and each.id != about]
    found = next((replace(step, verdict="chosen") for step in (*away, *anyone)), None)
    if found is None or found.person_id is None:
        return ()
    path.append(found)
    return (found.person_id,)


def those_here(org: Org) -> frozenset[int]:
    """Who works here and has come in; while nobody has, whoever works here."""
    active = [each for each in org.people.values() if each.is_active]
    return frozenset(each.id for each in active if each.has_come_in) or frozenset(each.id for each in active)


def reaches_only_fallback(org: Org, on: date) -> tuple[int, ...]:
    """Active people about whom no head or deputy would be told: to be listed when the chart is saved."""
    return tuple(
        person.id
        for person in org.people.values()
        if person.is_active
        and not any(
            step.verdict == "chosen" and step.post in ("head", "deputy")
            for step in head_of(org, person.id, person.department_id, on).path
        )
    )
