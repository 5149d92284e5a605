"""People and departments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from rules import org
from webapp.access.viewer import Viewer
from webapp.api.types import Record
from webapp.models import ApiToken
from webapp.queries.staff import Employee
from webapp.snapshots import recipients
from webapp.snapshots.setups import PersonFacts, current


class UserRecord(Record):
    id: int
    name: str
    email: str
    locale: str
    time_zone: str
    is_admin: bool
    is_active: bool
    is_away: bool
    department_id: int | None
    department_ids: list[int]


class MeRecord(UserRecord):
    """Oneself; `leads` are the departments whose deals one may change."""

    leads: list[int]


class EmployeeRecord(UserRecord):
    """A person as an admin sees them. `link_until`: a link to set a password by was given, and not used yet."""

    phone: str
    has_password: bool
    seen_at: datetime | None
    link_until: datetime | None


class LinkRecord(Record):
    """A link by which a person sets a password, once. `url` is answered once, and null when the answer is asked for
    again by its Idempotency-Key."""

    user_id: int
    url: str | None
    expires_at: datetime

    def kept(self) -> Self:
        return self.model_copy(update={"url": None})


class DepartmentRecord(Record):
    id: int
    key: str
    name: dict[str, str]
    parent_id: int | None
    head_ids: list[int]
    deputy_ids: list[int]
    member_ids: list[int]


def record(person: PersonFacts, away: frozenset[int]) -> UserRecord:
    return UserRecord.of(person, is_away=person.id in away, department_ids=sorted(person.department_ids))


def employee(each: Employee) -> EmployeeRecord:
    return EmployeeRecord.of(each, **record(each.card, recipients.away()).model_dump())


def me(who: Viewer) -> MeRecord:
    return MeRecord(**record(who.person, recipients.away()).model_dump(), leads=sorted(who.scope.leads))


def department(each: org.Department, key: str) -> DepartmentRecord:
    setup = current()
    return DepartmentRecord.of(
        each,
        key=key,
        name=dict(setup.department_names[each.id]),
        head_ids=each.heads,
        deputy_ids=each.deputies,
        member_ids=[person.id for person in setup.people.values() if each.id in person.department_ids],
    )


class LookRecord(Record):
    """One look of the resolver: `verdict` chosen, vacant, inactive, absent, never_in, is_the_one."""

    department_id: int | None
    post: str
    person_id: int | None
    verdict: str


class ToldRecord(Record):
    """Whom the resolver names, and by which path."""

    about: int
    on: date
    people: list[int]
    path: list[LookRecord]


class TokenRecord(Record):
    """A key to the API. Its secret was shown once, when it was made on the profile page or by command."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


def token(row: ApiToken) -> TokenRecord:
    return TokenRecord.of(row)
