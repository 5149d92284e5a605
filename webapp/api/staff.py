"""The people, as an admin changes them: somebody new, a link to come in by, another place, somebody who leaves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal, cast

from flask import current_app
from pydantic import Field

from webapp.access.records import require_admin
from webapp.api.records import people as records
from webapp.api.records.people import EmployeeRecord, LinkRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Id, Locale
from webapp.db import session
from webapp.errors import Refused, invalid
from webapp.queries import listings
from webapp.queries import staff as found
from webapp.services import accounts, hand_overs, leaving, link_letters, people, places, sign_ins
from webapp.services.moving import Move
from webapp.services.people import PersonEdit

EDITED = ("name", "email", "phone", "locale", "time_zone", "is_admin")
ONE = "/users/<int:user_id>"
Switch = Annotated[bool, Field(strict=True)]
Departments = Annotated[list[Id | str], Field(max_length=100)]


class NewPerson(Body):
    """`departments` by id or key, the first is where new work goes."""

    name: str
    email: str
    phone: str = ""
    departments: Departments = Field(default_factory=list)
    is_admin: Switch = False


class PersonChanges(Body):
    """Only what is given is changed; whoever stays in a department keeps the post there. When somebody is deactivated
    who has open deals or tasks, `deals_to` says who takes them over."""

    name: str = Field(default_factory=str)
    email: str = Field(default_factory=str)
    phone: str = Field(default_factory=str)
    locale: Locale = Field(default_factory=str)
    time_zone: str = Field(default_factory=str)
    departments: Departments = Field(default_factory=list)
    is_admin: Switch = Field(default_factory=bool)
    is_active: Switch = Field(default_factory=bool)
    deals_to: Id | None = None


class DepartmentMove(Body):
    """From one department to another. Open deals of the first stay, go `along`, or go `over` to `taker`; many are gone
    on with after the answer."""

    leaves: Id
    department: Id
    deals: Literal["stay", "along", "over"] = "stay"
    taker: Id | None = None


class LinkAsked(Body):
    pass


@reads(ONE, EmployeeRecord)
def show(user_id: int) -> EmployeeRecord:
    """One person, somebody who has left too."""
    require_admin()
    return records.employee(found.one(user_id))


@writes("POST", "/users", EmployeeRecord, HTTPStatus.CREATED)
def create(json: NewPerson) -> Answer[EmployeeRecord]:
    """Somebody new, who comes in by a link (`POST /users/{id}/links`)."""
    by = require_admin().actor
    changes = cast(PersonEdit, json.model_dump(exclude={"departments"}))
    changes["places"] = _places(json.departments, {})
    user_id = people.invite(changes, by)
    return lambda: _answer(user_id)


@writes("PATCH", ONE, EmployeeRecord)
def update(user_id: int, json: PersonChanges) -> Answer[EmployeeRecord]:
    """Change somebody. Whoever is deactivated is signed out everywhere; another `email` ends a link that was given."""
    by, given = require_admin().actor, json.given
    accounts.locked(user_id)
    changes = cast(PersonEdit, {key: given[key] for key in EDITED if key in given})
    if "departments" in given:
        changes["places"] = _places(json.departments, places.of(user_id))
    people.change_person(user_id, changes, by)
    if given.get("is_active") is True:
        accounts.activate(user_id, by)
    elif given.get("is_active") is False:
        _leave(user_id, json.deals_to)
    return lambda: _answer(user_id)


@writes("POST", f"{ONE}/links", LinkRecord, HTTPStatus.CREATED)
def give_link(user_id: int, json: LinkAsked) -> Answer[LinkRecord]:
    """A link by which this person sets a password: it works once, for seven days, and ends any older one. Where
    mail is set up, it goes there too."""
    by = require_admin().actor
    user = accounts.locked(user_id)
    secret = sign_ins.give_link(user_id, by)
    link_letters.send(user, secret)
    url = f"{current_app.config['SETTINGS'].url}/links/{secret}"

    def answer() -> LinkRecord:
        until = found.one(user_id).link_until
        assert until is not None
        return LinkRecord(user_id=user_id, url=url, expires_at=until)

    return answer


@writes("POST", f"{ONE}/moves", EmployeeRecord, HTTPStatus.CREATED)
def move(user_id: int, json: DepartmentMove) -> Answer[EmployeeRecord]:
    """To another department."""
    by = require_admin().actor
    hand_overs.begin_move(user_id, Move(json.leaves, json.department, json.deals, json.taker), by)
    return lambda: _answer(user_id)


def _leave(user_id: int, to: int | None) -> None:
    by = require_admin().actor
    try:
        while not leaving.leave(user_id, to, by):
            pass
    except Refused as error:
        if "to" in error.problems:
            raise invalid("deals_to", error.problems["to"]["code"]) from None
        raise


def _places(wanted: list[int | str], held: dict[int, str]) -> dict[int, str]:
    """Raises Refused for a department that is not there."""
    ids = {key: each for each, key in listings.department_keys().items()}
    found = [ids.get(each) if isinstance(each, str) else each for each in wanted]
    if None in found or not set(found) <= set(ids.values()):
        raise invalid("departments", "no_such_department")
    return {each: held.get(each, places.MEMBER) for each in found if each is not None}


def _answer(user_id: int) -> EmployeeRecord:
    session().flush()
    return records.employee(found.one(user_id))
