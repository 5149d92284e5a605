"""A call that comes in: who is rung, for how long, and who after them. The responsible, else the people of the
department who are at work now; then the head by the resolver, at any hour; then a word to the caller."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rules.absences import NOBODY, cover_of
from rules.org import Org, head_of, subtree

ONE_RING = timedelta(seconds=5)
RINGS = 4
MOST_RINGS = 12
AT_ONCE = 10  # phones that a provider rings at the same moment
NOBODY_TOOK = frozenset({"no-answer", "busy", "failed", "canceled"})  # how a provider says that a phone was not taken
ENDED = NOBODY_TOOK | {"completed"}
TAKEN = frozenset({"in-progress", "answered", "completed"})
# What providers send in the place of a number that is not shown: words, the user of a SIP address, and the words as
# they are dialled on the keys of a phone.
HIDDEN_AS = frozenset({"", "anonymous", "restricted", "unknown", "unavailable", "blocked", "private", "withheld"})
HIDDEN_AS_DIALLED = frozenset({"266696687", "7378742833", "8656696", "86282452253", "2562533"})
HIDDEN = {"en": "Hidden number", "ru": "Скрытый номер"}  # the name of a client of whom no more is known


def is_hidden(caller: str) -> bool:
    """Whether a caller, as the provider says it, shows no number: such callers are as many people as there are
    calls."""
    plain = caller.strip().lower().removeprefix("sip:").partition("@")[0]
    return plain in HIDDEN_AS or plain.removeprefix("+") in HIDDEN_AS_DIALLED


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody who works here, as a call sees them. `is_at_work`: now, by their calendar. Absences stand in the chart,
    not here."""

    number: str = ""
    is_at_work: bool = True
    department_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Round:
    """Phones that ring at the same moment. `post`: responsible, cover, department, head."""

    post: str
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Whose turn it was, and why their phone does not ring: inactive, absent, off_hours, no_phone."""

    person_id: int
    post: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """No round at all: the caller hears the word at once."""

    rounds: tuple[Round, ...]
    passed: tuple[PassedOver, ...] = ()


def plan(
    chart: Org, callees: Mapping[int, Callee], responsible_id: int | None, department_id: int | None, on: date
) -> Plan:
    """Who is rung for a client of this responsible (None: of nobody yet) in this department. Nobody is rung twice.

    The responsible who is away is stood in for by their cover. Leaders are not rung with their department: their turn
    comes next, and somebody above them has it where they are away, or have no phone, or were rung before.
    """
    passed: list[PassedOver] = []
    first = _own(chart, callees, responsible_id, on, passed) or _department(chart, callees, department_id, on, passed)
    rung = frozenset(first.people if first else ())
    head = _head(chart, callees, responsible_id, department_id, on, rung, passed)
    return Plan(tuple(each for each in (first, head) if each), tuple(dict.fromkeys(passed)))


def rings_for(rings: int) -> timedelta:
    """How long a phone rings."""
    return rings * ONE_RING


def _own(
    chart: Org, callees: Mapping[int, Callee], responsible_id: int | None, on: date, passed: list[PassedOver]
) -> Round | None:
    for post, person_id in (
        ("responsible", responsible_id),
        ("cover", cover_of(chart, responsible_id, on) if responsible_id and _is_away(chart, responsible_id, on) else 0),
    ):
        if person_id and _rings(chart, callees, person_id, post, on, passed):
            return Round(post, (person_id,))
    return None


def _department(
    chart: Org, callees: Mapping[int, Callee], department_id: int | None, on: date, passed: list[PassedOver]
) -> Round | None:
    """Those who take calls there and below, all at once."""
    places = subtree(chart, department_id) if department_id is not None else frozenset[int]()
    leaders = {who for each in chart.departments.values() for who in (*each.heads, *each.deputies)}
    theirs = [each for each, callee in callees.items() if each not in leaders and callee.department_ids & places]
    people = [each for each in sorted(theirs) if _rings(chart, callees, each, "department", on, passed)]
    return Round("department", tuple(people[:AT_ONCE])) if people else None


def _head(
    chart: Org,
    callees: Mapping[int, Callee],
    about: int | None,
    department_id: int | None,
    on: date,
    rung: Collection[int],
    passed: list[PassedOver],
) -> Round | None:
    """By the resolver, to which somebody without a phone, or rung before, is as good as absent."""
    silent = {each for each in chart.people if each in rung or not callees.get(each, Callee()).number}
    away = (on, on)
    people = {
        each.id: replace(each, absences=(*each.absences, away)) if each.id in silent else each
        for each in chart.people.values()
    }
    found = head_of(replace(chart, people=people), about or NOBODY, department_id, on)
    for step in found.path:
        if step.person_id is not None and step.verdict == "absent" and step.person_id not in rung:
            why = "absent" if _is_away(chart, step.person_id, on) else "no_phone"
            passed.append(PassedOver(step.person_id, "head", why))
    rings = tuple(each for each in found.people if each not in silent)
    return Round("head", rings[:AT_ONCE]) if rings else None


def _rings(
    chart: Org, callees: Mapping[int, Callee], person_id: int, post: str, on: date, passed: list[PassedOver]
) -> bool:
    why = _why_silent(chart, callees.get(person_id, Callee()), person_id, on)
    if why:
        passed.append(PassedOver(person_id, post, why))
    return not why


def _why_silent(chart: Org, callee: Callee, person_id: int, on: date) -> str:
    if person_id not in chart.people or not chart.people[person_id].is_active:
        return "inactive"
    if _is_away(chart, person_id, on):
        return "absent"
    if not callee.is_at_work:
        return "off_hours"
    return "" if callee.number else "no_phone"


def _is_away(chart: Org, person_id: int, on: date) -> bool:
    person = chart.people.get(person_id)
    return person is not None and person.is_away(on)
