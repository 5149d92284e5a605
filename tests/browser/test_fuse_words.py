"""What a fuse says at any moment: the server's words, those of fuse.js, and a count by minutes of a calendar agree."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route

from rules import worktime
from rules.worktime import Delay, WorkCalendar
from tests.conftest import Clock
from webapp.i18n import formats
from webapp.queries.cards import Fuse

ADDRESS = "http://fuses.example"
STATIC = Path("webapp/static/js")
OPEN = ((time(9), time(13)), (time(14), time(18)))
CLOSED = frozenset({date(2026, 3, 30), date(2026, 10, 26), date(2026, 11, 3)})
ZONES = ("Europe/Berlin", "America/New_York", "Europe/Moscow")
DAYS = (
    date(2026, 3, 6),
    date(2026, 3, 27),
    date(2026, 10, 23),
    date(2026, 10, 30),
)  # before each clock goes on or back
MINUTE = timedelta(minutes=1)
ASKED = """([now, off]) => {
  Date.now = () => now + off
  window.fuses.setClock(now)
  window.fuses.tick()
  const said = (each, selector) => each.querySelector(selector)?.textContent ?? ""
  return [...document.querySelectorAll("div")].map((each) => [each.querySelector("[data-fuse]").dataset.is,
    said(each, "[data-left]"), said(each, "[data-until]"), said(each, "[data-age]")])
}"""


def is_open(at: datetime, zone: str) -> bool:
    """A calendar of the simplest kind, read by itself."""
    here = at.astimezone(ZoneInfo(zone))
    spans = any(opens <= here.time() < closes for opens, closes in OPEN)
    return here.weekday() < 5 and here.date() not in CLOSED and spans


def left(at: datetime, due: datetime, zone: str) -> int:
    """Working seconds, minute by minute."""
    total, minute = 0.0, at.replace(second=0, microsecond=0)
    while minute < due:
        if is_open(minute, zone):
            total += (min(minute + MINUTE, due) - max(minute, at)).total_seconds()
        minute += MINUTE
    return int(total)


def opening(at: datetime, zone: str) -> datetime:
    minute = at.replace(second=0, microsecond=0)
    while not is_open(minute, zone):
        minute += MINUTE
    return minute


def fuse(zone: str, day: date, dice: random.Random) -> Fuse:
    calendar = WorkCalendar(zone=zone, weekly=(OPEN,) * 5 + ((),) * 2, closed=CLOSED)
    begin = datetime.combine(day, time(), UTC) + timedelta(minutes=dice.randrange(1440))
    amount, unit = dice.choice(((10, "working_minutes"), (90, "working_minutes"), (7, "working_hours")))
    due = worktime.after(calendar, begin, Delay(amount, unit))
    pauses = [[a.timestamp(), b.timestamp()] for a, b in worktime.pauses(calendar, begin, due)]
    return Fuse("control", "Anna", begin, due, pauses)


def moments(fuses: list[tuple[str, Fuse]], dice: random.Random) -> list[datetime]:
    """Some within each of a few fuses, and right at the ends of one."""
    found = [each.due_at + timedelta(seconds=n) for _, each in fuses[:2] for n in (-1, 0, 1)]
    for _, each in dice.sample(fuses, 12):
        found.append(each.from_at + (each.due_at - each.from_at) * dice.random())
    return [at.replace(microsecond=0) for at in found]


def expected(zone: str, each: Fuse, at: datetime) -> tuple[str, str]:
    """Its state, and its words in it: what is left, or when it goes on in the reader's zone."""
    if at >= each.due_at:
        return "over", ""
    if is_open(at, zone):
        return "running", formats.countdown(left(at, each.due_at, zone))
    return "paused", opening(at, zone).astimezone(ZoneInfo(ZONES[0])).strftime("%H:%M")


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_a_fuse_says_the_same_on_server_and_page_and_by_a_count_of_minutes(
    app: Flask, clock: Clock, chromium: Browser, locale: str
) -> None:
    dice = random.Random(f"fuses {locale}")
    fuses = [(zone, fuse(zone, day, dice)) for zone in ZONES for day in DAYS for _ in range(2)]
    states: Counter[str] = Counter()
    with app.test_request_context("/", headers={"Accept-Language": locale}):
        page = opened(chromium, app, fuses, locale)
        for at in moments(fuses, dice):
            clock.at = at
            off = dice.choice((0, 5, -5)) * 3_600_000  # the browser's clock is wrong
            said = page.evaluate(ASKED, [int(at.timestamp() * 1000), off])
            for (zone, each), server, (is_, words, until, age) in zip(fuses, html(app, fuses), said, strict=True):
                if each.from_at > at:
                    continue
                state, right = expected(zone, each, at)
                states[state] += 1
                shown = {"over": "", "running": words, "paused": until[-5:]}[is_]
                assert (is_, shown) == (state, right), f"{zone}: {each} at {at}"
                assert re.findall(r"data-(?:left|age)[^>]*>\s*([^<]*)<", server) == [words, age] or is_ != "running"
        page.close()
    assert min(states["running"], states["paused"], states["over"]) > 10


def html(app: Flask, fuses: list[tuple[str, Fuse]]) -> list[str]:
    """Each as the server says it now, with how long it has been there."""
    words: Any = app.jinja_env.get_template("board/_fuse.html").module
    ages: Any = app.jinja_env.get_template("board/_age.html").module
    return [f"<div>{words.fuse(each)}{ages.age(each.from_at)}</div>" for _, each in fuses]


def opened(chromium: Browser, app: Flask, fuses: list[tuple[str, Fuse]], locale: str) -> Page:
    """A page of nothing but fuses, whose script is the product's."""
    units = escape(json.dumps(formats.units()))
    whole = (
        f'<!doctype html><html lang="{locale}"><body data-now="0" data-zone="{ZONES[0]}" data-units="{units}">'
        + "".join(html(app, fuses))
        + '<script type="module">import * as fuses from "/fuse.js"; window.fuses = fuses</script></body></html>'
    )

    def answer(route: Route) -> None:
        if route.request.url.endswith("fuse.js"):
            route.fulfill(body=(STATIC / "fuse.js").read_text(), content_type="text/javascript")
        else:
            route.fulfill(body=whole, content_type="text/html; charset=utf-8")

    page = chromium.new_page()
    page.route("**/*", answer)
    page.goto(ADDRESS)
    page.wait_for_function("window.fuses")
    return page
