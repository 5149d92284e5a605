"""The policy of rights, once: who may read and write what, who sees a task and who decides it, who may be given work.

Lists, counters and menus ask the same questions of the database: each has one SQL twin in webapp/access/filters.py, and
tests/access compares the two over random firms. What a person may not see does not exist for them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from rules import org, tasks
from rules.tasks import TaskFacts

NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may reach, by role, posts and memberships."""

    user_id: int
    is_admin: bool
    reads: frozenset[int]  # departments whose deals are read
    leads: frozenset[int]  # departments whose deals are written too, with their subtrees
    home: frozenset[int]  # departments the person is a member of
    reads_all: bool = False
    covers: frozenset[int] = NOBODY  # people who are away, for whom this person stands in today
    own: frozenset[int] = field(init=False, repr=False, compare=False)  # whose deals are as one's own

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", self.covers | {self.user_id})  # asked of each part of each column

    def may_read(self, responsible_id: int, department_id: int | None) -> bool:
        """A deal with all that belongs to it."""
        return self.reads_all or responsible_id in self.own or department_id in self.reads

    def may_write(self, responsible_id: int, department_id: int | None) -> bool:
        return self.is_admin or responsible_id in self.own or department_id in self.leads

    def watches(self, responsible_id: int, department_id: int | None) -> bool:
        """Whether it is this person who sees to it that the deal's client gets an answer."""
        return responsible_id in self.own or department_id in self.leads

    def measures(self, person_id: int | None, department_id: int | None) -> bool:
        """Whose reaction is shown in figures: one's own, that of the departments one leads, to admins everybody's."""
        return self.is_admin or person_id == self.user_id or department_id in self.leads

    def sees_to(self, person_id: int | None, departments: Collection[int]) -> bool:
        """Whether that person's silence is this one's matter: of those who lead a department of theirs, and admins."""
        return person_id != self.user_id and (self.is_admin or not self.leads.isdisjoint(departments))

    @property
    def writes_as(self) -> str:
        """`may_write` for a page, which shows the cards of many readers alike: the reader may write what names one of
        these among its `writers_of`."""
        names = {*(f"user-{each}" for each in self.own), *(f"department-{each}" for each in self.leads)}
        return " ".join(sorted(names | {"admin"} if self.is_admin else names))


def writers_of(responsible_id: int, department_id: int | None) -> str:
    """Who may write such a deal, by the names of `Scope.writes_as`."""
    department = () if department_id is None else (f"department-{department_id}",)
    return " ".join(("admin", *department, f"user-{responsible_id}"))


class DealFacts(NamedTuple):
    """Of a deal what rights are read from."""

    responsible_id: int
    department_id: int | None
    is_deleted: bool = False


def may_see_task(who: Scope, task: TaskFacts, deal: DealFacts | None, stand_ins: Collection[int] = NOBODY) -> bool:
    """Its assignee, creator and acceptor, whoever decides it, and who may read its deal; one without a deal also the
    admins, before whom an item of it stands (who is asked to take something can open it), and who has decided something
    about it. With its deal a task is gone for everybody. `stand_ins` as in `stand_ins_for`."""
    if deal is not None and deal.is_deleted:
        return False
    if who.user_id in (task.assignee_id, task.creator_id, task.acceptor_id) or decides(who, task, stand_ins):
        return True
    if deal is None:
        return who.is_admin or who.user_id in task.told | task.decided
    return who.may_read(deal.responsible_id, deal.department_id)


def decides(who: Scope, task: TaskFacts, stand_ins: Collection[int] = NOBODY) -> bool:
    """Whether this person is asked, as of now, to accept the work or to return it."""
    return tasks.may(task, "accept", who.user_id, frozenset(stand_ins)) is None


def waits_for(who: Scope, task: TaskFacts, deal: DealFacts | None, stand_ins: Collection[int] = NOBODY) -> bool:
    """Whether the next step is this person's: the work itself, or its acceptance."""
    if deal is not None and deal.is_deleted:
        return False
    return tasks.may(task, "submit", who.user_id) is None or decides(who, task, stand_ins)


def stand_ins_for(chart: org.Org, task: TaskFacts, department_id: int | None, on: date) -> frozenset[int]:
    """Who decides beside an acceptor who is absent on that day, or has left: whoever the resolver names over the
    assignee. Nobody, while the acceptor is there."""
    if task.acceptor_id is None or not is_missing(chart, task.acceptor_id, on):
        return NOBODY
    return frozenset(org.head_of(chart, task.assignee_id, department_id, on).people)


def is_missing(chart: org.Org, person_id: int, on: date) -> bool:
    """Whether this person cannot act on that day: is absent, or no longer here."""
    person = chart.people.get(person_id)
    return person is None or not person.is_active or person.is_away(on)


def may_write_contact(who: Scope, rep_id: int | None, departments: Collection[int]) -> bool:
    """Its own rep, the heads over the rep's `departments`, the rep's colleagues there as far as they see the rep's
    deals, and admins. A deal with a contact gives no right over it. Every employee reads it."""
    if who.is_admin or who.user_id == rep_id:
        return True
    shared = who.home if who.reads_all else who.home & who.reads
    return not (who.leads | shared).isdisjoint(departments)


def may_merge_contacts(who: Scope, *both: tuple[int | None, Collection[int]]) -> bool:
    """Whoever may write both, each told by its rep and that rep's departments."""
    return all(may_write_contact(who, rep_id, departments) for rep_id, departments in both)


def may_see_call(who: Scope, rung: Collection[int], department_id: int | None) -> bool:
    """A call without a deal: whoever was rung for it, whoever leads the department that it came to, and admins."""
    return who.is_admin or not who.own.isdisjoint(rung) or department_id in who.leads


class Colleague(Protocol):
    """Of a person what rights are read from."""

    @property
    def id(self) -> int: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def department_ids(self) -> frozenset[int]: ...


def why_not_given(who: Scope | None, person: Colleague | None) -> str | None:
    """None: this person may be given a deal or a task by `who` (None: by Dozor itself). Else why not: no_such_person,
    not_in_department. Work is given to oneself, within one's departments and within those that one leads."""
    if person is None or not person.is_active:
        return "no_such_person"
    if who is None or who.is_admin or person.id == who.user_id or person.department_ids & (who.home | who.leads):
        return None
    return "not_in_department"


def why_not_acceptor(
    who: Scope | None, chart: org.Org, person: Colleague | None, assignee_id: int | None
) -> str | None:
    """None: `who` may name this person to accept the assignee's work: anybody whom `who` may give work, and whoever
    leads one of the departments of `who`. Else why not: own_work, or as in `why_not_given`."""
    if person is not None and person.id == assignee_id:
        return "own_work"
    problem = why_not_given(who, person)
    if who is not None and person is not None and problem == "not_in_department":
        return None if org.led_by(chart, person.id) & who.home else problem
    return problem


def is_head_of(who: Scope, person: Colleague) -> bool:
    """Whether this person works for `who`: in a department that `who` leads, or below it. Nobody is their own head.
    Whoever has left works for them still: what they left undone is their head's to hand on."""
    return person.id != who.user_id and not person.department_ids.isdisjoint(who.leads)


def may_narrow_to(who: Scope, person: Colleague) -> bool:
    """Whether a board may be narrowed to this person's deals: those of whom `who` may see deals at all."""
    return person.is_active and (who.reads_all or person.id == who.user_id or bool(person.department_ids & who.reads))


def may_narrow_to_department(who: Scope, department_id: int) -> bool:
    """Whether a board may be narrowed to this department's deals."""
    return who.reads_all or department_id in who.reads
