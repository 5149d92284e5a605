"""A sheet that went stale while somebody chose on it: loaded anew it has what still applies of that."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from rules.setup_parts import ARCHIVED
from tests import company
from tests.browser.conftest import Person
from tests.services import acts
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.services import drafts


def archived(stack: Stack) -> None:
    """In the draft: stages with deals on them."""
    with stack.app.app_context():
        for each in ("data_collection", "payment"):
            acts.deal(each, fields={"equipment_type": "large"})
            with transaction():
                drafts.edit("stage", f"sales/{each}", ARCHIVED.key, True, company.acting("admin"))
        session().close()


def test_what_was_chosen_on_a_sheet_that_went_stale_stands_on_the_one_in_its_place(
    stack: Stack, person: Callable[..., Person]
) -> None:
    archived(stack)
    page = person("admin").open("/automation/sales")
    page.locator("[data-publish]").click()
    first = page.locator('[data-consequence="deals_on_stage:sales/data_collection"]')
    other = page.locator('[data-consequence="deals_on_stage:sales/payment"]')
    first.locator('label:has([value="move:sales/processing"])').click()
    other.locator('label:has([value="move:sales/new"])').click()
    was = page.url
    new = next(each["id"] for each in stack.call("admin", "GET", "/stages")["items"] if each["key"] == "new")
    stack.call("admin", "PATCH", f"/stages/{new}", {"name": {"en": "Incoming"}})
    page.reload()
    assert page.url != was
    expect(page.locator("[data-impact] .wrong").first).to_be_visible()
    expect(first.locator('[value="move:sales/processing"]')).to_be_checked()
    expect(other.locator('[value="move:sales/new"]')).to_be_checked()
    page.reload()
    expect(first.locator('[value="move:sales/processing"]')).to_be_checked()
    with stack.app.app_context():
        with transaction():
            drafts.edit("stage", "sales/payment", ARCHIVED.key, False, company.acting("admin"))
            drafts.edit("stage", "sales/new", ARCHIVED.key, True, company.acting("admin"))
        session().close()
    page.goto(was)  # which is staler still
    expect(first.locator('[value="move:sales/processing"]')).to_be_checked()
    expect(other).to_have_count(0)
    expect(page.locator('[data-consequence="deals_on_stage:sales/new"] :checked')).to_have_count(0)
