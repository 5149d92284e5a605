"""A list's own links change one thing about it: a tab keeps the words that are sought, an order keeps the tab, the page
of one list keeps that of another beside it. Found by walking: of every page its links to itself, and what its forms
ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask

from tests.conftest import Clock
from tests.views.every_page import paths
from tests.views.scenes import Browser, browser, scene

PLACES = {"after", "before"}  # of a narrower list, or in another order, it begins anew
ANEW = {  # leads to the whole room, and says so
    ("/pipelines/sales", "Clear filters"),
    ("/settings/org", "Chart"),  # beside the form that asks who would be told
    (
        "/pipelines/sales",
        "Mine 0",
    ),  # of next steps: each number opens what it counts, whatever the board is narrowed to
    ("/pipelines/sales", "All"),  # of next steps, likewise
}
OFFERED_APART = {"/figures": {"from", "to"}}  # days instead of a period by name
ALSO = {"/inbox": {"from": "MTIz"}}  # a page of the other list, which takes many rows to be offered
TYPED = {"date": "2026-11-24", "decimal": "5"}


@dataclass
class Seen(HTMLParser):
    """Links of a page to itself, with their words, and what its forms ask by the address."""

    path: str
    query: dict[str, str]
    links: list[tuple[dict[str, str], str]] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    is_in_room: bool = False  # not in the bar, which leads to each room as it is
    is_in_link: bool = False
    is_in_form: bool = False
    select: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.is_in_room = self.is_in_room or has.get("id") == "main"
        if tag == "a":
            at = urlsplit(has.get("href", ""))
            self.is_in_link = (
                self.is_in_room
                and at.path == self.path
                and "hidden" not in has
                and not has.get("href", "").startswith("#")
            )
            if self.is_in_link:
                self.links.append((dict(parse_qsl(at.query)), ""))
        elif tag == "form":
            self.is_in_form = has.get("method", "get") == "get" and has.get("action") == self.path
        elif tag == "select":
            self.select = has.get("name", "")
        elif tag == "option" and self.is_in_form and self.select and has.get("value"):
            self.asked[self.select] = has["value"]
        elif tag == "input" and self.is_in_form and has.get("name"):
            kind = has.get("inputmode") or has.get("type", "text")
            self.asked[has["name"]] = has.get("value") or TYPED.get(kind, "e")

    def handle_data(self, data: str) -> None:
        if self.is_in_link:
            query, words = self.links[-1]
            self.links[-1] = (query, f"{words} {data}".strip())

    def handle_endtag(self, tag: str) -> None:
        self.is_in_link = self.is_in_link and tag != "a"
        self.is_in_form = self.is_in_form and tag != "form"


def see(who: Browser, path: str, query: dict[str, str]) -> Seen | None:
    answer = who.get(f"{path}?{urlencode(query)}" if query else path, follow_redirects=True)
    if answer.status_code != 200 or answer.mimetype != "text/html" or "<main" not in answer.text:
        return None
    seen = Seen(path, dict(parse_qsl(answer.request.query_string.decode())))
    seen.feed(answer.text)
    return seen


def asked_whole(seen: Seen) -> dict[str, str]:
    """All that this page may be asked by its address, at once."""
    offered = {name: value for query, _ in seen.links for name, value in query.items() if name not in PLACES}
    both = seen.asked | offered | ALSO.get(seen.path, {})
    return {name: value for name, value in both.items() if name not in OFFERED_APART.get(seen.path, ())}


def dropped(who: Browser, path: str) -> Iterator[str]:
    first = see(who, path, {})
    if first is None or not (first.links or first.asked):
        return
    query = asked_whole(first)
    whole = see(who, path, query)
    assert whole is not None, f"{path} {query}"
    said = whole.query
    for link, words in whole.links:
        others = {name for name in {*said, *link} - PLACES if link.get(name) != said.get(name)}
        if len(others) > 1 and (path, words) not in ANEW:
            yield f"{path}: “{words}” changes {', '.join(sorted(others))}"


@pytest.mark.parametrize("name", ["admin", "north"])
def test_a_link_of_a_list_to_itself_changes_one_thing(app: Flask, clock: Clock, name: str) -> None:
    scene(app)
    with app.app_context():
        every = sorted({urlsplit(each).path for each in paths(app)})
    who = browser(app, name)
    assert "\n".join(each for path in every if not path.startswith("/api") for each in dropped(who, path)) == ""
