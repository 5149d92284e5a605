"""The board: how long the server takes for it, what it weighs, when it is painted."""

from __future__ import annotations

import statistics
from html.parser import HTMLParser
from typing import Any

from tests import servers
from tests.bench.places import Place
from tests.bench.visitors import browser, cookie_of
from tests.company import email
from tests.stack import Stack

SIZES = (100, 1_000, 20_000, 200_000)
VIEWERS = ("head", "rep1", "admin")
MS, KB = 1000, 1000


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """Three viewers in turn: a head, a rep, an admin."""
    figures: dict[str, float] = {"weight.html": 0, "weight.elements": 0}
    for size in SIZES:
        with place.stack(size) as stack:
            figures |= _server(stack, size, 10 if is_quick else 30, figures)
            if size in (100, 20_000):
                figures |= _painted(stack, size, 3 if is_quick else 5)
    return figures


def percentile(figures: list[float], part: float) -> float:
    """The figure below which that part of all lies."""
    return sorted(figures)[min(int(len(figures) * part), len(figures) - 1)]


def _server(stack: Stack, size: int, rounds: int, before: dict[str, float]) -> dict[str, float]:
    visitors = [browser(stack, name) for name in VIEWERS]
    spent, html, elements = [], before["weight.html"], before["weight.elements"]
    for n in range(rounds + 2):
        for each in visitors:
            answer = each.get("/")
            assert answer.status == 200, answer.status
            if n >= 2:
                spent.append(answer.seconds * MS)
            html = max(html, len(answer.raw) / KB)
    elements = max(elements, Elements.count(visitors[0].get("/").text))
    return {
        f"board.{size}.p50": statistics.median(spent),
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


def _painted(stack: Stack, size: int, times: int) -> dict[str, float]:
    """A first visit, with nothing cached: until the frame after the cards and their scripts are there; then again."""
    from playwright.sync_api import sync_playwright

    painted, first, again = [], 0.0, 0.0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=servers.chromium(), args=["--no-sandbox"])
        for _ in range(times):
            context = chromium.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": "dozor", "value": cookie_of(stack, email("head")), "url": stack.url}])
            context.add_init_script(PAINTED)
            page = context.new_page()
            wire = Wire(context.new_cdp_session(page))
            painted.append(_visit(page, stack.url))
            first, wire.bytes = wire.bytes / KB, 0
            _visit(page, stack.url)
            again = wire.bytes / KB
            context.close()
        chromium.close()
    figures = {f"painted.{size}": statistics.median(painted)}
    return figures | ({"weight.first": first, "weight.again": again} if size == 20_000 else {})


def _visit(page: Any, url: str) -> float:
    page.goto(url, wait_until="load")
    page.wait_for_timeout(400)  # fonts and modules that come after
    while not (painted := page.evaluate("window.painted")):
        page.wait_for_timeout(50)
    return float(painted) / 1000


class Wire:
    """Bytes that came over the wire, sockets not counted."""

    def __init__(self, session: Any) -> None:
        self.bytes = 0
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])
