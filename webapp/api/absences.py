"""Who is away and who stands in. Every employee reads; oneself, a head over the person, and admins write."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from pydantic import Field

from webapp.access.viewer import viewer
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Day, Id, Page, Record
from webapp.db import session
from webapp.queries import absences as found
from webapp.queries.absences import Away
from webapp.services import absences

ONE = "/absences/<int:absence_id>"


class AbsenceRecord(Record):
    """Both days are included; `cover_id` stands in then."""

    id: int
    user_id: int
    from_on: date
    until_on: date
    cover_id: int | None


class NewAbsence(Body):
    """Away on these days, both included."""

    user_id: Id
    from_on: Day
    until_on: Day
    cover_id: Id | None = None


class AbsenceChanges(Body):
    """Only what is given is changed."""

    from_on: Day = Field(default_factory=lambda: date.min)
    until_on: Day = Field(default_factory=lambda: date.min)
    cover_id: Id | None = None


@reads("/absences", Page[AbsenceRecord])
def index() -> Page[AbsenceRecord]:
    """Of everybody who works here, in the order of their days."""
    return Page[AbsenceRecord](items=[_record(each) for each in found.every()])


@writes("POST", "/absences", AbsenceRecord, HTTPStatus.CREATED)
def create(json: NewAbsence) -> Answer[AbsenceRecord]:
    """Somebody is away."""
    made = absences.add(json.user_id, json.from_on, json.until_on, json.cover_id, viewer().actor)
    return lambda: _record(found.one(made.id))


@writes("PATCH", ONE, AbsenceRecord)
def update(absence_id: int, json: AbsenceChanges) -> Answer[AbsenceRecord]:
    """Other days, or another cover."""
    by = viewer().actor
    row = absences.locked(absence_id, by)
    kept: dict[str, Any] = {"from_on": row.from_on, "until_on": row.until_on, "cover_id": row.cover_id}
    wanted = {**kept, **json.given}
    absences.change(absence_id, wanted["from_on"], wanted["until_on"], wanted["cover_id"], by)
    session().flush()
    return lambda: _record(found.one(absence_id))


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def remove(absence_id: int) -> None:
    """There after all, from today on: what has begun ends yesterday, only what has not is deleted."""
    absences.remove(absence_id, viewer().actor)


def _record(away: Away) -> AbsenceRecord:
    return AbsenceRecord(
        id=away.id,
        user_id=away.person.id,
        from_on=away.first,
        until_on=away.last,
        cover_id=away.cover.id if away.cover else None,
    )
