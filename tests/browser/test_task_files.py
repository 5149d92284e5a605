"""Files go as soon as they are chosen, while the report beside them is being typed; a refusal is said in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from rules.uploads import MAX_BYTES
from tests import company, files
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.services import tasks


def made(stack: Stack, deal: int | None = None) -> int:
    with stack.app.app_context(), transaction():
        boss, rep = company.acting("north"), company.person("rep1")
        held = session().get_one(Deal, deal) if deal else None
        return tasks.create_by_hand("Call them", "", rep, boss, deal=held, accept=True).id


def file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_files_beside_a_report_that_is_being_typed(stack: Stack, person: Callable[..., Any]) -> None:
    task_id = made(stack)
    page: Page = person("rep1").open(f"/tasks/{task_id}")
    head: Page = person("north").open(f"/tasks/{task_id}")
    report, choosing = page.locator("[data-result-text]"), page.locator(".files input[type=file]")
    report.fill("We agreed on 5 %")
    choosing.set_input_files([file("offer.pdf", files.PDF), file("gate.png", files.png())])
    expect(page.locator(".attached li")).to_have_count(2)
    expect(head.locator(".attached")).to_contain_text("gate.png")  # live
    choosing.set_input_files(file("photo.png", b"<html><script>alert(1)</script>"))
    expect(page.locator(".files .wrong:visible")).to_contain_text("photo.png")
    choosing.set_input_files(file("long.txt", b"a" * (MAX_BYTES + 1)))
    expect(page.locator("[data-too-much]")).to_be_visible()
    page.locator(".attached li", has_text="offer.pdf").locator("button").click()
    expect(page.locator(".attached li")).to_have_count(1)
    expect(report).to_have_value("We agreed on 5 %")
    page.locator("[data-submit]").click()
    expect(page.locator("[data-result]")).to_have_text("We agreed on 5 %")
    with head.expect_download() as came:
        head.locator(".task .attached a").click()
    assert came.value.suggested_filename == "gate.png"
    page.locator(".task textarea[name=text]").fill("Look at the gate")
    page.get_by_role("button", name="Comment").click()
    expect(head.locator(".task .notes")).to_contain_text("Look at the gate")
    on_its_deals_page(stack, person)


def on_its_deals_page(stack: Stack, person: Callable[..., Any]) -> None:
    """A task is unfolded; while a word is typed there the deal changes around it."""
    deal = stack.call("rep1", "POST", "/deals", {"title": "A press", "stage": "new"})["id"]
    task = made(stack, deal)
    page: Page = person("rep1").open(f"/deals/{deal}")
    part = page.locator(f"#task-{task}")
    part.locator("[data-whole]").click()
    part.locator("textarea[name=text]").fill("They ask about the gate")
    page.locator("h1, h2").first.click()  # the word is typed, and the focus is elsewhere
    stack.call("north", "PATCH", f"/deals/{deal}", {"title": "A press for two"})
    expect(page.locator("#deal-sheet")).to_contain_text("A press for two")
    expect(part.locator("textarea[name=text]")).to_have_value("They ask about the gate")
    part.get_by_role("button", name="Comment").click()
    expect(part.locator(".notes")).to_contain_text("They ask about the gate")
    stack.call("north", "POST", f"/tasks/{task}/comments", {"text": "Two metres eighty"})
    expect(part.locator(".notes")).to_contain_text("Two metres eighty")  # live
