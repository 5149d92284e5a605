"""Who is away and who stands in: written by themselves, by a head over them, by an admin. It ends by itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from rules import absences as rules
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Absence, User
from webapp.services import journal
from webapp.snapshots import setups
from webapp.snapshots.setups import PersonFacts


def person_for(user_id: int, by: Actor) -> PersonFacts:
    """Somebody whose absences `by` may write. Raises NotFound, or Refused("not_yours")."""
    person = setups.current().people.get(user_id)
    if person is None or not person.is_active:
        raise NotFound("user")
    if by.scope is not None and not rules.may_set(by.scope, user_id, person.department_ids):
        raise Refused("not_yours")
    return person


def add(
    user_id: int, first: date, last: date, cover_id: int | None, by: Actor, *, known: Collection[int] | None = None
) -> Absence:
    """Away on these days, both included; `known` are the absences that whoever notes it has seen. Raises Refused, also
    for what somebody else has noted meanwhile of the same days."""
    session().get(User, user_id, with_for_update=True)
    person_for(user_id, by)
    _check(user_id, first, last, cover_id)
    if known is not None:
        _check_known(user_id, first, last, known, by)
    row = Absence(user_id=user_id, from_on=first, until_on=last, cover_id=cover_id)
    session().add(row)
    session().flush()
    journal.write("absence.added", "user", user_id, by, new=_said(row))
    _changed()
    return row


def change(absence_id: int, first: date, last: date, cover_id: int | None, by: Actor) -> Absence:
    """Other days, or another cover. Raises NotFound, Refused."""
    row = locked(absence_id, by)
    old = _said(row)
    _check(row.user_id, first, last, cover_id)
    row.from_on, row.until_on, row.cover_id = first, last, cover_id
    journal.write("absence.changed", "user", row.user_id, by, old=old, new=_said(row))
    _changed()
    return row


def remove(absence_id: int, by: Actor) -> None:
    """There after all. Raises NotFound, Refused."""
    row = locked(absence_id, by)
    journal.write("absence.removed", "user", row.user_id, by, old=_said(row))
    session().delete(row)
    _changed()


def locked(absence_id: int, by: Actor) -> Absence:
    row = session().get(Absence, absence_id, with_for_update=True)
    if row is None:
        raise NotFound("absence")
    session().get(User, row.user_id, with_for_update=True)  # of two at once the second sees what the first wrote
    person_for(row.user_id, by)
    return row


def _check(user_id: int, first: date, last: date, cover_id: int | None) -> None:
    found = rules.problem(first, last, user_id, cover_id, setups.current().org)
    if found is not None:
        raise invalid(found[0], found[1], limit=rules.LONGEST_DAYS)


def _check_known(user_id: int, first: date, last: date, known: Collection[int], by: Actor) -> None:
    about = select(Absence).where(Absence.user_id == user_id, Absence.from_on <= last, Absence.until_on >= first)
    new = session().scalars(about.where(Absence.id.not_in(known)).order_by(Absence.id.desc())).first()
    who = journal.last_by("absence.added", user_id, entity="user") if new else None
    if new is not None and (who is None or who != by.user_id):
        people = setups.current()
        days = {"first": new.from_on, "last": new.until_on, "cover": people.name_of(new.cover_id)}
        raise invalid("from_on", "away_already", who=people.name_of(who), **days)


def _said(row: Absence) -> dict[str, object]:
    return {"from_on": row.from_on.isoformat(), "until_on": row.until_on.isoformat(), "cover_id": row.cover_id}


def _changed() -> None:
    setups.changed()
    announcements.chart_changed()  # and with it the cover's rights
