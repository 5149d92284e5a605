"""The org chart, as an admin changes it, and what the resolver says of it. To others it does not exist."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from rules import chart
from webapp.access.records import require_admin
from webapp.api.records import people as records
from webapp.api.records.people import DepartmentRecord, ToldRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Day, Id, Locale, Page, QueryId
from webapp.db import session
from webapp.errors import NotFound, invalid
from webapp.queries import listings as found
from webapp.services import departments
from webapp.snapshots import recipients
from webapp.snapshots.setups import current

ONE = "/departments/<int:department_id>"
People = Annotated[list[Id], Field(max_length=100)]
Name = Annotated[dict[Locale, str] | str, Field(default_factory=dict)]


class NewDepartment(Body):
    """`name` in the firm's language, or in several; heads and deputies in the order in which they are query."""

    name: Name
    parent_id: Id | None = None
    heads: People = Field(default_factory=list)
    deputies: People = Field(default_factory=list)


class DepartmentChanges(Body):
    """Only what is given is changed; of a name only the languages given. Who is no head or deputy any more still works
    there."""

    name: Name
    parent_id: Id | None = None
    heads: People = Field(default_factory=list)
    deputies: People = Field(default_factory=list)


class ToldQuery(BaseModel):
    """About whom, and on which day: today when none is given."""

    model_config = ConfigDict(extra="forbid")

    about: QueryId
    on: Day | None = None


@reads("/departments", Page[DepartmentRecord])
def index() -> Page[DepartmentRecord]:
    """The org chart; archived departments are not in it."""
    require_admin()
    keys, live = found.department_keys(), current().departments
    shown = [records.department(current().org.departments[each], key) for each, key in keys.items() if each in live]
    return Page[DepartmentRecord](items=shown)


@writes("POST", "/departments", DepartmentRecord, HTTPStatus.CREATED)
def create(json: NewDepartment) -> Answer[DepartmentRecord]:
    """A new department."""
    by = require_admin().actor
    made = departments.add(_words(json.name), json.parent_id, by)
    departments.set_leads(made, json.heads, json.deputies, by)
    return lambda: _answer(made)


@writes("PATCH", ONE, DepartmentRecord)
def update(department_id: int, json: DepartmentChanges) -> Answer[DepartmentRecord]:
    """Rename it, put it under another one, change who leads it. A circle is refused by the names on its way."""
    by, given = require_admin().actor, json.given
    if department_id not in current().department_names:
        raise NotFound("department")
    if "name" in given:
        departments.rename(department_id, {**current().department_names[department_id], **_words(json.name)}, by)
    if "parent_id" in given:
        departments.move(department_id, json.parent_id, by)
    if "heads" in given or "deputies" in given:
        departments.set_leads(department_id, given.get("heads"), given.get("deputies"), by)
    return lambda: _answer(department_id)


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def archive(department_id: int) -> None:
    """Into the archive, when nobody works there and nothing stands under it: else 422 that names what does."""
    departments.archive(department_id, require_admin().actor)


@reads(f"{ONE}/told", ToldRecord)
def told(department_id: int, query: ToldQuery) -> ToldRecord:
    """Who would be told about this person, as a member of this department, on that day; and the path to them."""
    require_admin()
    if department_id not in current().departments:
        raise NotFound("department")
    if query.about not in current().people:
        raise invalid("about", "no_such_person")
    on: date = query.on or recipients.today()
    answer = chart.told(current().org, query.about, on, department_id)
    return ToldRecord.of(answer, about=query.about, on=on)


def _words(name: dict[str, str] | str) -> dict[str, str]:
    return {current().firm.locale: name} if isinstance(name, str) else name


def _answer(department_id: int) -> DepartmentRecord:
    session().flush()
    return records.department(current().org.departments[department_id], found.department_keys()[department_id])
