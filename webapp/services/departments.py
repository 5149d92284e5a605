"""Departments: what they are called, under which one they stand, whether there still is one. An admin's to say; who
works in them stands in services/places.py."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, union

from rules import chart
from rules.facts import Text
from rules.setup_documents import key_from
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import advisory_lock, session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Department, Membership, PhoneLine, Pipeline, Post, User
from webapp.services import journal, limits, places, texts
from webapp.services.events import people_changed
from webapp.snapshots import setups

NAME_LIMIT = 100
MOST = 500  # departments of one firm


def lock() -> None:
    """Whoever changes the chart waits here: of two changes that would close a circle together, the second sees the
    first."""
    advisory_lock("chart")


def add(name: Text, parent_id: int | None, by: Actor) -> int:
    """A new department, under another or at the top. Raises Refused."""
    lock()
    limits.must_have_room("departments", select(Department.id), MOST, "name")
    known = session().scalars(select(Department)).all()
    named = _named(name)
    key = key_from(next(iter(named.values())), [each.key for each in known], "department")
    row = Department(key=key, name=named, parent_id=_parent(parent_id))
    session().add(row)
    session().flush()
    journal.write("department.added", "department", row.id, by, new={"name": row.name, "parent": row.parent_id})
    _changed()
    return row.id


def rename(department_id: int, name: Text, by: Actor, *, was: Text | None = None) -> None:
    """Another name; `was` is the one that the page showed. Raises Refused: bad_fields, stale_chart."""
    row = _locked(department_id)
    if was is not None and dict(was) != row.name:
        raise _stale(row)
    named = _named(name)
    if named != row.name:
        journal.write("department.renamed", "department", row.id, by, old=row.name, new=named)
        row.name = named
        _changed()


def move(department_id: int, parent_id: int | None, by: Actor, *, was: int | str | None = "") -> None:
    """Under another department, or to the top; `was` is the parent that the page showed, "" where none is compared.
    Raises Refused: circle, which names the way; stale_chart."""
    row = _locked(department_id)
    if was not in ("", row.parent_id):
        raise _stale(row)
    found = chart.circle(setups.current().org, row.id, _parent(parent_id))
    if found:
        names = setups.current().department_names
        raise Refused("circle", name=dict(row.name), way=[dict(names[each]) for each in found])
    if parent_id != row.parent_id:
        journal.write("department.moved", "department", row.id, by, old=row.parent_id, new=parent_id)
        row.parent_id = parent_id
        _changed()


def archive(department_id: int, by: Actor) -> None:
    """Nobody works there and nothing new comes there any more; its deals stay, seen by the department above. Raises
    Refused("department_in_use") that names what still stands in it."""
    row = _locked(department_id)
    if row.archived_at is not None:
        return
    held = select(PhoneLine.number).where(PhoneLine.department_id == row.id).order_by(PhoneLine.id)
    names, numbers = _holders(row), list(session().scalars(held))
    if names or numbers:
        raise Refused("department_in_use", name=dict(row.name), holders=names, numbers=numbers)
    row.archived_at = clock.now()
    journal.write("department.archived", "department", row.id, by)
    _changed()


def bring_back(department_id: int, by: Actor) -> None:
    """Out of the archive: at the top, when the department above is in it still."""
    row = _locked(department_id)
    if row.archived_at is not None:
        row.archived_at = None
        if row.parent_id is not None and session().get_one(Department, row.parent_id).archived_at is not None:
            row.parent_id = None
        journal.write("department.brought_back", "department", row.id, by)
        _changed()


def set_leads(department_id: int, heads: Sequence[int] | None, deputies: Sequence[int] | None, by: Actor) -> None:
    """These heads and deputies in this order, None: as they are. Whoever was one stays as a member. Raises Refused."""
    row = _locked(department_id)
    held = places.leads_of(row.id)
    wanted = {
        "head": held["head"] if heads is None else heads,
        "deputy": held["deputy"] if deputies is None else deputies,
    }
    for field, people in (("heads", wanted["head"]), ("deputies", wanted["deputy"])):
        _must_work_here(field, people)
    if set(wanted["head"]) & set(wanted["deputy"]):
        raise invalid("deputies", "twice")
    for user_id in {*held["head"], *held["deputy"]} - {*wanted["head"], *wanted["deputy"]}:
        places.put(user_id, row.id, places.MEMBER, by)
    for kind, people in wanted.items():
        for user_id in people:
            places.put(user_id, row.id, kind, by)
        places.set_order(row.id, kind, people, by)


def _must_work_here(field: str, people: Sequence[int]) -> None:
    active = set(session().scalars(select(User.id).where(User.id.in_(people), User.is_active)))
    if not set(people) <= active:
        raise invalid(field, "no_such_person")
    if len(set(people)) != len(people):
        raise invalid(field, "twice")


def _holders(row: Department) -> list[str | dict[str, str]]:
    """What keeps a department: people by name, departments under it, pipelines whose inquiries it takes."""
    here = union(
        select(Membership.user_id).where(Membership.department_id == row.id),
        select(Post.user_id).where(Post.department_id == row.id),
    )
    people = select(User.name).where(User.is_active, User.id.in_(here))
    under = select(Department.name).where(Department.parent_id == row.id, Department.archived_at.is_(None))
    lines = select(Pipeline.name).where(Pipeline.department_id == row.id, Pipeline.archived_at.is_(None))
    found: list[str | dict[str, str]] = list(session().scalars(people.order_by(User.name)))
    return found + [dict(each) for query in (under, lines) for each in session().scalars(query)]


def _named(name: Text) -> dict[str, str]:
    named = {each: texts.line("name", words, NAME_LIMIT, required=False) for each, words in name.items()}
    kept = {each: words for each, words in named.items() if words}
    if not kept:
        raise invalid("name", "blank")
    return kept


def _parent(parent_id: int | None) -> int | None:
    if parent_id is not None and parent_id not in setups.current().departments:
        raise invalid("parent_id", "no_such_department")
    return parent_id


def _locked(department_id: int) -> Department:
    lock()
    row = session().get(Department, department_id, with_for_update=True)
    if row is None:
        raise NotFound("department")
    return row


def _stale(row: Department) -> Refused:
    """The page showed something else; whoever changed it meanwhile is named."""
    return Refused("stale_chart", who=journal.last_hand("department", row.id), name=dict(row.name))


def _changed() -> None:
    setups.changed()
    announcements.chart_changed()
    people_changed()
