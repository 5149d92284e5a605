"""A pipeline or a stage that is taken away in the set-up goes from the pages that stand open, and they say so."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests import company
from tests.browser.conftest import Person
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.services import drafts, setup_plans


def pipeline(stack: Stack) -> None:
    stack.call("admin", "POST", "/pipelines", {"name": {"en": "Service"}})


def taken(stack: Stack, kind: str, key: str) -> None:
    """In the draft."""
    with stack.app.app_context():
        with transaction():
            drafts.archive(kind, key, company.acting("admin"))
        session().close()


def published(stack: Stack) -> None:
    """The draft, by the remedies that are proposed."""
    with stack.app.app_context():
        with transaction():
            plan = setup_plans.of_draft(company.acting("admin"))
            setup_plans.apply(plan.row.id, {}, company.acting("admin"))
        session().close()


def test_a_board_whose_pipeline_is_taken_away_says_so(stack: Stack, person: Callable[..., Person]) -> None:
    pipeline(stack)
    page = person("rep1").open("/pipelines/service")
    expect(page.locator(".board .col").first).to_be_visible()
    taken(stack, "pipeline", "service")
    published(stack)
    expect(page.locator("[data-away]")).to_contain_text("“Service”")
    expect(page.locator(".board .col")).to_have_count(0)
    page.locator("[data-away] a").click()
    expect(page.locator('[data-stage="data_collection"]')).to_be_visible()


def test_a_board_of_which_a_stage_is_taken_away_has_it_no_more(stack: Stack, person: Callable[..., Person]) -> None:
    pipeline(stack)
    page = person("rep1").open("/pipelines/service")
    stage = stack.call("admin", "POST", "/stages", {"pipeline": "service", "name": {"en": "Call"}})
    column = page.locator(f'[data-stage="{stage["key"]}"]')
    expect(column).to_have_count(1)
    taken(stack, "stage", f"service/{stage['key']}")
    published(stack)
    expect(column).to_have_count(0)


def test_the_columns_of_a_pipeline_that_went_from_the_draft_go(stack: Stack, person: Callable[..., Person]) -> None:
    pipeline(stack)
    admin = person("admin")
    with_editor, without = admin.open("/automation/service/settings"), person("admin").open("/automation/service")
    for page in (with_editor, without):
        expect(page.locator("#setup .col").first).to_be_visible()
    taken(stack, "pipeline", "service")
    for page in (with_editor, without):
        expect(page.locator("#setup [data-away]")).to_contain_text("“Service”")
        expect(page.locator("#setup .col")).to_have_count(0)
        page.locator("#setup [data-away] a").click()
        expect(page.locator('[data-pipeline="sales"] .col').first).to_be_visible()
