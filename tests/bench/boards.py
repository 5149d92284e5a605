"""The board: how long the server takes for it, what it weighs, when it is painted."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests import servers
from tests.bench import copies, moves
from tests.bench.places import Place
from tests.bench.turns import Hello
from tests.bench.units import KB, MS, percentile
from tests.bench.visitors import browser, cookie_of
from tests.company import email
from tests.stack import Stack

SIZES = (100, 1_000, 20_000, 200_000)
VIEWERS = ("head", "rep1", "admin", "north", "south-deputy", "rep2", "rep3")


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """People in turn who see each other's cards in part, in two languages, while cards move."""
    figures: dict[str, float] = {"weight.html": 0, "weight.elements": 0}
    for size in SIZES:
        with place.stack(size) as stack:
            figures |= _server(stack, size, 10 if is_quick else 30, figures, Hello(place))
            if size in (100, 20_000):
                folder = place.folder / f"copy-{size}"
                folder.mkdir(exist_ok=True)
                figures |= _painted(stack, size, 3 if is_quick else 7, folder)
    return figures


def _server(stack: Stack, size: int, rounds: int, before: dict[str, float], hello: Hello) -> dict[str, float]:
    visitors = [browser(stack, name) for name in VIEWERS]
    spent, html, elements = [], before["weight.html"], before["weight.elements"]
    moved, chance = moves.cards_of(stack, "head"), random.Random(size)
    for n in range(rounds + 2):
        moves.move(visitors[0], moved[n % len(moved)], chance)  # boards are looked at because something has changed
        for each in visitors:
            answer = each.get("/pipelines/sales")
            assert answer.status == 200, answer.status
            if n >= 2:
                spent.append(answer.seconds * MS)
            html = max(html, len(answer.raw) / KB)
        hello.in_turn(n, 2)
    elements = max(elements, Elements.count(visitors[0].get("/").text))
    return {
        f"board.{size}.p50": statistics.median(spent),
        **hello.figures(f"board.{size}.p50"),
        f"board.{size}.p95": percentile(spent, 0.95),
        "weight.html": html,
        "weight.elements": elements,
    }


class Elements(HTMLParser):
    """Counts start tags."""

    found = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found += 1

    @staticmethod
    def count(html: str) -> int:
        parser = Elements()
        parser.feed(html)
        return parser.found


PAINTED = """document.addEventListener('DOMContentLoaded', () => requestAnimationFrame(() => requestAnimationFrame(
  () => { window.painted = performance.now() })))"""


@dataclass(frozen=True, slots=True)
class Paint:
    """Seconds from the start of navigation; bytes of a first visit and of the next, over the wire."""

    first: float
    whole: float
    bytes: int
    again: int


def _painted(stack: Stack, size: int, times: int, folder: Path) -> dict[str, float]:
    """A first visit, with nothing cached: until the frame after the cards and their scripts are there. In turn with a
    static copy of the same page, so that what else the machine does falls upon both."""
    from playwright.sync_api import sync_playwright

    cookie = cookie_of(stack, email("head"))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=servers.chromium(), args=["--no-sandbox"])
        copies.keep(stack, cookie, _asked_for(chromium, stack.url, cookie), folder)
        with copies.bare_server(stack.environment, folder) as port:
            places = (stack.url, f"http://127.0.0.1:{port}{copies.PAGE}")
            seen = [[_first_visit(chromium, url, cookie) for url in places] for _ in range(times)]
        chromium.close()
    mine, copy = ([each[n] for each in seen] for n in (0, 1))
    figures = {
        f"painted.{size}": statistics.median(each.whole for each in mine),
        f"static.{size}": statistics.median(each.whole for each in copy),
    }
    if size == 100:
        figures |= {
            "first": statistics.median(each.first for each in mine),
            "static.first": statistics.median(each.first for each in copy),
        }
    return figures | {"weight.first": mine[-1].bytes / KB, "weight.again": mine[-1].again / KB}


def _asked_for(chromium: Any, url: str, cookie: str) -> list[str]:
    """The addresses that a first visit asks for."""
    asked: list[str] = []
    with _browser(chromium, url, cookie) as page:
        page.on("request", lambda request: asked.append(request.url) if request.method == "GET" else None)
        _visit(page, url)
    return asked


@contextmanager
def _browser(chromium: Any, url: str, cookie: str) -> Iterator[Any]:
    """A page of a browser that has nothing cached."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, service_workers="block")
    context.add_cookies([{"name": "dozor", "value": cookie, "url": url}])
    context.add_init_script(PAINTED)
    try:
        yield context.new_page()
    finally:
        context.close()


def _first_visit(chromium: Any, url: str, cookie: str) -> Paint:
    with _browser(chromium, url, cookie) as page:
        wire = Wire(page.context.new_cdp_session(page))
        first, whole = _visit(page, url)
        came, wire.bytes = wire.bytes, 0
        _visit(page, url)
        return Paint(first, whole, came, wire.bytes)


def _visit(page: Any, url: str) -> tuple[float, float]:
    """First contentful paint, and the frame after all is there; in seconds."""
    answer = page.goto(url, wait_until="load")
    assert answer.status == 200, f"{url}: {answer.status}"
    page.wait_for_timeout(400)  # fonts and modules that come after
    while not (painted := page.evaluate("window.painted")):
        page.wait_for_timeout(50)
    first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return float(first) / 1000, float(painted) / 1000


class Wire:
    """Bytes that came over the wire, sockets not counted."""

    def __init__(self, session: Any) -> None:
        self.bytes = 0
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])
