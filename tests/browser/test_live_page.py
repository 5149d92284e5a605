"""A page left alone: a clock that is wrong, a server that was away, a connection that comes back."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select

from tests.stack import Stack
from webapp import clock
from webapp.db import transaction
from webapp.models import Pipeline, Stage
from webapp.snapshots import setups


def seconds(words: str) -> int:
    """Of "9:41"."""
    minutes, _, rest = words.partition(":")
    return int(minutes) * 60 + int(rest)


@pytest.mark.parametrize("off_by", [timedelta(hours=5), timedelta(hours=-5)])
def test_the_fuse_burns_by_the_servers_clock(stack: Stack, person: Callable[..., Any], off_by: timedelta) -> None:
    client = {"name": "Olga", "phone": "+79125550177"}
    made = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": client, "text": "Hello"})
    head = person("head")
    head.page.clock.set_fixed_time(clock.now() + off_by)
    page = head.open()
    fuse = page.locator(f'[data-deal="{made["deal_id"]}"] [data-fuse]')
    expect(fuse).to_have_attribute("data-is", "running")
    left = fuse.locator("[data-left]").inner_text()
    assert 480 < seconds(left) <= 600


def test_a_language_of_which_no_script_has_heard_counts_in_its_own_words(
    stack: Stack, person: Callable[..., Any]
) -> None:
    """The words of the page are those of the server: here put into German on their way, and the fuse made longer."""
    client = {"name": "Olga", "phone": "+79125550177"}
    made = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": client, "text": "Hello"})
    head = person("head")
    page = head.page
    page.route(lambda url: url.endswith("/"), in_german)
    page.goto(head.url)  # not its own any more in Chromium's eyes, so it gets no socket
    left = page.locator(f'[data-deal="{made["deal_id"]}"] [data-left]')
    expect(left).to_have_text(re.compile(r"^3 Std \d+ Min$"))


def in_german(route: Route) -> None:
    answer = route.fetch()
    text = answer.text().replace('lang="en"', 'lang="de"')
    units = html.escape(json.dumps({"d": "{} T", "h": "{} Std", "min": "{} Min", "s": "{} Sek"}))
    text = re.sub(r'data-units="[^"]+"', f'data-units="{units}"', text)
    three_hours = 3 * 3_600_000
    text = re.sub(r'data-due="(\d+)"', lambda found: f'data-due="{int(found[1]) + three_hours}"', text)
    route.fulfill(status=answer.status, content_type=answer.headers["content-type"], body=text)


def test_a_page_says_that_it_is_alone_and_catches_up_by_itself(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("head").open()
    page.evaluate("window.stillHere = true")
    stack.kill("web")
    expect(page.locator('[data-live="off"]')).to_contain_text(re.compile("onnect"), timeout=15000)
    with stack.app.app_context():
        from webapp.access.scopes import SYSTEM
        from webapp.db import transaction
        from webapp.services import inquiries

        with transaction():
            inquiries.receive("chat", {"name": "Olga", "phone": "+79125550177"}, "Anybody there?", SYSTEM)
    stack.start("web")
    expect(page.locator('[data-live="on"]')).to_be_visible(timeout=60000)
    expect(page.locator('[data-stage="new"] .card', has_text="Anybody there?")).to_be_visible(timeout=15000)
    assert page.evaluate("window.stillHere")  # no reload


class Asked:
    """A head's page that asks for its whole board `times` at once; its answers are held until they are let go."""

    def __init__(self, stack: Stack, person: Callable[..., Any], times: int = 1) -> None:
        client = {"name": "Olga", "phone": "+79125550177"}
        sent = {"channel": "chat", "contact": client, "text": "Hello"}
        self.deal = stack.call("admin", "POST", "/inquiries", sent)["deal_id"]
        self.page = person("head").open()
        expect(self.page.locator('[data-live="on"]')).to_be_visible()
        self.address = f"{stack.url}/pipelines/sales?loaded=new%3A1"
        self.held: list[tuple[Route, Any]] = []
        self.page.route(self._is_it, lambda route: self.held.append((route, route.fetch())))
        for _ in range(times):
            self.page.evaluate("htmx.trigger('#board', 'refresh')")

    @property
    def card(self) -> Any:
        """Where it is moved to."""
        return self.page.locator(f'[data-stage="data_collection"] [data-deal="{self.deal}"]')

    def wait_for(self, number: int) -> None:
        for _ in range(100):
            if len(self.held) == number:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"asked {len(self.held)} times, not {number}")

    def move(self, stack: Stack) -> None:
        """The card; the page hears of it."""
        stack.call("admin", "POST", f"/deals/{self.deal}/moves", {"stage": "data_collection"})
        expect(self.card).to_be_visible()

    def let_go(self) -> None:
        """The last answer, as it was made."""
        route, old = self.held[-1]
        with self.page.expect_response(self._came):
            route.fulfill(response=old)

    def _is_it(self, url: str) -> bool:
        return url == self.address

    def _came(self, answer: Any) -> bool:
        return self._is_it(answer.url)


def test_an_old_answer_does_not_undo_what_was_heard_since(stack: Stack, person: Callable[..., Any]) -> None:
    """The whole board is asked for; while it is on its way a card is moved, and the socket says so first."""
    asked = Asked(stack, person)
    asked.wait_for(1)
    asked.move(stack)
    asked.let_go()
    asked.page.wait_for_timeout(500)
    expect(asked.card).to_be_visible()
    expect(asked.page.locator(f'[data-deal="{asked.deal}"]')).to_have_count(1)
    expect(asked.page.locator('[data-stage="data_collection"] [data-count]')).to_have_text("1")


