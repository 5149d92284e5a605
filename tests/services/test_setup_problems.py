"""What is wrong with a wanted set-up, and what is only to be asked: whatever names a stage that goes in the same draft
can be read, and the sheet says what becomes of it."""

from __future__ import annotations

import json

import pytest

from rules.setup_documents import text_of
from rules.setup_parts import ARCHIVED, KINDS
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_plans import DATA, STANDS, TAKEN, edit, nothing_dangles, publish, work
from webapp.db import transaction
from webapp.services import setup_plans
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
STANDS_THERE = {"all": [{"entity": "deal", "field": "stage", "operator": "eq", "value": DATA}]}
CONDITIONS = [(kind.key, part.key) for kind in KINDS.values() for part in kind.parts if part.shape == "condition"]
SOME = {"robot": "unpaid_other", "trigger": "invoice_paid", "field": "deal/equipment_type"}


@pytest.mark.parametrize(("kind", "part"), CONDITIONS)
def test_a_new_condition_may_name_a_stage_that_goes_with_it_and_the_sheet_asks(
    clock: Clock, kind: str, part: str
) -> None:
    acts.deal("data_collection")
    edit(kind, SOME[kind], part, STANDS_THERE)
    edit("stage", DATA, ARCHIVED.key, True)
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
    assert plan.problems == ()
    uses = [each for each in plan.consequences if each.id not in (STANDS, TAKEN)]
    assert [(each.about, each.by) for each in uses] == [(SOME[kind], f"{part}={DATA}")]
    publish(**{STANDS: "move:sales/processing", uses[0].id: "drop"})
    work()
    nothing_dangles()
    left = documents.live().get(kind, SOME[kind])
    assert left is not None
    assert DATA not in json.dumps(dict(left.parts))


def test_what_goes_in_the_same_file_is_not_looked_at_and_what_stays_is(clock: Clock) -> None:
    nonsense = {"all": [{"entity": "deal", "field": "stage", "operator": "louder_than", "value": DATA}]}
    for is_archived in (True, False):
        raw = json.loads(text_of(documents.live()))
        robot = next(each for each in raw["robots"] if each["key"] == SOME["robot"])
        field = next(each for each in raw["fields"] if each["key"] == "equipment_type")
        for each, part in ((robot, "condition"), (field, "required_if")):
            each |= {part: nonsense, ARCHIVED.key: is_archived}
        with transaction():
            found = {each.path for each in setup_plans.of_setup(raw, company.acting("admin")).problems}
        wrong = {
            "robots.unpaid_other.condition.all.0.operator",
            "fields.deal/equipment_type.required_if.all.0.operator",
        }
        assert found == (set() if is_archived else wrong)
