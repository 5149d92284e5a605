"""Numbers in the bar, on tabs and beside lists: they follow what happens, as the lists do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests import company
from tests.stack import Stack
from webapp.db import transaction
from webapp.services import tasks

CLIENT = {"name": "Olga", "phone": "+79125550177"}


def write(stack: Stack, words: str) -> int:
    """The client does; the first word makes a deal of rep1."""
    inquiry = {"channel": "chat", "contact": CLIENT, "text": words}
    return int(stack.call("rep1", "POST", "/inquiries", inquiry)["deal_id"])


def test_a_client_who_waits_is_counted_and_listed_at_once(stack: Stack, person: Callable[..., Any]) -> None:
    deal_id = write(stack, "Hello")
    rep, inbox, head = person("rep1").open("/"), person("rep1").open("/inbox"), person("north").open("/important")
    here = "section[aria-labelledby='wait-h'] li"
    number, waiting, people = rep.locator("#count-clients"), inbox.locator(here), head.locator("#my-people")
    expect(number).to_have_text("1")
    expect(people).to_contain_text("1 client is waiting")
    stack.call("rep1", "POST", f"/deals/{deal_id}/messages", {"text": "Good day"})
    expect(number).to_have_text("")
    expect(waiting).to_have_count(0)
    expect(people).not_to_contain_text("waiting")
    write(stack, "And the price?")
    expect(number).to_have_text("1")
    expect(waiting).to_contain_text("And the price?")
    expect(people).to_contain_text("1 client is waiting")
    write(stack, "And the colour?")
    expect(waiting).to_contain_text("And the colour?")


def test_a_tab_counts_what_its_list_shows(stack: Stack, person: Callable[..., Any]) -> None:
    with stack.app.app_context(), transaction():
        boss, who = company.acting("north"), company.person("rep1")
        task_id = tasks.create_by_hand("Call them", "", who, boss, accept=True).id
    page, head = person("rep1").open("/tasks"), person("north").open("/tasks?list=acceptance")
    waiting, to_accept = page.locator('[data-count="waiting"]'), head.locator('#task-tabs [data-count="acceptance"]')
    expect(waiting).to_have_text("1")
    stack.call("rep1", "POST", f"/tasks/{task_id}/submissions", {"result": "Done"})
    expect(page.locator("#tasks li")).to_have_count(0)
    expect(waiting).to_have_count(0)
    expect(to_accept).to_have_text("1")
    head.locator("#tasks").get_by_role("button", name="Accept").click()
    expect(to_accept).to_have_count(0)
