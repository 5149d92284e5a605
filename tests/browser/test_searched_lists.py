"""Lists that are searched while one types: what is opened from one leads back to what was seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import company
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.services import contacts, tasks

NAMES = ("Marta Berg", "Vera Orlova", "Anna Marlow", "Olga Lind")


@pytest.fixture
def listed(stack: Stack) -> int:
    """Contacts and tasks of these names, and one contact more, which one of them could be."""
    with stack.app.app_context(), transaction():
        by, rep = company.acting("rep1"), company.person("rep1")
        for name in NAMES:
            contacts.create({"name": name}, by)
            tasks.create_by_hand(f"Call {name}", "", rep, by)
        made = contacts.create({"name": "Nobody's like"}, by)
    with stack.app.app_context():
        session().close()
    return made.id


def shown(page: Page, within: str) -> list[str]:
    """Whose rows are there, in their order."""
    text = page.locator(within).inner_text()
    return sorted((each for each in NAMES if each in text), key=text.index)


@pytest.mark.parametrize(
    ("address", "within", "whole", "narrowed"),
    [
        ("/contacts?sort=new", "#contacts", NAMES[::-1], ["Anna Marlow", "Marta Berg"]),
        ("/tasks?list=all&sort=new", "#tasks", NAMES[::-1], ["Anna Marlow", "Marta Berg"]),
        ("/contacts/{}/merges/new", "#same", (), ["Anna Marlow", "Marta Berg"]),
    ],
)
def test_back_shows_what_the_field_says(
    listed: int, person: Callable[..., Any], address: str, within: str, whole: tuple[str, ...], narrowed: list[str]
) -> None:
    page = person("rep1").open(address.format(listed))
    assert shown(page, within) == list(whole)
    field = page.get_by_role("searchbox").and_(page.locator("main [name=q]"))
    field.press_sequentially("mar")
    expect(page.locator(within)).not_to_contain_text("Olga Lind")
    expect(page.locator(within)).to_contain_text(narrowed[0])
    assert shown(page, within) == narrowed, "in the order that it had"
    page.locator(f"{within} a", has_text=narrowed[0]).first.click()
    page.wait_for_url(lambda url: "q=mar" not in url)
    page.go_back()
    expect(field).to_have_value("mar")
    assert shown(page, within) == narrowed
    field.fill("")
    expect(page.locator(within)).not_to_contain_text("Marta Berg" if not whole else "nothing of this")
    page.wait_for_url(lambda url: "q=" not in url)
    assert shown(page, within) == list(whole)


def test_a_tab_keeps_what_is_sought(listed: int, person: Callable[..., Any]) -> None:
    page = person("rep1").open("/tasks?list=all")
    page.locator("main [name=q]").press_sequentially("mar")
    expect(page.locator("#tasks")).not_to_contain_text("Olga Lind")
    page.locator("main [name=sort]").select_option("new")
    page.wait_for_url(lambda url: "sort=new" in url)
    page.locator(".tabs a", has_text="Mine").click()
    page.wait_for_url(lambda url: "list=mine" in url)
    expect(page.locator("main [name=q]")).to_have_value("mar")
    assert shown(page, "#tasks") == ["Anna Marlow", "Marta Berg"]
    page.locator("main [name=q]").fill("")
    expect(page.locator("#tasks")).to_contain_text("Olga Lind")
    page.wait_for_url(lambda url: "q=" not in url)
    page.locator(".tabs a", has_text="All").click()
    page.wait_for_url(lambda url: "list=all" in url)
    assert shown(page, "#tasks") == list(NAMES[::-1]), "and the order that was chosen"


def test_the_journal_of_automation_says_in_its_address_what_it_shows(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("admin").open("/runs")
    page.locator("main [name=state]").select_option("fired")
    page.wait_for_url(lambda url: "state=fired" in url)
    page.locator("main [name=day]").fill("2026-11-24")
    page.locator("main [name=day]").dispatch_event("change")
    page.wait_for_url(lambda url: "day=2026-11-24" in url)
    page.reload()
    expect(page.locator("main [name=state]")).to_have_value("fired")


def test_a_contacts_own_way_back_leads_to_the_search(listed: int, person: Callable[..., Any]) -> None:
    page = person("rep1").open("/contacts?sort=new")
    page.locator("main [name=q]").press_sequentially("mar")
    expect(page.locator("#contacts")).not_to_contain_text("Olga Lind")
    page.locator("#contacts a", has_text="Anna Marlow").click()
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("main [name=q]")).to_have_value("mar")
    assert shown(page, "#contacts") == ["Anna Marlow", "Marta Berg"]
