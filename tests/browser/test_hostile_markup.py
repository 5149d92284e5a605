"""Markup in every text that a person, a client or the firm can write, before a real Chromium: on every screen, and in
what arrives live. It is shown as text: no element, no attribute, no request, no word in the console comes of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from tests import company
from tests.browser.conftest import Person
from tests.browser.screens import Screen, come, opens, presses, product, screens
from tests.stack import Stack
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.models import Company, Contact, Deal, Department, Field, Firm, Pipeline, Robot, Stage, Task, Trigger, User
from webapp.services import board_views, contacts, conversations, deals, inquiries, invoices, notifications, tasks
from webapp.snapshots.setups import changed

# Whatever becomes an element, or breaks out of an attribute, carries `hit`. Short enough for a name of a view.
PAYLOADS = (
    "<script hit>hit()</script><img hit src=/hit onerror=hit()>",
    "'><svg hit onload=hit()></textarea></title><b hit>x</b>",
    '" hit autofocus onfocus=hit() onanimationstart=hit() x="',
    "</style><iframe hit srcdoc='<script>hit()</script>'>",
    "<a hit href=javascript:hit()>x</a><form hit action=//x.yz>",
    "<hx-partial hit hx-target=body><i hit>x</i></hx-partial>",
    "<p hit hx-get=/hit hx-trigger=load hx-on:load=hit()>x</p>",
    "<style hit>*{color:red}</style><base hit href=//x.yz>",
    "<meta hit http-equiv=refresh content='9;url=/hit'><hr hit>",
    "--><template hit></template><!-- <math hit><mi hit>",
    "{{ 7*7 }}{% raw %}${7*7} %(deal)s %s {0} &lt;b hit&gt;",
)
# Each stands on the board, in lists and live; pages of single records are opened for some, unless all are asked for.
LOOKED_AT = PAYLOADS if "EVERY_FIRM" in os.environ else PAYLOADS[::3]
LISTEN = """
window.hits = []
window.hit = () => window.hits.push("it ran")
const note = (node) => {
  if (node.nodeType !== 1) return
  if (node.matches("[hit]") || node.querySelector("[hit]")) window.hits.push(node.outerHTML.slice(0, 300))
}
document.addEventListener("securitypolicyviolation", (event) =>
  window.hits.push(`${event.violatedDirective} ${event.blockedURI}`))
new MutationObserver((changes) => changes.forEach((each) => [each.target, ...each.addedNodes].forEach(note)))
  .observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["hit"] })
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with product("en") as running:
        yield running


class Witness:
    """Somebody at a browser who hears of whatever a payload does."""

    def __init__(self, browser: Browser, stack: Stack, who: str | None) -> None:
        self.person = Person(browser, stack, who or "rep1", reduced_motion="reduce")
        self.page, self.heard, self.read = self.person.page, list[str](), ""
        if who is None:
            self.person.context.clear_cookies()
        self.page.add_init_script(LISTEN)
        self.page.on("dialog", lambda dialog: (self.heard.append(dialog.message), dialog.dismiss()))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.person.url, "data:")) or urlsplit(request.url).path.endswith("/hit"):
            self.heard.append(request.url)

    def look(self, where: str) -> None:
        """Nothing has come of any payload so far; what one reads is kept."""
        typed = "[...document.querySelectorAll('input, textarea')].map((each) => each.value).join()"
        shown = f"document.body.innerText + {typed}"
        self.read += self.page.evaluate(shown)
        found = [*self.heard, *self.person.complaints, *self.page.evaluate("window.hits")]
        assert not found, (where, found)


@pytest.mark.timeout(480)
def test_markup_in_any_text_does_nothing_in_a_browser(chromium: Browser, stack: Stack) -> None:
    plant(stack)
    witnesses = {who: Witness(chromium, stack, who) for who in ("head", "north", "rep1", "admin", None)}
    for screen in [*screens(stack), *more_screens(stack)]:
        witness = witnesses[screen.who]
        come(witness.page, stack, screen)
        witness.look(screen.name)
    for n, payload in enumerate(PAYLOADS):
        arrive(stack, payload, witnesses["rep1"].page, witnesses["north"].page, n)
        for who in ("rep1", "north"):
            witnesses[who].look(f"live: {payload}")
    read = "".join(each.read for each in witnesses.values())
    assert [payload for payload in PAYLOADS if payload not in read] == []
    for each in witnesses.values():
        each.person.leave()


@pytest.mark.parametrize("payload", PAYLOADS[:-1])
def test_a_payload_that_becomes_markup_is_noticed(chromium: Browser, stack: Stack, payload: str) -> None:
    witness = Witness(chromium, stack, "head")
    witness.person.open("/profile")
    witness.look("before")
    witness.page.evaluate(
        """(text) => { document.querySelector("#main").innerHTML = `<p title="${text}">${text}</p>` }""", payload
    )
    with pytest.raises(AssertionError):
        witness.look("after")
    witness.person.context.close()


