"""People and departments change at once while a draft of the set-up names them: nothing of either is lost, nothing
dangles. Two admins are at work: one in the draft, the other in the chart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Department, Pipeline, Robot
from webapp.services import accounts, departments, setup_plans
from webapp.services import drafts as service
from webapp.snapshots import drafts, setup_documents

pytestmark = [pytest.mark.usefixtures("inside")]
NORTH, SALES = "sales/sales_north", "sales"


def department(key: str) -> int:
    return session().scalars(select(Department.id).where(Department.key == key)).one()


def other(act: Callable[..., Any], *what: Any) -> None:
    """The second admin's."""
    with transaction():
        act(*what, company.acting("head"))


def publish() -> None:
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
        assert plan.problems == ()
        row_id, chosen = plan.row.id, {each.id: each.chosen or each.remedies[0].key for each in plan.consequences}
    with transaction():
        setup_plans.apply(row_id, chosen, company.acting("admin"))


CHANGES: dict[str, Callable[[], None]] = {
    "renamed": lambda: other(departments.rename, department("sales_north"), {"en": "Arctic", "ru": "Арктика"}),
    "moved": lambda: other(departments.move, department("sales_north"), department("sales_south")),
    "the one above renamed": lambda: other(departments.rename, department("sales"), {"en": "Trade"}),
    "to the top": lambda: other(departments.move, department("sales_north"), None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_department_that_a_draft_names_may_be_renamed_and_moved(clock: Clock, change: Callable[[], None]) -> None:
    with transaction():
        parts = {"name": {"en": "Service"}, "department": NORTH}
        service.add("pipeline", parts, company.acting("admin"))
        service.add("stage", {"name": {"en": "New"}, "kind": "open"}, company.acting("admin"), home="service")
        service.edit("pipeline", "sales", "department", NORTH, company.acting("admin"))
    change()
    assert drafts.current().unfit == ()
    publish()
    names = {each.key: each.department_id for each in session().scalars(select(Pipeline))}
    assert names == dict.fromkeys(("sales", "service"), department("sales_north"))


def test_a_change_of_the_chart_is_no_change_of_what_a_draft_builds_on(clock: Clock) -> None:
    """Nobody touched the pipeline: that its department stands elsewhere takes nobody's place."""
    with transaction():
        service.edit("pipeline", "sales", "department", NORTH, company.acting("admin"))
    publish()
    with transaction():
        service.edit("pipeline", "sales", "department", "sales/sales_south", company.acting("admin"))
    CHANGES["to the top"]()
    assert [(each.code, each.part) for each in drafts.current().changes] == [("changed", "department")]
    assert drafts.current().unfit == ()


def test_a_department_in_the_archive_takes_no_inquiries_of_a_draft(clock: Clock) -> None:
    other(lambda by: departments.add({"en": "Fair"}, None, by))
    with transaction():
        service.edit("pipeline", "sales", "department", "fair", company.acting("admin"))
    other(departments.archive, department("fair"))
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
        assert [each.code for each in plan.problems] == ["no_such_department"]
        row_id = plan.row.id
    with pytest.raises(Refused), transaction():
        setup_plans.apply(row_id, {}, company.acting("admin"))


def test_a_person_whom_a_draft_names_may_get_another_address(clock: Clock) -> None:
    robot = session().scalars(select(Robot.key).where(Robot.kind == "control").order_by(Robot.id)).first() or ""
    live = setup_documents.live().get("robot", robot)
    assert live is not None
    settings = {**cast(dict[str, object], live.parts["settings"]), "to": {"user": "rep2@dozor.example"}}
    with transaction():
        service.edit("robot", robot, "settings", settings, company.acting("admin"))
    rep2 = company.person("rep2")
    other(lambda by: accounts.set_email(rep2, "maria@dozor.example", by))
    assert drafts.current().unfit == ()
    publish()
    kept = session().scalars(select(Robot.settings).where(Robot.key == robot)).one()
    assert kept["to"] == {"user": rep2}


def test_a_version_is_brought_back_after_the_chart_has_changed(clock: Clock) -> None:
    with transaction():
        service.edit("pipeline", "sales", "department", NORTH, company.acting("admin"))
    publish()
    with transaction():
        service.edit("pipeline", "sales", "department", SALES, company.acting("admin"))
    publish()
    CHANGES["moved"]()
    with transaction():
        plan = setup_plans.of_version(setup_plans.version(2).id, company.acting("admin"))
        assert (plan.problems, [each.part for each in plan.changes]) == ((), ["department"])
