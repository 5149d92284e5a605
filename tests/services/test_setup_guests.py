"""What stands beside the set-up, and how much of it: the sheet says how often the form of a pipeline that goes was used
of late."""

from __future__ import annotations

import pytest

from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_setup_plans import edit
from webapp.db import transaction
from webapp.services import inquiries, pipelines, setup_plans

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def by_form(pipeline: str, number: int) -> None:
    with transaction():
        client = {"name": f"Client {number}", "phone": f"+7900555{number:04}"}
        inquiries.receive("form", client, "Hello", acts.FORM, pipeline_key=pipeline)


def test_the_sheet_counts_what_came_by_the_form_of_a_pipeline_that_goes_within_thirty_days(clock: Clock) -> None:
    with transaction():
        pipelines.add_pipeline({"en": "Service"}, None, company.acting("admin"))
        pipelines.add_pipeline({"en": "Rent"}, None, company.acting("admin"))
    by_form("service", 1)
    clock.go_on(days=20)
    by_form("service", 2)
    by_form("service", 3)
    by_form("sales", 4)
    acts.inquiry(channel="call")
    clock.go_on(days=20)
    for key in ("service", "rent"):
        edit("pipeline", key, ARCHIVED.key, True)
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
    forms = {each.about: each.count for each in plan.consequences if each.kind == "form_of"}
    assert forms == {"service": 2, "rent": 0}
