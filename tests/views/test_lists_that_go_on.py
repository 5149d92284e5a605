"""Lists of what waits go on to their end: nobody stands beyond the last row that can be reached."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import Browser, Clock
from webapp.access.scopes import SYSTEM
from webapp.db import transaction
from webapp.models import Delivery
from webapp.services import delivery_plans, inquiries

SignIn = Callable[[str], Browser]
ROW = r'<section aria-labelledby="wait-h">(.*?)</section>'


def seen(who: Browser, path: str, row: str, within: str) -> list[str]:
    """What stands in the rows of a list, page by page, and that one comes back to where one began."""
    found, first, pages = [], "", 0
    while path:
        answer = who.get(path)
        (part,) = re.findall(within, answer.text, re.S)
        here = re.findall(row, part)
        first, pages = first or here[0], pages + 1
        found += here
        onward = re.search(r'<a class="btn" href="([^"]+)">Next</a>', part)
        path = html.unescape(onward[1]) if onward else ""
        back = re.search(r'<a class="btn" href="([^"]+)">Previous</a>', part)
    for _ in range(pages - 1):
        assert back
        (part,) = re.findall(within, who.get(html.unescape(back[1])).text, re.S)
        back = re.search(r'<a class="btn" href="([^"]+)">Previous</a>', part)
    assert re.findall(row, part)[0] == first
    return found


@pytest.mark.both_databases
def test_every_client_who_waits_stands_in_the_inbox_and_one_can_get_there(
    app: Flask, clock: Clock, sign_in: SignIn
) -> None:
    with app.app_context():
        for n in range(103):
            clock.go_on(seconds=n % 2)  # some at the same instant
            with transaction():
                inquiries.receive("form", {"name": f"Client {n:03d}"}, f"Question {n}", SYSTEM)
    head = sign_in("head")
    assert seen(head, "/inbox", r"<a href=\"/deals/\d+\">(Client \d+)</a>", ROW) == [
        f"Client {n:03d}" for n in range(103)
    ]
    assert '<span class="quiet-text num">103 clients' in head.get("/inbox").text
    assert "Client 000" in head.get("/inbox?from=nonsense").text


def test_what_could_not_be_sent_is_found_however_much_went_out_since(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    def add(n: int, state: str) -> None:
        row = delivery_plans.add(f"w{n}", "email", f"client{n}@firm.example", "message", due=clock.at)
        row.state = state

    with app.app_context(), transaction():
        for n in range(120):
            add(n, "failed" if n == 7 else "sent")
    admin = sign_in("admin")
    log = r'<section class="panel-card" id="log"(.*)</section>'
    rows = seen(admin, "/settings/channels", r'<li data-delivery="(\d+)"', log)
    assert (len(rows), len(set(rows))) == (120, 120)
    only = admin.get("/settings/channels?log=failed").text
    (failed,) = re.findall(r'action="(/deliveries/\d+/retries)"', only)
    assert "client7@firm.example" in only
    assert admin.post(failed).status_code == 303
    assert admin.post(failed).status_code == 422, "it was sent again already"
    assert "/retries" not in admin.get("/settings/channels?log=failed").text
    with app.app_context(), transaction() as current:
        newest = current.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        newest.state = "failed"
    (again,) = re.findall(r'action="(/deliveries/\d+/retries)"', admin.get("/settings/channels?log=failed").text)
    assert again != failed, "what failed a second time may be sent a third time"
    assert admin.post(again).status_code == 303
