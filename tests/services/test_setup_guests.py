"""What stands beside the set-up, how much of it, and how it lets go. The sheet says how often the form of a pipeline
that goes was used of late; a season does without a robot or a pipeline that went, and ends with the last."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_seasons import season
from tests.services.test_setup_plans import edit, publish
from webapp.db import session, transaction
from webapp.models import JournalEntry, Season
from webapp.services import inquiries, pipelines, setup_plans
from webapp.snapshots import setups

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


def seasons_left() -> dict[int, list[int]]:
    """What each is about."""
    session().expire_all()
    return {each.id: each.scope["ids"] for each in session().scalars(select(Season).order_by(Season.id))}


def test_a_season_does_without_what_went_and_ends_with_the_last_of_it(clock: Clock) -> None:
    with transaction():
        pipelines.add_pipeline({"en": "Service"}, None, company.acting("admin"))
    service = next(each.id for each in setups.current().pipelines.values() if each.key == "service")
    control, vip = (company.robot(key).id for key in ("reaction_control", "vip_notification"))
    of_both = season({"factor": 200}, "robots", control, vip)
    of_service = season({"factor": 200}, "pipeline", service)
    assert seasons_left() == {of_both: [control, vip], of_service: [service]}
    begun = session().scalars(select(JournalEntry.id).order_by(JournalEntry.id.desc())).first()
    for kind, key, left in (
        ("robot", "reaction_control", {of_both: [vip], of_service: [service]}),
        ("robot", "vip_notification", {of_service: [service]}),
        ("pipeline", "service", {}),
    ):
        edit(kind, key, ARCHIVED.key, True)
        publish()
        assert seasons_left() == left
    lines = select(JournalEntry).where(JournalEntry.entity == "season", JournalEntry.id > begun)
    scopes = {"both": {"kind": "robots", "ids": [control, vip]}, "one": {"kind": "robots", "ids": [vip]}}
    assert [
        (each.event, each.entity_id, each.old["scope"], each.new and each.new["scope"])
        for each in session().scalars(lines.order_by(JournalEntry.id))
    ] == [
        ("season.edited", of_both, scopes["both"], scopes["one"]),
        ("season.removed", of_both, scopes["one"], None),
        ("season.removed", of_service, {"kind": "pipeline", "ids": [service]}, None),
    ]
