"""A title of two hundred letters is read whole where it is written, on a phone too; and stays one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.services import acts
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.models import Deal

LONG = ("A press of forty tonnes for the second hall, with a feeder, a table and a guard. " * 3)[:199].strip() + "!"
CUT = "field => field.scrollHeight > field.clientHeight + 1 || field.scrollWidth > field.clientWidth"
Open = Callable[..., Person]


def made(stack: Stack, title: str = LONG) -> int:
    with stack.app.app_context():
        number = acts.deal(title=title)
        session().close()
    return number


def title_of(stack: Stack, number: int) -> str:
    with stack.app.app_context(), transaction():
        return session().get_one(Deal, number).title


@pytest.mark.parametrize("width", [390, 1440])
def test_it_is_read_whole_on_the_deal_and_in_the_forms_of_new_ones(stack: Stack, person: Open, width: int) -> None:
    number = made(stack)
    page = person("rep1", viewport={"width": width, "height": 844}).open(f"/deals/{number}")
    title = page.locator("#deal-title")
    expect(title).to_have_value(LONG)
    assert not title.evaluate(CUT)
    for path, name in (("/deals/new", "title"), ("/tasks", "title"), (f"/deals/{number}", "step")):
        page.goto(f"{stack.url}{path}")
        field = page.locator(f"[name={name}]").first
        field.evaluate("(field) => field.closest('details')?.setAttribute('open', '')")
        low = field.bounding_box()
        field.fill(LONG)
        assert not field.evaluate(CUT), path
        high = field.bounding_box()
        assert low is not None
        assert high is not None
        assert high["height"] > low["height"], "it grows only with what stands in it"


def pasted(page: Page, selector: str, words: str) -> None:
    page.locator(selector).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(words)


def test_it_stays_one_line_and_enter_saves_it(stack: Stack, person: Open) -> None:
    number = made(stack, "A press")
    page = person("rep1").open(f"/deals/{number}")
    pasted(page, "#deal-title", "A press\n  of forty\r\ntonnes")
    expect(page.locator("#deal-title")).to_have_value("A press of forty tonnes")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    expect(page.locator("#deal-title")).to_have_value("A press of forty tonnes")
    assert title_of(stack, number) == "A press of forty tonnes"


def test_enter_makes_a_new_deal(stack: Stack, person: Open) -> None:
    page = person("rep1").open("/deals/new")
    page.fill("#new-title", "A furnace")
    page.fill("#new-contact", "Zoya Klimova")
    page.focus("#new-title")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url("**/deals/*")
    expect(page.locator("#deal-title")).to_have_value("A furnace")


def test_without_script_a_break_is_a_blank(stack: Stack, person: Open) -> None:
    page = person("rep1", java_script_enabled=False).page
    page.goto(f"{stack.url}/deals/new")
    page.fill("#new-title", "A furnace\nfor steel")
    page.locator("form[action='/deals'] .btn.primary").click()
    with stack.app.app_context(), transaction():
        assert session().query(Deal).order_by(Deal.id.desc()).first().title == "A furnace for steel"  # type: ignore[union-attr]
