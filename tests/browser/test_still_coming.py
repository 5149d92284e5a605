"""A page is painted while it is still coming: what is seen then stands where it will stand."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import Person

SLOW = 0.8  # seconds between two columns, in which the browser paints
SHIFTS = """
window.shifted = 0
new PerformanceObserver((list) => { for (const each of list.getEntries()) window.shifted += each.value })
  .observe({ type: "layout-shift", buffered: true })
"""
STILL = 0.02  # of a screen: the letters of another alphabet may come after the first paint


@contextmanager
def a_slow_line(to: str) -> Iterator[str]:
    """Dozor over a line on which each column of the board takes its time."""

    class Line(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = HTTPConnection(urlsplit(to).netloc)
            asked.request("GET", self.path, headers={"Cookie": self.headers.get("Cookie", "")})
            answer = asked.getresponse()
            self.send_response(answer.status)
            for name in ("Content-Type", "Content-Security-Policy", "Location"):
                if value := answer.headers[name]:
                    self.send_header(name, value)
            self.end_headers()
            for part in re.split(rb'(?=<section class="col )', answer.read()):
                self.wfile.write(part)
                self.wfile.flush()
                slow.wait(SLOW if b'<section class="col ' in part else 0)

        def log_message(self, *_: object) -> None:
            pass

    slow = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_while_the_board_is_still_coming(person: Callable[..., Person], width: int) -> None:
    who = person("head", viewport={"width": width, "height": 900})
    page = who.page
    page.add_init_script(SHIFTS)
    with a_slow_line(who.url) as address:
        page.goto(address + "/pipelines/sales")
        page.locator("#sheet").wait_for(state="attached")
        widths = page.locator(".board > .col").evaluate_all("all => all.map(each => each.offsetWidth)")
        assert len(widths) > 4
        assert page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") < 1000 * SLOW * 3
        assert page.evaluate("window.shifted") < STILL
        page.goto("about:blank")
