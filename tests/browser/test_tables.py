"""On a phone a table shows each column that it is opened for: what does not fit is scrolled to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import company
from tests.browser import outside
from tests.stack import Stack
from tests.views.scenes import scene
from webapp.db import transaction
from webapp.models import Deal
from webapp.services import deals

PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/settings/health", ["Kind of work", "Waits", "Late", "Put off by the other side", "Failed within a day"]),
        ("/deals", ["Deal", "Amount", "Stage", "Closed"]),
        ("/settings/calendars", ["Whose", "Monday", "Time zone", "Public holidays in"]),
        ("/contacts", ["Contact", "Phone"]),
        ("/settings/people", ["Full name", "Department", "Last seen"]),
    ],
)
def test_a_phone_shows_the_columns_that_count(
    stack: Stack, person: Callable[..., Any], path: str, wanted: list[str]
) -> None:
    made = scene(stack.app)
    with stack.app.app_context(), transaction() as current:
        deal = current.get_one(Deal, made.deal, with_for_update=True)
        deals.move(deal, company.stage("lost"), by=company.acting("rep1"), raw={"deal": {"lost_reason": "Too dear"}})
    page = person("admin", viewport=PHONE).open(path)
    heads = page.locator("main .table th:visible")
    assert [each.strip() for each in heads.all_inner_texts()] == wanted
    heads.last.scroll_into_view_if_needed()
    expect(heads.last).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], "only the table scrolls"


def test_health_is_not_called_well_while_a_channel_is_ill(stack: Stack, person: Callable[..., Any]) -> None:
    outside.is_spoken_to(stack)
    page = person("admin").open("/settings/health")
    expect(page.locator("[data-health]")).to_have_text("A channel takes nothing")
