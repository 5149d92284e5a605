"""What one has given away: the page says what became of it, and every other page of one's own lets it go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import update

from tests import company
from tests.services import acts
from tests.stack import Stack
from webapp.db import transaction
from webapp.models import Firm
from webapp.services import tasks
from webapp.snapshots import setups


def test_a_task_given_on_leaves_the_list_in_another_tab(stack: Stack, person: Callable[..., Any]) -> None:
    task_id = work_of_rep2(stack)
    maria = person("rep2")
    here: Page = maria.open(f"/tasks/{task_id}")
    other = maria.context.new_page()
    other.goto(f"{maria.url}/tasks?list=mine")
    other.locator('[data-live="on"]').wait_for()
    expect(other.locator(f"#task-row-{task_id}")).to_be_visible()
    here.locator("[data-delegate] summary").click()
    here.locator("[data-delegate] select").select_option(label="Ivan Petrov")
    here.locator("[data-delegate] button").click()
    expect(here.locator("#toasts")).to_contain_text("Who does it: Ivan Petrov")
    expect(here).to_have_url(f"{maria.url}/tasks")
    expect(other.locator(f"#task-row-{task_id}")).to_have_count(0)
    expect(other.locator("#toasts > *")).to_have_count(0)


def test_a_page_of_a_task_that_somebody_gave_on_says_so_and_keeps_what_was_typed(
    stack: Stack, person: Callable[..., Any]
) -> None:
    task_id = work_of_rep2(stack)
    page: Page = person("rep2").open(f"/tasks/{task_id}")
    expect(page.locator("[data-gone]")).to_be_hidden()
    page.locator("[name=text]").fill("I have called them")
    with stack.app.app_context():
        to = company.person("rep1")
    stack.call("north", "POST", f"/tasks/{task_id}/handovers", {"to": to})
    expect(page.locator("[data-gone]")).to_have_text(
        "You may not see this task any more. What you have typed is still here."
    )
    expect(page.locator("[name=text]")).to_have_value("I have called them")


def test_a_stand_in_accepts_in_the_list_and_the_row_goes(stack: Stack, person: Callable[..., Any]) -> None:
    task_id, today = work_of_rep2(stack), datetime.now(UTC).date()
    with stack.app.app_context():
        acts.submit(task_id, by="rep2")
        acts.away("north", today - timedelta(days=1), today + timedelta(days=1))
    page: Page = person("head").open("/tasks?list=acceptance")
    row = page.locator(f"#task-row-{task_id}")
    # In the list, and not in the prompt that lies over it.
    page.locator("#prompts").evaluate("each => { each.style.display = 'none' }")
    row.locator("[data-accept]").click()
    expect(row).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("Accepted: Call the bank")
    expect(page.locator("#toasts")).not_to_contain_text("nothing here")


def test_a_deal_handed_over_on_its_sheet_closes_it(stack: Stack, person: Callable[..., Any]) -> None:
    with stack.app.app_context():
        with transaction() as current:
            current.execute(update(Firm).values(rep_sees="own"))
            setups.changed()
        deal_id = acts.deal(rep="rep2", title="Lathe")
    page: Page = person("rep2").open()
    page.locator(f"#deal-{deal_id} a[data-sheet]").click()
    page.locator("#deal-sheet select[name=responsible]").select_option(label="Ivan Petrov")  # which sends it
    expect(page.locator("#toasts")).to_contain_text("Responsible: Ivan Petrov")
    expect(page.locator("#deal-sheet")).to_have_count(0)
    expect(page.locator(f"#deal-{deal_id}")).to_have_count(0)


def work_of_rep2(stack: Stack) -> int:
    """Without a deal, for north, who accepts it."""
    with stack.app.app_context(), transaction():
        rep = company.person("rep2")
        return tasks.create_by_hand("Call the bank", "", rep, company.acting("north"), accept=True).id
