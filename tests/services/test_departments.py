"""Who leads a department: those who are named, and whoever led it before still works there. What keeps one from the
archive."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import Base, session, transaction
from webapp.errors import Refused
from webapp.models import Department, Membership, PhoneLine, Pipeline, Post
from webapp.services import departments, places, telephony
from webapp.snapshots import setups

pytestmark = pytest.mark.usefixtures("inside")


def department(key: str) -> int:
    return session().scalars(select(Department.id).where(Department.key == key)).one()


@pytest.mark.parametrize(
    ("key", "heads", "deputies", "now"),
    [
        ("sales_north", ["rep2"], None, {"north": "member", "rep2": "head", "rep1": "member"}),
        ("sales_north", ["rep2"], ["north"], {"north": "deputy", "rep2": "head", "rep1": "member"}),
        ("sales_south", [], [], {"south-deputy": "member", "rep3": "member"}),
    ],
)
def test_who_leads_no_more_works_there_still_and_nobody_else_is_moved(
    clock: Clock, key: str, heads: list[str], deputies: list[str] | None, now: dict[str, str]
) -> None:
    here, before = department(key), {name: places.of(company.person(name)) for name in company.PEOPLE}

    def ids(names: list[str] | None) -> list[int] | None:
        return None if names is None else [company.person(each) for each in names]

    with transaction():
        departments.set_leads(here, ids(heads), ids(deputies), company.acting("admin"))
    after = {name: places.of(company.person(name)) for name in company.PEOPLE}
    assert after == before | {name: {**before[name], here: place} for name, place in now.items()}
    assert all(here in setups.current().people[company.person(name)].department_ids for name in now)


def under(here: int) -> object:
    return Department(key="below", name={"en": "Below"}, parent_id=here)


HOLD: dict[str, Callable[[int], object]] = {
    "department.parent_id": under,
    "membership.department_id": lambda here: Membership(user_id=company.person("rep1"), department_id=here),
    "post.department_id": lambda here: Post(user_id=company.person("rep1"), department_id=here, kind="head"),
    "pipeline.department_id": lambda here: Pipeline(key="own", name={"en": "Own"}, position=9, department_id=here),
    "phone_line.department_id": lambda here: PhoneLine(number="+74951000007", department_id=here),
}
STAY = {  # the past, and what waits for the department to be brought back: nothing new comes there by these
    "deal.department_id": "its deals stay",
    "phone_call.department_id": "which department was called is history",
    "calendar.department_id": "nobody works by it meanwhile",
}


def test_whatever_points_at_a_department_holds_it_or_is_known_to_stay() -> None:
    pointing = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "department"
    }
    assert pointing == HOLD.keys() | STAY.keys()


@pytest.mark.parametrize("what", HOLD)
def test_what_still_leads_to_a_department_keeps_it_from_the_archive(clock: Clock, what: str) -> None:
    admin = company.acting("admin")
    with transaction() as current:
        here = departments.add({"en": "Service"}, None, admin)
        row = HOLD[what](here)
        current.add(row)
        setups.changed()
    with pytest.raises(Refused) as refused, transaction():
        departments.archive(here, admin)
    facts = refused.value.facts
    assert (refused.value.reason, len([*facts["holders"], *facts["numbers"]])) == ("department_in_use", 1)
    with transaction() as current:
        current.delete(row)
        current.flush()
        setups.changed()
    with transaction():
        departments.archive(here, admin)
    assert here not in setups.current().departments


@pytest.mark.both_databases
def test_a_department_is_not_archived_while_it_is_given_a_number(clock: Clock, inside: Flask) -> None:
    admin = company.acting("admin")
    with transaction():
        here = departments.add({"en": "Service"}, None, admin)
    session().close()

    def archive() -> None:
        with transaction():
            departments.archive(here, company.acting("admin"))

    def give() -> None:
        with transaction():
            telephony.add_line("+74951000007", str(here), company.acting("admin"))

    acts.at_the_same_moment(inside, archive, give)
    is_archived = session().get_one(Department, here, populate_existing=True).archived_at is not None
    has_number = bool(session().scalars(select(PhoneLine)).all())
    assert is_archived != has_number
