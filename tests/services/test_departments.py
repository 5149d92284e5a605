"""Who leads a department: those who are named, and whoever led it before still works there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from webapp.db import session, transaction
from webapp.models import Department
from webapp.services import departments, places
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
