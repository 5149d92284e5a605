"""Where the style keeps white space (what people typed), a template's own line breaks would be seen."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from tests.views.scenes import Scene, browser

CSS = Path(__file__).parents[2] / "webapp" / "static" / "css"
STYLES = {".says li", ".rows p", ".snippet", ".toast p", "blockquote"}  # those with white-space: pre-wrap or pre-line
PAGES = ["/", "/inbox", "/tasks?list=all", "/deals/{deal}", "/tasks/{handed_in}", "/form-setup"]


class Kept(HTMLParser):
    """The text of a page that stands in such places."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[tuple[str, str]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("input", "meta", "link", "br", "img", "path", "rect", "circle"):
            self.within.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(self.is_kept(depth) for depth in range(len(self.within))):
            self.found.append(data)

    def is_kept(self, depth: int) -> bool:
        tag, names = self.within[depth]
        around = " ".join(each for _, each in self.within[:depth]).split()
        inside = {"li": {"says"}, "p": {"rows", "toast"}}.get(tag, set())
        return tag == "blockquote" or "snippet" in names.split() or bool(inside & set(around))


def test_the_places_are_those_of_the_style_sheets() -> None:
    rules = [found for path in CSS.glob("*.css") for found in re.findall(r"([^{}]+)\{([^{}]*)\}", path.read_text())]
    assert {selector.strip() for selector, body in rules if "white-space: pre-" in body} == STYLES


@pytest.mark.parametrize("path", PAGES)
def test_no_line_break_of_a_template_is_seen(app: Flask, north: Scene, path: str) -> None:
    for who in ("rep1", "north", "admin"):
        page = Kept()
        page.feed(browser(app, who).get(north.fill(path)).text)
        assert "\n" not in "".join(page.found)
