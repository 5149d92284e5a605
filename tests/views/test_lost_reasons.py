"""Why deals are lost: an admin says it on the pipeline, whoever loses a deal is offered it, and what was said stays."""

from __future__ import annotations

import re
from html import unescape

from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import HTMX, browser
from webapp.db import session
from webapp.models import Deal
from webapp.snapshots import drafts, setup_documents

HERE = "/automation/sales/settings"


def offered(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<option value="([^"]*)">', page.partition("<datalist")[2])]


def test_reasons_are_added_worded_ordered_archived_and_offered(app: Flask, clock: Clock) -> None:
    with app.app_context():
        deal_id = acts.deal()
    admin, rep = browser(app, "admin"), browser(app, "rep1")
    form = f"/deals/{deal_id}/moves"
    assert "<datalist" not in rep.post(form, data={"stage": "lost"}, headers=HTMX).text
    for words in ("Too dear", "No budget", "Went <elsewhere>"):
        assert admin.post(f"{HERE}/lost_reasons", data={"option.+.en": words}, headers=HTMX).status_code == 200
    admin.post(f"{HERE}/lost_reasons", data={"option.too_dear.en": "Too expensive", "act": "up:no_budget"})
    page = admin.get(HERE).text
    assert re.findall(r'data-option="([^"]+)"', page) == ["no_budget", "too_dear", "went_elsewhere"]
    assert admin.post(f"{HERE}/lost_reasons", data={"option.+.en": "x" * 600}, headers=HTMX).status_code == 422
    assert offered(rep.post(form, data={"stage": "lost"}, headers=HTMX).text) == [], "not before it is published"
    assert admin.post("/setup/publications").location == "/automation"
    asked = rep.post(form, data={"stage": "lost"}, headers=HTMX)
    assert (asked.status_code, offered(asked.text)) == (422, ["No budget", "Too expensive", "Went <elsewhere>"])
    assert rep.post(form, data={"stage": "lost", "deal.lost_reason": "Too expensive"}).status_code == 303
    admin.post(f"{HERE}/lost_reasons", data={"act": "archive:too_dear"})
    admin.post("/setup/publications")
    with app.app_context():
        assert session().get_one(Deal, deal_id).lost_reason == "Too expensive"
        pipeline = setup_documents.live().get("pipeline", "sales")
        assert pipeline is not None
        kept = pipeline.parts["lost_reasons"]
        assert [each.get("is_archived", False) for each in kept] == [False, True, False]  # type: ignore[attr-defined]
        other = acts.deal()
        assert drafts.current().is_empty
        assert company.stage("lost").kind == "lost"
    assert offered(rep.post(f"/deals/{other}/moves", data={"stage": "lost"}, headers=HTMX).text) == [
        "No budget", "Went <elsewhere>",
    ]  # fmt: skip
    assert browser(app, "head").get(HERE).status_code == 404
