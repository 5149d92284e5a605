"""Who is away and who stands in: written by themselves, by a head over them, by an admin. It ends by itself.

Whoever falls ill can say so, also while they stand in for somebody: those are told that nobody does then.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select

from rules import absences as rules
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import advisory_lock, session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Absence, User
from webapp.services import cover_notices, journal, notifications
from webapp.services.events import people_changed
from webapp.snapshots import recipients, setups
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
    lock()
    session().get(User, user_id, with_for_update={"key_share": True})
    person_for(user_id, by)
    _check(user_id, first, last, cover_id, recipients.today())
    if known is not None:
        _check_known(user_id, first, last, known, by)
    row = Absence(user_id=user_id, from_on=first, until_on=last, cover_id=cover_id)
    session().add(row)
    session().flush()
    journal.write("absence.added", "user", user_id, by, new=_said(row))
    _changed()
    tell_uncovered(user_id, first, last, by)
    cover_notices.tell(row, None, cover_notices.of(row), by)
    return row


def change(absence_id: int, first: date, last: date, cover_id: int | None, by: Actor) -> Absence:
    """Other days, or another cover. One that has begun may end as of now: its last day may be over. Raises NotFound,
    Refused."""
    row, today = locked(absence_id, by), recipients.today()
    old, was = _said(row), cover_notices.of(row)
    _check(row.user_id, first, last, cover_id, min(today, max(row.from_on, first)))
    row.from_on, row.until_on, row.cover_id = first, last, cover_id
    journal.write("absence.changed", "user", row.user_id, by, old=old, new=_said(row))
    _changed()
    tell_uncovered(row.user_id, first, last, by)
    cover_notices.tell(row, was, cover_notices.of(row), by)
    return row


def remove(absence_id: int, by: Actor) -> None:
    """There after all: from today on. Days on which they were away stay so, or these would be read as days on which
    they gave no sign; what is over stays as it was. Raises NotFound, Refused."""
    row, today = locked(absence_id, by), recipients.today()
    if row.from_on < today:
        return _end_on(row, today - timedelta(days=1), by)
    journal.write("absence.removed", "user", row.user_id, by, old=_said(row))
    cover_notices.tell(row, cover_notices.of(row), None, by)
    session().delete(row)
    _changed()


def _end_on(row: Absence, last: date, by: Actor) -> None:
    if row.until_on <= last:
        return
    old, was, row.until_on = _said(row), cover_notices.of(row), last
    journal.write("absence.changed", "user", row.user_id, by, old=old, new=_said(row))
    _changed()
    cover_notices.tell(row, was, cover_notices.of(row), by)


def locked(absence_id: int, by: Actor) -> Absence:
    lock()
    row = session().get(Absence, absence_id, with_for_update=True)
    if row is None:
        raise NotFound("absence")
    session().get(User, row.user_id, with_for_update={"key_share": True})
    person_for(row.user_id, by)
    return row


def tell_uncovered(cover_id: int, first: date, last: date, by: Actor) -> None:
    """They are not there on these days: for whomever they were to stand in then nobody does, and that person and the
    heads over them hear of it, once for the same days."""
    people, begins = setups.current().people, max(first, recipients.today())
    theirs = select(Absence).where(
        Absence.cover_id == cover_id, Absence.from_on <= last, Absence.until_on >= begins, Absence.user_id.in_(people)
    )
    for each in session().scalars(theirs.order_by(Absence.id)):
        _tell_uncovered(each, cover_id, (max(each.from_on, begins), min(each.until_on, last)), by)


def tell_left_without(row: Absence, cover_id: int, by: Actor) -> None:
    """Another cover was named for them without being asked, or none: of the days on which nobody stands in, because
    `cover_id` cannot, they and the heads over them hear."""
    begins, chart = max(row.from_on, recipients.today()), setups.current().org
    for days in rules.uncovered_days(chart, row.user_id, begins, row.until_on):
        _tell_uncovered(row, cover_id, days, by)


def _tell_uncovered(row: Absence, cover_id: int, days: rules.Days, by: Actor) -> None:
    people = setups.current().people
    person = people[row.user_id]
    heads = recipients.head_of(person.id, person.department_id).people
    notifications.tell(
        [one for one in (person.id, *heads) if person.is_active and one not in (by.user_id, cover_id)],
        "absence.uncovered",
        key=f"uncovered-{row.id}-{cover_id}-{days[0]}-{days[1]}",
        facts={
            "absence.user_id": person.id,
            "person.name": person.name,
            "cover.name": people[cover_id].name,
            "absence.first": {"date": days[0].isoformat()},
            "absence.last": {"date": days[1].isoformat()},
        },
        sender_id=by.user_id,
    )


def lock() -> None:
    """Of two at once the second sees what the first wrote: also of somebody and of whoever stands in for them. Whoever
    takes a person away holds it too, before that person's row."""
    advisory_lock("absences")
    setups.forget()


def _check(user_id: int, first: date, last: date, cover_id: int | None, today: date) -> None:
    found = rules.problem(first, last, user_id, cover_id, setups.current().org, today)
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
    people_changed()
