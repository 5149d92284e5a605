"""From an empty database to a firm of one's own at work: the code, the first steps, and the first fuse that burns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers
from tests.stack import Stack
from tests.warm import Warm
from webapp.box import first_start

SIZES = {"en": (1440, 900), "ru": (390, 844)}


@pytest.fixture
def own(tmp_path: Path, empty_url: str, redis_server: servers.RedisServer, warm: Warm) -> Iterator[tuple[Stack, str]]:
    """Dozor on an empty database, and its one-time code."""
    running = Stack(tmp_path, empty_url, redis_server, warm)
    redis_server.empty()
    running.app.config["SETTINGS"] = replace(running.app.config["SETTINGS"], first_firm="own")
    code = first_start.prepare(running.app)
    try:
        yield running.start(), code
    finally:
        running.stop()


def pictured(page: Page, name: str) -> None:
    """For the eye, where a folder is named."""
    if folder := os.environ.get("PICTURES"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=f"{folder}/{name}-{scheme}.png", full_page=True)


def fill(page: Page, **typed: str) -> None:
    for name, value in typed.items():
        page.locator(f'[name="{name}"]').fill(value)


def step(page: Page, name: str) -> Any:
    return page.locator(f'[data-step="{name}"]')


def test_a_firm_begins_where_its_founders_clock_is_by_whichever_name_the_browser_gives_it(
    own: tuple[Stack, str], chromium: Browser
) -> None:
    """Chromium says Asia/Calcutta and Europe/Kiev. Where a clock is of no country, nothing is taken for granted."""
    stack, code = own
    wanted = {
        "Asia/Calcutta": ("Asia/Kolkata", "IN", "INR"),
        "Europe/Kyiv": ("Europe/Kyiv", "UA", "UAH"),
        "Asia/Saigon": ("Asia/Ho_Chi_Minh", "VN", "VND"),
        "America/Buenos_Aires": ("America/Argentina/Buenos_Aires", "AR", "ARS"),
        "Antarctica/Troll": ("Antarctica/Troll", "", ""),
        "Etc/GMT+3": ("", "", ""),
    }
    for zone, stands in wanted.items():
        page = chromium.new_context(locale="en", timezone_id=zone).new_page()
        page.goto(stack.url)
        for name, value in zip(("time_zone", "country", "currency"), stands, strict=True):
            expect(page.locator(f"#{name}")).to_have_value(value)
    fill(page, code=code, firm="Vera & Co", admin="Vera Orlova", email="vera@почта.рф", password="a long password")
    page.locator("[data-founding] .primary").click()
    expect(page.locator("#time_zone:invalid, #country:invalid, #currency:invalid")).to_have_count(3)
    page.locator("#time_zone").select_option("Asia/Kolkata")
    expect(page.locator("#currency")).to_have_value("INR")
    page.locator("#country").select_option("another")
    expect(page.locator("#currency")).to_have_value("")
    page.locator("#currency").select_option("USD")
    page.locator("[data-founding] .primary").click()
    expect(page.locator("[data-first-steps]")).to_be_visible()
    another = chromium.new_context(locale="en").new_page()
    another.goto(f"{stack.url}/sign-in")
    fill(another, email="vera@почта.рф", password="a long password")
    another.locator("form .primary").click()
    expect(another.locator("[data-first-steps]")).to_be_visible()


@pytest.mark.parametrize("language", SIZES)
def test_from_an_empty_database_to_the_first_fuse(own: tuple[Stack, str], chromium: Browser, language: str) -> None:
    stack, code = own
    width, height = SIZES[language]
    context = chromium.new_context(
        locale=language, viewport={"width": width, "height": height}, timezone_id="Europe/Berlin"
    )
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(stack.url)
    expect(page.locator("[data-founding]")).to_be_visible()
    expect(page.locator("#time_zone")).to_have_value("Europe/Berlin")
    expect(page.locator("#country")).to_have_value("DE")
    expect(page.locator("#currency")).to_have_value("EUR")
    fill(page, code=code, firm="Vera & Co", admin="Vera Orlova", email="vera@firm.example", password="a long password")
    pictured(page, f"founding-{language}")
    page.locator("[data-founding] .primary").click()
    expect(page.locator("[data-first-steps]")).to_be_visible()
    expect(page.locator('[data-step][data-done="no"]')).to_have_count(5)
    pictured(page, f"first-steps-{language}")
    fill(page, **{"stage.in_work": "Measuring"})
    step(page, "stages").locator(".primary").click()
    expect(page.locator('[data-stage="in_work"] h2')).to_contain_text("Measuring")
    step(page, "robots").locator(".primary").click()
    expect(page.locator('[data-stage="payment"]')).to_have_count(1)
    if language == "en":
        somebody_is_invited(page, chromium, stack)
        on_a_site(chromium, stack)
    else:
        step(page, "people").locator('button[value="people"]').click()
        step(page, "form").locator('button[value="form"]').click()
    page.goto(stack.url)
    expect(page.locator('[data-step][data-done="yes"]')).to_have_count(4)
    pictured(page, f"last-step-{language}")
    step(page, "inquiry").locator(".primary").click()
    fuse = page.locator('[data-stage="new"] [data-deal] [data-fuse="control"]')
    expect(fuse).to_be_visible()
    expect(fuse).to_contain_text("Vera Orlova")
    expect(page.locator("[data-first-steps]")).to_have_count(0)
    pictured(page, f"first-fuse-{language}")
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0, "nothing sticks out of the screen"
    context.close()
    assert complaints == []


def somebody_is_invited(page: Page, chromium: Browser, stack: Stack) -> None:
    step(page, "people").locator("a.primary").click()
    fill(page, name="Rita Rep", email="rita@firm.example")
    page.locator("#new-person .primary").click()
    link = page.locator("[data-link]").inner_text()
    pictured(page, "invitation-en")
    theirs = chromium.new_context().new_page()
    theirs.goto(link)
    fill(theirs, password="another long one", again="another long one")
    pictured(theirs, "link-en")
    theirs.locator(".primary").click()
    expect(theirs.locator("[data-board]")).to_be_visible()
    expect(theirs.locator("[data-first-steps]")).to_have_count(0)
    theirs.context.close()


def on_a_site(chromium: Browser, stack: Stack) -> None:
    """A page of a site of the firm's, with the one line in it."""
    page = f'<body><script src="{stack.url}/form.js" data-pipeline="sales" defer></script></body>'

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        site = chromium.new_context().new_page()
        site.goto(f"http://127.0.0.1:{server.server_port}/")
        expect(site.frame_locator("iframe").locator("form")).to_be_visible()
        site.context.close()
        server.shutdown()
