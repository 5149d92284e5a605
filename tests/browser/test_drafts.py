"""What is being written is kept in the tab, under the person and the record, until it is saved or the person leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.channels import worlds
from tests.conftest import session_of
from tests.stack import Stack
from tests.views.scenes import scene

KEPT = "() => Object.keys(sessionStorage).filter((key) => key.includes('draft:'))"


def test_a_draft_outlives_the_page_and_goes_when_it_is_saved(stack: Stack, person: Callable[..., Any]) -> None:
    rep = person("rep1")
    page = rep.open("/deals/new")
    page.fill("#new-title", "A press for <Plant>")
    page.fill("#new-phone", "call me")
    page.reload()
    expect(page.locator("#new-title")).to_have_value("A press for <Plant>")
    expect(page.locator("#new-phone")).to_have_value("call me")
    page.click("main .btn.primary")
    expect(page.locator("main .wrong").first).to_be_visible()
    expect(page.locator("#new-phone")).to_have_value("call me")
    assert page.evaluate(KEPT)  # refused: not saved yet
    page.fill("#new-phone", "")
    page.click("main .btn.primary")
    page.locator("#deal-sheet").wait_for()
    assert page.evaluate(KEPT) == []
    page.goto(rep.url + "/deals/new")
    expect(page.locator("#new-title")).to_have_value("")


def test_a_draft_of_a_reply_is_of_its_deal_and_goes_at_sign_out(stack: Stack, person: Callable[..., Any]) -> None:
    one, other = scene(stack.app), scene(stack.app, title="Another of North")
    rep = person("rep1")
    page = rep.open(f"/deals/{one.deal}")
    page.fill(f"#reply-{one.conversation}", "Good day")
    page.goto(f"{rep.url}/deals/{other.deal}")
    expect(page.locator(f"#reply-{other.conversation}")).to_have_value("")
    page.goto(f"{rep.url}/deals/{one.deal}")
    expect(page.locator(f"#reply-{one.conversation}")).to_have_value("Good day")
    page.click(".bar .menu:last-of-type summary")
    page.click('form[action="/sign-out"] button')
    page.locator("#password").wait_for()
    assert page.evaluate(KEPT) == []


def test_nobody_else_is_shown_it_in_the_same_tab(stack: Stack, person: Callable[..., Any]) -> None:
    rep = person("rep1")
    page = rep.open("/deals/new")
    page.fill("#new-title", "Secret")
    assert page.evaluate(KEPT)
    secret = stack.app.session_interface.get_signing_serializer(stack.app).dumps(  # type: ignore[attr-defined]
        {"_user_id": session_of(stack.app, "rep2"), "_fresh": True}
    )
    rep.context.add_cookies([{"name": "dozor", "value": secret, "url": rep.url}])
    page.goto(rep.url + "/deals/new")
    expect(page.locator("#new-title")).to_have_value("")
    assert page.evaluate(KEPT) == []


def test_a_page_with_something_typed_stays_when_its_session_ends(stack: Stack, person: Callable[..., Any]) -> None:
    """It says so, and after a sign-in beside it goes on with the new session; a choice is not lost either."""
    rep = person("rep1")
    page, other = rep.open("/deals/new"), rep.context.new_page()
    page.fill("#new-title", "A press for Plant")
    page.select_option('main select[name="stage"]', "data_collection")
    other.goto(rep.url)
    other.evaluate("document.querySelector('form[action$=\"sign-out\"]').requestSubmit()")
    other.locator("#password").wait_for()
    said = page.locator('[data-toast="signed-out"]')
    expect(said).to_contain_text("You have been signed out")
    expect(page.locator("#new-title")).to_have_value("A press for Plant")
    other.fill("#email", rep.name)
    other.fill("#password", "lesson")
    other.click("form[action='/sign-in'] .btn")
    other.locator("[data-board]").wait_for()
    expect(said).to_have_count(0, timeout=10_000)
    expect(page.locator('[data-live="on"]')).to_be_visible()
    page.click("main .btn.primary")
    page.locator("#deal-sheet").wait_for()
    expect(page.locator('[aria-current="step"]')).to_have_text("Data collection")


def test_passwords_are_never_kept(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("rep1").open("/profile")
    page.fill("#p-name", "Ivan")
    page.fill("#p-password", "a new password")
    assert page.evaluate(KEPT) == []


def test_a_code_being_typed_stays_while_the_page_looks_whether_it_has_come(
    stack: Stack, person: Callable[..., Any]
) -> None:
    worlds.reaches(stack.app, email="smtp://127.0.0.1:9")  # nobody is there: it stays on its way
    rep = person("rep1")
    page = rep.open("/profile/addresses")
    page.select_option("#a-kind", "email")
    page.fill("#a-address", "ivan@home.example")
    page.click("form:has(#a-kind) .btn.primary")
    code = page.locator('[data-address] input[name="code"]')
    with page.expect_response("**/profile/addresses"):
        code.press_sequentially("123")
    expect(code).to_have_value("123")
    with page.expect_response("**/profile/addresses"):  # and again: the line that looks is still there
        code.press_sequentially("45")
    expect(code).to_have_value("12345")
    expect(page.locator('[data-address] [role="status"]')).to_be_visible()
