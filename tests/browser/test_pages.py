"""Every main screen, in both languages and both themes: readable by all, quiet in the console, never wider than it
is."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Person
from tests.browser.screens import EMPTY, Screen, come, emptied, product, screens
from tests.stack import ROOT, Stack
from webapp.web import first_files
from webapp.web.templating import STATIC

AXE = (ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js").read_text()
THEMES = {"light": None, "dark": ["color-contrast"]}  # what axe looks for: in the other theme only colours are others
LISTEN = """
window.violations = []
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`))
"""
# axe measures by inline styles of its own: the CSP is off while it does, and watched in the other tests.
SERIOUS = """
async (rules) => {
  const only = rules ? { runOnly: rules } : {}
  const seen = await axe.run({ exclude: [".ghost"] }, { resultTypes: ["violations"], ...only })
  return seen.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .flatMap((each) => each.nodes.map((node) =>
      `${each.id}: ${node.target.join(" ")} — ${node.failureSummary.replaceAll(/\\s+/g, " ")}`))
}
"""
WIDER = """
() => document.documentElement.scrollWidth <= Math.min(window.innerWidth, screen.width) ? []
  : [...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1 && each.checkVisibility())
  .map((each) => `${each.tagName}.${each.className} to ${Math.round(each.getBoundingClientRect().right)}`)
  .slice(0, 5).concat("wider than the window")
"""
# A control that one could not scroll to: outside the window, with nothing around it that scrolls that way.
OUT_OF_REACH = """
() => [
  ...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")
].filter((each) => {
  if (!each.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false
  if (each.matches(".skip") || each.closest(".trap, .unseen, .chips, [aria-hidden=true]")) return false
  const seen = each.getBoundingClientRect()
  if (!seen.width || (seen.left >= -1 && seen.right <= window.innerWidth + 1)) return false
  for (let around = each.parentElement; around; around = around.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(around).overflowX) && around.scrollWidth > around.clientWidth) return false
  }
  return true
}).map((each) => each.outerHTML.slice(0, 120))
"""
# What stands in a card ends within it: a face or an amount that is cut off.
OUT_OF_CARD = """
() => [...document.querySelectorAll(".card :is(.face, .sumv, .tag, .age)")].filter(
  (each) => each.checkVisibility() && !each.closest('[data-kind="lost"]:not([data-open]), [data-folded]')
    && each.getBoundingClientRect().right > each.closest(".card").getBoundingClientRect().right - 1
).map((each) => `${each.className} of ${each.closest(".card").querySelector(".t").textContent.trim()}`).slice(0, 5)
"""
# A sign stands in the middle of its box.
OFF_CENTRE = """
() => [...document.querySelectorAll(".ic.box > svg")].filter((each) => {
  const [sign, box] = [each.getBoundingClientRect(), each.parentElement.getBoundingClientRect()]
  return each.checkVisibility() && Math.abs(sign.x + sign.width / 2 - box.x - box.width / 2) > 1
}).map((each) => each.parentElement.outerHTML.slice(0, 120))
"""
# A field in which smaller letters stand makes an iPhone zoom in; what is lower than this is missed by a thumb.
TOO_SMALL = """
() => [
  ...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary, label.chip")
].filter((each) => {
  if (!each.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false
  if (each.matches(".skip, .chips input") || each.closest(".unseen, .trap, [aria-hidden=true]")) return false
  const seen = each.getBoundingClientRect(), around = getComputedStyle(each, "::after")
  if (!seen.width || (around.position === "absolute" && around.inset === "0px")) return false
  const isWords = getComputedStyle(each).display === "inline" && each.matches("a")
    && each.parentElement.textContent.trim() !== each.textContent.trim()
  const isTyped = each.matches("input:not([type=checkbox], [type=radio]), select, textarea")
  if (isTyped && parseFloat(getComputedStyle(each).fontSize) < 16) return true
  return !isWords && !each.matches("[type=checkbox], label input, .search input")
    && (seen.height < 43.5 || seen.width < 43.5)
}).map((each) => {
  const seen = each.getBoundingClientRect()
  return `${each.outerHTML.slice(0, 110)} ${Math.round(seen.width)}x${Math.round(seen.height)}`
})
"""
# Where lines are broken as people broke them, a template's own line does not break what it says.
BROKEN = """
() => [...document.querySelectorAll("p, li, dd, td")].filter(
  (each) => each.checkVisibility() && getComputedStyle(each).whiteSpace === "pre-line"
    && [...each.childNodes].some((part) => part.nodeType === 3 && /\\n\\s*[·,;]|[·,;]\\s*\\n/.test(part.data))
).map((each) => each.textContent.trim())
"""
# A word that would fit on a line of its own is not broken within: only what is longer than its place is. The names in
# the rows of tables of figures may be, so that the figures stand in sight.
IN_TWO = r"""
() => {
  const LEFT_OUT = ".unseen, .trap, textarea, code, .snippet, .figures-table tbody"
    + ', [data-kind="lost"]:not([data-open]), [data-folded]'
  const found = [], words = /[\p{L}\p{N}]{2,16}/gu, range = document.createRange()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const around = node.parentElement
    if (!around.checkVisibility() || around.closest(LEFT_OUT)) continue
    for (const word of node.data.matchAll(words)) {
      range.setStart(node, word.index)
      range.setEnd(node, word.index + word[0].length)
      const parts = [...range.getClientRects()].filter((each) => each.width)
      const lines = new Set(parts.map((each) => Math.round(each.top)))
      if (lines.size > 1) found.push(`${around.tagName}.${around.className}: ${word[0]}`)
    }
  }
  return found
}
"""
# What refreshes itself, with all that can be unfolded there unfolded: which of it did a refresh fold?
FOLDED_BY_A_REFRESH = """
async () => {
  const found = []
  for (const { id } of document.querySelectorAll('[hx-get][hx-trigger~="refresh"]:has(details:not([name]))')) {
    const place = () => document.getElementById(id)
    const theirs = () => [...place().querySelectorAll("details:not([name])")]
    for (const each of theirs()) each.open = true
    const names = theirs().map((each) => each.querySelector("summary").textContent.trim())
    await new Promise((done) => {
      place().addEventListener("htmx:finally:request", done, { once: true })
      htmx.trigger(place(), "refresh")
    })
    await new Promise((done) => setTimeout(done, 50))
    found.push(...names.filter((_, n) => !theirs()[n]?.open))
  }
  return found
}
"""
# A page that is not given some of the styles has nothing that they would change.
UNSTYLED = """
(left) => {
  const within = (each) => each.selectorText ? [each.selectorText] : rules(each.cssRules ?? [])
  const rules = (list) => [...list].flatMap(within)
  const sheet = new CSSStyleSheet(), plain = /::?(before|after|marker|placeholder|hover|focus[a-z-]*|active)/g
  sheet.replaceSync(left)
  if (!document.querySelector('link[href$="/css/board-page.css"]')) return []
  return rules(sheet.cssRules).filter((each) => document.querySelector(each.replaceAll(plain, "")))
}
"""
# In a row or card whatever can be pressed is what one hits in its middle: no link of it lies over another.
COVERED = """
() => [
  ...document.querySelectorAll(":is(li, tr, .card) :is(a[href], button, summary, input:not([type=hidden]), select)")
].filter((each) => {
  if (!each.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false
  each.scrollIntoView({ block: "center", inline: "center", behavior: "instant" })
  const seen = [...each.getClientRects()].find(({ width, height }) => width > 1 && height > 1)
  const hit = seen && document.elementFromPoint(seen.left + seen.width / 2, seen.top + seen.height / 2)
  const isBeside = hit && each.closest("li, tr, .card").contains(hit)
  return isBeside && !each.contains(hit) && !hit.closest("label")?.contains(each)
}).map((each) => each.outerHTML.slice(0, 140))
"""
# Where an answer goes is there: htmx puts what finds no place into whatever sent it.
NO_PLACE = """
() => [...document.querySelectorAll("[hx-target]")].filter((each) => {
  const target = each.getAttribute("hx-target")
  return target.startsWith("#") && !target.includes("{}") && !document.querySelector(target)
}).map((each) => each.outerHTML.slice(0, 140))
"""
# In a row of rooms that is swept sideways, the one that one stands in is in sight.
HERE_IS_HIDDEN = """
() => [...document.querySelectorAll("nav [aria-current]")].filter((each) => {
  const row = each.closest("nav"), [seen, around] = [each.getBoundingClientRect(), row.getBoundingClientRect()]
  return each.checkVisibility() && row.scrollWidth > row.clientWidth
    && (seen.left < around.left - 1 || seen.right > around.right + 1)
}).map((each) => each.outerHTML.slice(0, 120))
"""
# Figures below each other end in one line, and so does the head of their column.
RAGGED = r"""
() => [...document.querySelectorAll(".table, .figures-table")].flatMap((table) => {
  const heads = [...table.querySelectorAll("thead th")], rows = [...table.querySelectorAll("tbody tr")]
  return heads.flatMap((head, n) => {
    const cells = rows.map((row) => row.children[n]).filter((each) => each?.checkVisibility())
    const isFigure = (each) => /\d/.test(each.innerText) && /^[\d\s.,%₽$€–-]+$/.test(each.innerText)
    const isFigures = n && cells.length && cells.every(isFigure)
    const isAtEnd = (each) => ["end", "right"].includes(getComputedStyle(each).textAlign)
    return isFigures && ![head, ...cells].every(isAtEnd) ? [`${head.innerText}: ${cells[0].innerText}`] : []
  })
})
"""
# Two buttons do not touch: one sees where the one ends, and a thumb does too.
TOUCHING = """
() => {
  const all = [...document.querySelectorAll(".btn:not(.quiet), .chip")].filter((each) => each.checkVisibility())
  const boxes = all.map((each) => each.getBoundingClientRect())
  const apart = (a, b) => Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom)
  return all.slice(1).filter((each, n) => {
    const gap = apart(boxes[n], boxes[n + 1])
    return each.closest("form, section, div") && gap > -1 && gap < 3 && boxes[n].width && boxes[n + 1].width
  }).map((each) => each.outerHTML.slice(0, 120))
}
"""
# What lies over the page under the thumb is round, and one does not see through it.
THUMB = """
() => [...document.querySelectorAll(".sub > .end .btn")].filter((each) => {
  if (!each.checkVisibility() || getComputedStyle(each.parentElement).position !== "fixed") return false
  const seen = each.getBoundingClientRect(), look = getComputedStyle(each)
  return seen.width !== seen.height || look.borderRadius !== "50%" || look.backgroundColor.endsWith(", 0)")
}).map((each) => each.outerHTML.slice(0, 120))
"""
# What unfolds shows that it does: by a triangle, where it is no button and has no sign.
UNMARKED = """
() => [...document.querySelectorAll("summary:not([class])")].filter(
  (each) => each.checkVisibility() && !each.querySelector("svg, .face")
    && getComputedStyle(each).listStyleType !== "none" && getComputedStyle(each).display !== "list-item"
).map((each) => each.outerHTML)
"""
# What stands in a chart is read on a phone too, however much the chart shrinks.
TINY = """
() => [...document.querySelectorAll("svg text")].filter((each) => each.checkVisibility()
  && parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a < 9
).map((each) => `${each.textContent} in ${each.closest("figure")?.className}`)
"""
MOVING = """
() => document.getAnimations().filter((each) => each.playState === "running")
  .map((each) => each.effect.target.className)
"""
ON_A_PHONE = (TOO_SMALL, HERE_IS_HIDDEN, RAGGED, TOUCHING, TINY, THUMB, UNMARKED)


# Every screen is looked at in the longer words of the two languages, in the long form in both.
WIDEST = ["en", "ru"] if "EVERY_FIRM" in os.environ else ["ru"]


@pytest.fixture(scope="module", params=WIDEST)
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    with product(request.param) as running:
        running.locale = request.param  # type: ignore[attr-defined]
        yield running


def look(browser: Browser, stack: Stack, width: int, **context: Any) -> Iterator[tuple[Screen, Page]]:
    """Each screen in its turn, by whoever sees it. A word in the console or a violation of the CSP ends it."""
    sees = {"viewport": {"width": width, "height": 900}, "locale": stack.locale, **context}  # type: ignore[attr-defined]
    people: dict[str, Person] = {}
    for screen in screens(stack):
        who = screen.who or "nobody"
        if who not in people:
            people[who] = Person(browser, stack, screen.who or "rep1", **sees)
            people[who].page.add_init_script(LISTEN)
            if screen.who is None:
                people[who].context.clear_cookies()
        page = people[who].page
        come(page, stack, screen)
        yield screen, page
        assert not people[who].complaints, screen.name
        assert not page.evaluate("window.violations"), screen.name
    for each in people.values():
        each.leave()


def note(found: dict[str, str], where: str, lines: list[str]) -> None:
    """What is wrong is told once, with the first screen that shows it."""
    for line in lines:
        found.setdefault(line, where)


def told(found: dict[str, str]) -> str:
    return "\n".join(f"{where}: {line}" for line, where in found.items())


@pytest.mark.timeout(480)  # every screen in two themes: on a slow machine over three minutes
def test_no_screen_shuts_anybody_out_be_it_twice_as_large(chromium: Browser, stack: Stack) -> None:
    found: dict[str, str] = {}
    for screen, page in look(chromium, stack, 1440, bypass_csp=True, reduced_motion="reduce"):
        page.evaluate(AXE)
        for question in (OUT_OF_CARD, NO_PLACE, COVERED, RAGGED, TOUCHING):
            note(found, screen.name, page.evaluate(question))
        note(found, f"{screen.name} lines", page.evaluate(BROKEN) + page.evaluate(IN_TWO))
        for theme, rules in THEMES.items():
            page.emulate_media(color_scheme=theme)
            note(found, f"{screen.name} {theme}", page.evaluate(SERIOUS, rules))
        page.set_viewport_size({"width": 720, "height": 450})
        for question in (WIDER, OUT_OF_REACH, IN_TWO):
            note(found, f"{screen.name} twice as large", page.evaluate(question))
        page.set_viewport_size({"width": 1440, "height": 900})
    assert not found, told(found)


@pytest.mark.timeout(480)  # as the one above
def test_no_screen_is_wider_than_a_phone_and_no_refresh_folds_it(chromium: Browser, stack: Stack) -> None:
    found: dict[str, str] = {}
    whole, board = (first_files.of(STATIC)[name].styles for name in ("app", "board-page"))
    left = "".join((STATIC / name).read_text() for name in whole if name not in board)
    for screen, page in look(chromium, stack, 390, reduced_motion="reduce", has_touch=True, is_mobile=True):
        for question in (*ON_A_PHONE, WIDER, OUT_OF_REACH, OUT_OF_CARD, OFF_CENTRE, IN_TWO, MOVING, COVERED):
            note(found, screen.name, page.evaluate(question))
        note(found, screen.name, page.evaluate(FOLDED_BY_A_REFRESH))
        note(found, f"{screen.name} without a style", page.evaluate(UNSTYLED, left))
    assert not found, told(found)


def test_an_empty_board_says_what_will_come(chromium: Browser, stack: Stack) -> None:
    person = Person(chromium, stack, "head", bypass_csp=True, reduced_motion="reduce")
    with emptied(stack):
        come(person.page, stack, EMPTY)
        assert person.page.locator(".col .empty").first.is_visible()
        assert not person.complaints
        person.page.evaluate(AXE)
        assert not person.page.evaluate(SERIOUS)
    person.leave()


@contextmanager
def shop(dozor: str) -> Iterator[str]:
    """Another firm's site, strict about what it loads, with the form's line in it."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {dozor}; frame-src {dozor}")
            self.end_headers()
            line = f'<script src="{dozor}/form.js" data-pipeline="sales" defer></script>'
            self.wfile.write(
                f'<!doctype html><html lang="ru"><title>Shop</title><body>{line}<p>The end</p></html>'.encode()
            )

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/shop"
    finally:
        server.shutdown()
        server.server_close()


def test_the_web_form_works_in_the_page_of_another_site(chromium: Browser, stack: Stack) -> None:
    context = chromium.new_context(color_scheme="dark")
    context.add_init_script(LISTEN)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text))
    with shop(stack.url.replace("127.0.0.1", "localhost")) as address:  # another site than the page around it
        page.goto(address)
    form = page.frame_locator("iframe")
    assert form.locator("html").get_attribute("lang") == "ru"
    assert form.locator("html").get_attribute("data-theme") == "light"  # as the site around it, whatever the device
    page.wait_for_function("document.querySelector('iframe').offsetHeight != 576")
    before = page.locator("iframe").evaluate("frame => frame.offsetHeight")
    form.locator("#name").fill("Vera Orlova")
    form.locator("#email").fill("vera@example.com")
    form.locator("#text").fill(f"A press, please: {before}")
    page.wait_for_timeout(2000)
    form.locator(".btn").dblclick()
    form.locator(".thanks").wait_for()
    page.wait_for_function(f"document.querySelector('iframe').offsetHeight < {before}")
    assert (context.cookies(), heard, page.evaluate("window.violations")) == ([], [], [])
    newest = stack.call("admin", "GET", "/deals")["items"]
    assert sum(deal["title"] == f"A press, please: {before}" for deal in newest) == 1
    context.close()