def plant(stack: Stack) -> None:
    """All payloads, by those who could write them."""
    with stack.app.app_context(), transaction() as current:
        rep, boss, owner = company.acting("rep1"), company.acting("head"), company.person("rep1")
        stage = company.stage("data_collection")
        for n, payload in enumerate(PAYLOADS):
            contact = contacts.create({"name": payload, "external_id": f"hostile {n}"}, rep, responsible_id=owner)
            contacts.edit(contact, {"name": payload + "."}, rep, own={"vip": "on"}, company=payload)
            deal = deals.create(deals.DealDraft(payload, stage, owner, 100_000, contact_id=contact.id), rep)
            deals.edit(deal, {"title": payload + "!"}, by=rep)
            _, _, talk = inquiries.receive("chat", {"name": payload, "external_id": f"hostile {n}"}, payload, SYSTEM)
            conversations.reply(talk, payload, rep)
            invoices.issue(deal, payload, 100, rep)
            task = tasks.create_by_hand(payload, payload, owner, boss, deal=deal, accept=True)
            tasks.submit(task, payload, rep)
            tasks.send_back(task, payload, boss)
            if not n:
                tasks.submit(task, payload, rep)
            lost = deals.create(deals.DealDraft(payload, stage, owner, contact_id=contact.id), rep)
            deals.move(lost, company.stage("lost"), by=rep, raw={"deal": {"lost_reason": payload}})
            board_views.save(company.person("head"), company.stage("new").pipeline_id, payload, "mine=1")
        words_of_the_firm()
        current.flush()
        changed()


def words_of_the_firm() -> None:
    """What the firm calls its people, stages, fields, robots: every name and every text, each another payload."""
    turn = cycle(PAYLOADS)

    def both() -> dict[str, str]:
        return dict.fromkeys(("en", "ru"), next(turn))

    for kind in (User, Firm, Company):
        for row in session().scalars(select(kind)):
            row.name = next(turn)
    for kind in (Stage, Pipeline, Department, Robot, Trigger):
        for row in session().scalars(select(kind)):
            row.name = both()
    for field in session().scalars(select(Field)):
        field.label, field.options = both(), [{**each, "label": both()} for each in field.options]
    for robot in session().scalars(select(Robot)):
        texts = {key: both() for key in ("text", "title") if key in robot.settings}
        robot.settings = {**robot.settings, **texts}


def more_screens(stack: Stack) -> list[Screen]:
    """What `screens` leaves out: every hostile record, and the states in which texts come back."""
    with stack.app.app_context():
        found = {
            kind: list(session().scalars(select(kind.id).order_by(kind.id.desc()).limit(len(LOOKED_AT))))
            for kind in (Deal, Contact, Task)
        }
        open_deals = session().scalars(select(Deal.id).where(Deal.title.like("%!"), func.length(Deal.title) > 40))
        found[Deal] += list(open_deals)[-len(LOOKED_AT) :]
        session().close()
    paths = [f"/{kind.__tablename__}s/{each}" for kind, ids in found.items() for each in ids]
    return [
        *(Screen(path, path) for path in paths),
        Screen("filtered", "/?burning=1", presses("details.menu:has(.form-panel) > summary")),
        Screen("bell of the head", "/", opens("[data-bell]")),
        Screen("inbox of the rep", "/inbox", who="rep1"),
        Screen("found", "/search?q=hit"),
        Screen("lifted by keys", "/", lift_by_keys),
        Screen("no such page", f"/views?name={quoted(PAYLOADS[0])}"),
        Screen("next", f"/sign-in?next=/{quoted(PAYLOADS[2])}", who=None),
        *(Screen(f"form refused {n}", "/form/sales", typed(payload), who=None) for n, payload in enumerate(LOOKED_AT)),
        *(Screen(f"in an address {n}", f"/?q={quoted(payload)}") for n, payload in enumerate(LOOKED_AT)),
        *(Screen(f"searched {n}", f"/search?q={quoted(payload)}") for n, payload in enumerate(LOOKED_AT)),
    ]


def quoted(text: str) -> str:
    return quote(text)


def typed(payload: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator("form").evaluate("form => form.noValidate = true")
        for name in ("name", "phone", "text"):
            page.locator(f"#{name}").fill(payload)
        page.locator("form .btn").click()
        page.locator(".wrong").first.wait_for()

    return act


def lift_by_keys(page: Page) -> None:
    page.locator('[data-stage="new"] .card a[data-sheet]').first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.locator(".col.blocked").first.wait_for()


def arrive(stack: Stack, payload: str, rep: Page, north: Page, n: int) -> None:
    """The same text live: a card, a title, a toast, a prompt, a reason, before open pages."""
    if n == 0:
        for page in (rep, north):
            page.goto(stack.url)
            page.locator('[data-live="on"]').wait_for()
    with stack.app.app_context(), transaction():
        by, owner = company.acting("rep1"), company.person("rep1")
        contacts.create({"name": payload, "external_id": f"live {n}"}, by, responsible_id=owner)
        deal, _, _ = inquiries.receive("chat", {"name": payload, "external_id": f"live {n}"}, payload, SYSTEM)
        deals.edit(deal, {"title": f"{payload} {n}"}, by=SYSTEM)
        task = tasks.create_by_hand(payload, payload, owner, company.acting("north"), deal=deal, accept=True)
        tasks.submit(task, payload, by)
        told = dict.fromkeys(("en", "ru"), payload)
        notifications.tell(
            [owner], "robot.control", key=f"live {n}", facts={"robot.name": told}, text=told, deal_id=deal.id
        )
        deal_id, task_id = deal.id, task.id
    for page in (rep, north):
        expect(page.locator(f'[data-deal="{deal_id}"] .t')).to_have_text(f"{payload} {n}")
    expect(rep.locator("[data-toast] h3", has_text=payload).first).to_be_visible()
    expect(north.locator(f"#prompt-{task_id}")).to_contain_text(payload)
    with stack.app.app_context(), transaction() as current:
        tasks.send_back(current.get_one(Task, task_id), payload, company.acting("north"))
    expect(rep.locator("[data-toast] p", has_text=payload).first).to_be_visible()
    expect(north.locator(f"#prompt-{task_id}")).to_have_count(0)