def test_nor_does_the_answer_to_a_second_question(stack: Stack, person: Callable[..., Any]) -> None:
    """The board is asked for again while it is on its way: that waits for the first answer, and may be old in turn."""
    asked = Asked(stack, person, times=2)
    asked.wait_for(1)
    asked.let_go()
    asked.wait_for(2)
    asked.move(stack)
    asked.let_go()
    asked.page.wait_for_timeout(500)
    expect(asked.card).to_be_visible()
    expect(asked.page.locator(f'[data-deal="{asked.deal}"]')).to_have_count(1)


def test_without_a_connection_it_is_said_and_what_was_typed_stays(stack: Stack, person: Callable[..., Any]) -> None:
    client = {"name": "Olga", "phone": "+79125550177"}
    deal = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": client, "text": "Hello"})["deal_id"]
    head = person("head")
    page = head.open()
    head.context.set_offline(True)
    expect(page.locator('[data-live="off"]')).to_be_visible()
    page.locator(f'[data-deal="{deal}"] a[data-sheet]').click()
    said = page.locator('[data-toast="unreachable"]')
    expect(said).to_be_visible()
    expect(page.locator("#sheet")).to_be_hidden()
    assert page.url == f"{stack.url}/"
    head.context.set_offline(False)
    expect(page.locator('[data-live="on"]')).to_be_visible()
    page.locator(f'[data-deal="{deal}"] a[data-sheet]').click()
    page.locator("[data-reply]").fill("Good morning!")
    page.route("**/messages", lambda route: route.fulfill(status=502, body="<html><h1>Bad gateway</h1></html>"))
    page.locator("form.reply .btn.primary").click()
    expect(said).to_be_visible()
    expect(page.locator("[data-reply]")).to_have_value("Good morning!")
    page.unroute("**/messages")
    page.locator("form.reply .btn.primary").click()
    expect(page.locator(".says .out")).to_contain_text("Good morning!")
    head.complaints.clear()  # that nothing came, Chromium and htmx said in the console too


def test_trouble_is_said_on_open_pages_and_taken_back(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("head").open()
    stack.kill("ticker")
    expect(page.locator("[data-trouble]")).to_contain_text("Ticker", timeout=60000)
    stack.start("ticker")
    expect(page.locator("[data-trouble]")).to_have_count(0, timeout=40000)


def test_a_card_of_another_pipeline_is_not_brought_to_this_board(stack: Stack, person: Callable[..., Any]) -> None:
    """Two pipelines with stages of the same keys, two boards side by side: each shows its own, also when cards move."""
    with stack.app.app_context(), transaction() as current:
        sales = current.scalars(select(Pipeline)).one()
        service = Pipeline(key="service", name={"en": "Service"}, department_id=sales.department_id, position=1)
        current.add(service)
        current.flush()
        for n, key in enumerate(("new", "data_collection")):
            current.add(Stage(pipeline_id=service.id, key=key, name={"en": key}, position=n, kind="open", hue=n))
        setups.changed()
    boards = {key: person("head").open(f"/pipelines/{key}") for key in ("sales", "service")}
    made = {key: stack.call("rep1", "POST", "/deals", {"title": key, "pipeline": key})["id"] for key in boards}
    for stage in ("new", "data_collection"):
        for key, board in boards.items():
            expect(board.locator(f'[data-stage="{stage}"] [data-deal="{made[key]}"]')).to_be_visible()
            expect(board.locator(f'[data-stage="{stage}"] [data-count]')).to_have_text("1")
            expect(board.locator(".card")).to_have_count(1)
            stack.call("rep1", "POST", f"/deals/{made[key]}/moves", {"stage": "data_collection"})


def reads(stack: Stack, locale: str) -> None:
    """The head chooses another language, in another browser."""
    with stack.app.app_context():
        from tests import company
        from webapp.services import people

        with transaction():
            people.change_person(company.person("head"), {"locale": locale}, company.acting("admin"))


def test_a_page_whose_reader_has_chosen_another_language_is_drawn_anew(
    stack: Stack, person: Callable[..., Any]
) -> None:
    """Not half of it, and not while something is half-typed on it."""
    page, typing = person("head").open(), person("head").open("/tasks")
    typing.locator("[name=title]").first.evaluate("(field) => field.closest('details')?.setAttribute('open', '')")
    typing.locator("[name=title]").first.fill("Call Vera")
    reads(stack, "ru")
    expect(page.locator("html")).to_have_attribute("lang", "ru", timeout=10000)
    expect(page.locator('[data-live="on"]')).to_be_visible()
    expect(page.locator('[data-stage="new"] h2')).to_have_text("Новая")
    client = {"name": "Olga", "phone": "+79125550177"}
    deal = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": client, "text": "Hello"})["deal_id"]
    expect(page.locator(f'[data-deal="{deal}"]')).to_be_visible()
    typing.wait_for_timeout(2500)
    expect(typing.locator("html")).to_have_attribute("lang", "en")
    expect(typing.locator("[name=title]").first).to_have_value("Call Vera")
    typing.locator("[name=title]").first.fill("")
    expect(typing.locator("html")).to_have_attribute("lang", "ru", timeout=10000)


def test_an_answer_that_shows_what_is_shown_once_is_not_drawn_anew(stack: Stack, person: Callable[..., Any]) -> None:
    page = person("head").open("/profile")
    page.locator("form.new-key [name=token]").fill("till")
    page.locator("form.new-key button").click()
    key = page.locator("pre.snippet").first
    expect(key).to_be_visible()
    expect(page.locator('[data-live="on"]')).to_be_visible()
    secret = key.inner_text()
    reads(stack, "ru")
    page.wait_for_timeout(2500)
    expect(key).to_have_text(secret)
    expect(page.locator("html")).to_have_attribute("lang", "en")
