"""The golden scenario with every channel on: an admin sets them up from nothing, the head is not looking at Dozor, and
what matters reaches them by SMS and by push; the work is accepted on the page of their phone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import company
from tests.browser.hands import PHONE
from tests.browser.test_golden import EN, pay, say_the_equipment, send_the_invoice, shorten, submit
from tests.browser.test_phone import worker_of
from tests.channels import worlds
from tests.channels.worlds import Calls, Post, Pushed
from tests.stack import Stack
from webapp.db import transaction
from webapp.models import Telling

PATIENCE_SECONDS = 40.0
HEADS_PHONE = "+79125550100"


@dataclass
class Outside:
    """A mail server, an SMS gateway and a push service on this machine."""

    post: Post = field(default_factory=Post)
    sms: Calls = field(default_factory=Calls)
    pushed: Pushed = field(default_factory=Pushed)
    mail_port: int = 0
    sms_port: int = 0


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Asked for before the stack, whose processes may reach it."""
    found, ends = Outside(), ExitStack()
    with ends:
        found.mail_port = ends.enter_context(worlds.mail_server(found.post))
        found.sms_port = ends.enter_context(worlds.http_gateway(found.sms))
        push = f"127.0.0.1:{ends.enter_context(worlds.push_service(found.pushed))}"
        found.pushed.endpoint = f"http://{push}/one"
        monkeypatch.setenv("DOZOR_OUTBOUND_ALLOW", f"127.0.0.0/8,{push}")
        yield found


def until(found: Callable[[], Any]) -> Any:
    """What it answers once that is something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (answered := found()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return answered


def set_up(admin: Page, outside: Outside) -> None:
    """From nothing; what a provider does not like is told in words, and put right."""
    log = admin.locator("#log [data-delivery]").first
    _mail(admin, worlds.free_port())
    _try(admin, "email", "admin@firm.example")
    expect(log).to_contain_text("Nothing answers at the server's address", timeout=30000)
    expect(admin.locator("#last-email .wrong")).to_contain_text("Nothing answers", timeout=30000)
    _mail(admin, outside.mail_port)
    _try(admin, "email", "admin@firm.example")
    expect(log).to_contain_text("e-mail · sent", timeout=30000)
    expect(admin.locator("#last-email .saved")).to_be_visible(timeout=30000)
    admin.fill("#s-url", "json:/127.0.0.1")
    admin.locator("form:has(#s-url) .btn.primary").click()
    expect(admin.locator("form:has(#s-url)")).to_contain_text("This is not the address of an SMS provider")
    admin.fill("#s-url", f"json://127.0.0.1:{outside.sms_port}/sms")
    admin.locator("form:has(#s-url) .btn.primary").click()
    outside.sms.status, outside.sms.answer = 422, "no such number"
    _try(admin, "sms", HEADS_PHONE)
    expect(log).to_contain_text("The other side did not accept it. (422 no such number)", timeout=30000)
    outside.sms.status = 200
    _try(admin, "sms", HEADS_PHONE)
    expect(log).to_contain_text("SMS · sent", timeout=30000)
    outside.sms.asked.clear()


def _mail(admin: Page, port: int) -> None:
    admin.fill("#m-host", "127.0.0.1")
    admin.fill("#m-port", str(port))
    admin.fill("#m-from", "Dozor <crm@firm.example>")
    admin.locator("form:has(#m-host) .btn.primary").click()
    expect(admin.locator("p.saved")).to_be_visible()


def _try(admin: Page, kind: str, address: str) -> None:
    admin.fill(f"#t-{kind}", address)
    admin.locator(f"form:has(#t-{kind}) .btn").click()


def reached(stack: Stack, head: Any, outside: Outside) -> Page:
    """The head's phone: its browser is told by push, its number by SMS where a robot says so; then Dozor is closed."""
    page: Page = head.open()
    worker = worker_of(page, f"{head.url}/inbox")
    made = {"endpoint": outside.pushed.endpoint, "keys": outside.pushed.keys}
    assert worker.evaluate("made => tell(made).then(answer => answer.status)", made) == 204
    with stack.app.app_context():
        worlds.has_address("north", "sms", HEADS_PHONE)
        worlds.has_address("rep1", "email", "ivan@firm.example", "urgent", "normal")
        with transaction() as current:  # whatever the hour is
            current.add_all(Telling(user_id=company.person(each), has_quiet_hours=False) for each in ("north", "rep1"))
    vip = stack.robot_id("vip_notification")
    stack.call("admin", "PATCH", f"/robots/{vip}", {"channels": ["sms"]})
    page.goto("about:blank")
    return page


def test_a_head_who_is_away_is_reached_and_accepts_on_the_phone(
    outside: Outside, stack: Stack, person: Callable[..., Any]
) -> None:
    shorten(stack)
    set_up(person("admin").open("/settings/channels"), outside)
    rep, head = person("rep1", **PHONE), person("north", service_workers="allow", **PHONE)
    board, phone, hit = rep.open(), reached(stack, head, outside), Locator.tap
    contact = {"name": "Vera Orlova", "phone": "+7 912 555-01-77"}
    made = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": contact, "text": "A press"})
    deal = made["deal_id"]
    until(lambda: [each for each in outside.pushed.said if each["person"]])
    stack.call("admin", "PATCH", f"/deals/{deal}", {"responsible_id": stack.call("rep1", "GET", "/users/me")["id"]})
    board.goto(f"{rep.url}/deals/{deal}")
    board.locator("[data-reply]").fill("Good morning! Which press?")
    hit(board.locator("form.reply .btn.primary"))
    expect(board.locator(".steps [aria-current=step]")).to_have_text(EN["data"])

    stack.call("rep1", "PATCH", f"/contacts/{made['contact_id']}", {"fields": {"vip": True}})
    stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": contact, "text": "A special one"})
    said = until(lambda: [each["message"] for each in outside.sms.asked if EN["vip"] in each["message"]])[0]
    say_the_equipment(board, None, deal, EN, hit)
    expect(board.locator("[data-toast]", has_text=EN["task"]).first).to_be_visible(timeout=30000)
    board.goto(f"{rep.url}/tasks")
    hit(board.get_by_role("link", name=EN["task"]))
    submit(board, hit, "Delivery on 12 December")
    asked = until(lambda: [each for each in outside.pushed.said if each.get("submission")])[0]

    link = re.search(r"http\S+", said)
    assert link is not None
    phone.goto(link[0])
    expect(phone.locator("main")).to_contain_text("Vera Orlova")
    phone.goto(f"{head.url}{asked['url']}")
    hit(phone.locator("main [data-accept]"))
    expect(board.locator("[data-task]")).to_have_attribute("data-state", "done")
    until(lambda: [each for each in outside.post.letters if "ivan@firm.example" in str(each["To"])])
    send_the_invoice(board, deal, hit)
    phone.goto(head.url)
    pay(board, phone, deal, hit)
    assert len(set(outside.post.ids)) == len(outside.post.ids)
