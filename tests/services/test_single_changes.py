"""What is put away at once, as by the API: it is live no more, and still there for what names it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rules.setup_parts import KINDS
from tests import company
from tests.conftest import Clock
from webapp.db import session, transaction
from webapp.models import SetupVersion
from webapp.services import pipelines, setup_plans, single_changes
from webapp.services.single_changes import HasConsequences
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
SOME = {
    "stage": "sales/payment",
    "field": "contact/mine",
    "robot": "unpaid_other",
    "trigger": "invoice_paid",
    "pipeline": "service",
}


@pytest.fixture(autouse=True)
def _more(inside: None, clock: Clock) -> None:
    with transaction():
        by = company.acting("admin")
        pipelines.add_pipeline({"en": "Service"}, None, by)
        single_changes.add("field", {"kind": "text", "label": {"en": "Mine"}}, by, home="contact", key="mine")


def is_asked_first(kind: str) -> bool:
    """It is put away, by the plan that is offered where somebody is to be asked."""
    by = company.acting("admin")
    try:
        with transaction():
            assert single_changes.archive(kind, SOME[kind], by) is not None
    except HasConsequences as error:
        with transaction():
            setup_plans.apply(single_changes.again(error, by).row.id, {}, by)
        return True
    return False


@pytest.mark.parametrize(("kind", "asks"), [(each, each in ("pipeline", "stage")) for each in KINDS])
def test_a_thing_of_each_kind_is_put_away_at_once_or_by_the_plan_that_asks(
    clock: Clock, kind: str, *, asks: bool
) -> None:
    """A form may lead to a pipeline, and a trigger to a stage."""
    assert is_asked_first(kind) is asks
    assert SOME[kind] not in {each.key for each in documents.live().of(kind)}
    row = documents.rows_of(kind)[SOME[kind]]
    assert row.archived_at == clock.at, "and it is kept, since the past names it"
    (change,) = [each for each in session().scalars(select(SetupVersion)).all()[-1].changes if each["kind"] == kind]
    assert (change["code"], change["key"]) == ("archived", SOME[kind])
