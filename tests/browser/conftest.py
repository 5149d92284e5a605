"""A running product and real browsers for people. Errors in a console and violations of the CSP fail the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests import company, servers
from tests.conftest import session_of
from tests.stack import Stack
from tests.warm import Warm

expect.set_options(timeout=15_000)  # of a machine that tests something else beside it: a commit waits for its disk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def stack(tmp_path: Path, database_url: str, redis_server: servers.RedisServer, warm: Warm) -> Iterator[Stack]:
    running = Stack(tmp_path, database_url, redis_server, warm)
    redis_server.empty()
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright, servers.chromium()) as browser:
        yield browser


@pytest.fixture(scope="session")
def whole_chromium(playwright: Playwright) -> Iterator[Browser]:
    """With all that a window has around a page."""
    with launched(playwright, servers.chromium(whole=True)) as browser:
        yield browser


@contextmanager
def launched(playwright: Playwright, program: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=program,
        args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
    )
    try:
        yield browser
    finally:
        browser.close()


class Person:
    """One of the cast at a browser, whose pages come from the web `at`."""

    def __init__(self, browser: Browser, stack: Stack, name: str, *, at: str = "web", **context: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "service_workers": "block", **context}
        )
        secret = stack.app.session_interface.get_signing_serializer(stack.app).dumps(  # type: ignore[attr-defined]
            {"_user_id": session_of(stack.app, name), "_fresh": True}
        )
        self.url, self.name = stack.address(at), company.email(name)
        self.context.add_cookies([{"name": "dozor", "value": secret, "url": self.url}])
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.is_leaving = False
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: Any) -> None:
        # A refusal (409, 422) and a socket whose server was killed are said in the console by Chromium itself.
        if (
            message.type in ("error", "warning")
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
            and "Service Worker registration blocked" not in message.text  # where none is wanted, to route what it asks
            and not (self.is_leaving and "Failed to fetch" in message.text)  # whose page is closed meanwhile
        ):
            self.complaints.append(message.text)

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.url + path)
        self.page.locator('[data-live="on"]').wait_for()
        return self.page

    def leave(self) -> None:
        self.is_leaving = True
        self.context.close()


@pytest.fixture
def person(chromium: Browser, stack: Stack) -> Iterator[Callable[..., Person]]:
    people: list[Person] = []

    def one(name: str, **context: Any) -> Person:
        people.append(Person(chromium, stack, name, **context))
        return people[-1]

    yield one
    for each in people:
        each.leave()
    assert not [words for each in people for words in each.complaints]
