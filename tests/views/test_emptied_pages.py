"""A page whose rows have all gone while somebody looked at it shows the end of its list, and the way back from there:
it never says that there is nothing while there is something."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

import webapp
from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views.scenes import HTMX
from webapp.access.scopes import SYSTEM
from webapp.clock import now
from webapp.db import session, transaction
from webapp.models import (
    Contact,
    Conversation,
    Deal,
    Delivery,
    ImportantItem,
    ImportantPlace,
    Notification,
    PhoneCall,
    RobotRun,
    Task,
)
from webapp.queries import paging
from webapp.services import contacts, conversations, deals, delivery_plans, important, inquiries, notifications, tasks

SignIn = Callable[[str], Browser]
MANY = 9  # two pages of four, and one more
TEMPLATES = Path(webapp.__file__).parent / "templates"
INBOX = r'<section aria-labelledby="{}-h">.*?</section>'


@dataclass(frozen=True)
class PagedList:
    """`row` finds the id in each row of what `within` finds; `leave` takes rows of these ids out of it."""

    template: str
    path: str
    row: str
    make: Callable[[], object]
    leave: Callable[[Sequence[int]], Any]
    within: str = r'<(?:main|div|section)[^>]* id="(?:main|tasks|contacts|loose-calls|log|runs)".*'
    reader: str = "admin"
    is_still: bool = False  # its page does not bring itself up to date


def committed(make: Callable[[], object]) -> Callable[[], None]:
    def one() -> None:
        with transaction():
            make()

    return one


def many(model: Any) -> int:
    return session().scalar(select(func.count(model.id))) or 0


def changed(model: Any, **to: object) -> Callable[[Sequence[int]], Any]:
    return lambda ids: update(model).where(model.id.in_(ids)).values(**to)


def removed(model: Any) -> Callable[[Sequence[int]], Any]:
    return lambda ids: delete(model).where(model.id.in_(ids))


def gone(deal_ids: Sequence[int]) -> Any:
    return update(Deal).where(Deal.id.in_(deal_ids)).values(deleted_at=now())


def a_task() -> None:
    tasks.create_by_hand("A call", "", company.person("rep1"), company.acting("north"))


def a_closed_deal() -> Deal:
    draft = deals.DealDraft("A press", company.stage("new"), company.person("rep1"))
    deal = deals.create(draft, company.acting("rep1"))
    deal.stage_id, deal.closed_at = company.stage("won").id, now()
    return deal


def a_deal_of_one() -> None:
    """Of one and the same client, with a word about it."""
    client = session().get(Contact, 1) or contacts.create({"name": "Vera"}, SYSTEM)
    draft = deals.DealDraft("A lathe", company.stage("new"), company.person("rep1"), contact_id=client.id)
    deal = deals.create(draft, company.acting("rep1"))
    conversations.hear(conversations.of_channel(deal, client, "chat"), "How much?", SYSTEM, "text")


def a_deleted_deal() -> None:
    a_closed_deal().deleted_at = now()


def a_notification() -> None:
    facts: dict[str, object] = {"channel": "email", "why": "It is full."}
    notifications.tell([company.person("admin")], "gateway.failing", key=f"n{many(Notification)}", facts=facts)


def a_call() -> None:
    call = PhoneCall(key=f"c{many(PhoneCall)}", caller="+79161112200", state="answered", visible_at=now())
    call.created_at, call.ended_at = now(), now()
    session().add(call)


def a_delivery() -> None:
    added = delivery_plans.add(f"w{many(Delivery)}", "email", "client@firm.example", "message", due=now())
    added.state = "failed"


def a_run() -> None:
    deal_id = acts.deal()
    with transaction() as current:
        wanted = select(RobotRun).where(RobotRun.deal_id == deal_id).order_by(RobotRun.id).limit(1)
        run = current.scalars(wanted).one()
        run.state, run.ended_at = "fired", now()


def put_aside() -> None:
    north = company.acting("north")
    cause = important.Cause("control", f"c{many(ImportantItem)}", now(), company.person("rep1"))
    item = important.open_for([company.person("north")], cause, SYSTEM)
    important.snooze(item, now() + timedelta(hours=1), north)


LISTS: tuple[PagedList, ...] = (
    PagedList(
        "tasks/_list.html",
        "/tasks?list=waiting",
        r'data-task="(\d+)"',
        committed(a_task),
        changed(Task, state="done"),
        reader="rep1",
    ),
    PagedList(
        "contacts/_list.html",
        "/contacts",
        r'href="/contacts/(\d+)">',
        committed(lambda: contacts.create({"name": "Vera"}, SYSTEM)),
        removed(Contact),
    ),
    PagedList(
        "deals/closed.html",
        "/deals",
        r'href="/deals/(\d+)">',
        committed(a_closed_deal),
        gone,
    ),
    PagedList(
        "deals/closed.html",
        "/deals?kind=deleted",
        r'action="/deals/(\d+)/restorations"',
        committed(a_deleted_deal),
        changed(Deal, deleted_at=None),
    ),
    PagedList(
        "inbox/_inbox.html",
        "/inbox",
        r'data-notice="(\d+)"',
        committed(a_notification),
        lambda seqs: delete(Notification).where(Notification.seq.in_(seqs)),
        INBOX.format("told"),
    ),
    PagedList(
        "inbox/_inbox.html",
        "/inbox?show=unread",
        r'data-notice="(\d+)"',
        committed(a_notification),
        lambda seqs: update(Notification).where(Notification.seq.in_(seqs)).values(read_at=now()),
        INBOX.format("told"),
    ),
    PagedList(
        "inbox/_inbox.html",
        "/inbox",
        r'href="/deals/(\d+)"',
        committed(lambda: inquiries.receive("form", {"name": "Vera"}, "How much?", SYSTEM)),
        lambda ids: update(Conversation).where(Conversation.deal_id.in_(ids)).values(unanswered_since=None),
        INBOX.format("wait"),
        reader="head",
    ),
    PagedList(
        "calls/_list.html",
        "/calls",
        r'data-loose-call="(\d+)"',
        committed(a_call),
        lambda ids: update(PhoneCall).where(PhoneCall.id.in_(ids)).values(settled_at=now()),
    ),
    PagedList(
        "channels/_log.html",
        "/settings/channels?log=failed",
        r'data-delivery="(\d+)"',
        committed(a_delivery),
        changed(Delivery, state="sent"),
    ),
    PagedList("runs/_list.html", "/runs?state=fired", r'data-why="(\d+)"', a_run, changed(RobotRun, ended_at=None)),
)
CLIENT = "/contacts/1"
LISTS += (
    PagedList(
        "important/_hidden.html",
        "/important?list=snoozed",
        r'data-item="(\d+)"',
        committed(put_aside),
        lambda ids: update(ImportantPlace).where(ImportantPlace.item_id.in_(ids)).values(stands="open"),
        r'<div id="important".*',
        reader="north",
    ),
    PagedList(
        "contacts/_deals.html",
        CLIENT,
        r'href="/deals/(\d+)"',
        committed(a_deal_of_one),
        gone,
        INBOX.format("deals"),
    ),
    PagedList(
        "contacts/_talks.html",
        CLIENT,
        r'href="/deals/(\d+)#talk-h"',
        committed(a_deal_of_one),
        gone,
        INBOX.format("talks"),
    ),
    PagedList(
        "search/show.html",
        "/search?q=lathe",
        r'href="/deals/(\d+)"',
        committed(a_deal_of_one),
        gone,
        is_still=True,
    ),
    PagedList(
        "search/show.html",
        "/search?q=vera",
        r'href="/contacts/(\d+)"',
        committed(lambda: contacts.create({"name": "Vera"}, SYSTEM)),
        removed(Contact),
        is_still=True,
    ),
)
OF_WHAT_STAYS = {"rehearsals/_firings.html"}  # nothing leaves a rehearsal


def test_every_list_that_goes_on_is_among_these() -> None:
    paged = {
        str(each.relative_to(TEMPLATES)) for each in TEMPLATES.rglob("*.html") if "{% call pager(" in each.read_text()
    }
    assert paged == {each.template for each in LISTS} | OF_WHAT_STAYS


def read(who: Browser, path: str, of: PagedList, *, live: bool = False) -> tuple[list[int], dict[str, str], str]:
    text = who.get(path, headers=HTMX if live else {}).text
    found = re.search(of.within, text, re.DOTALL)
    assert found, path
    links = {word: html.unescape(link) for link, word in re.findall(r'href="([^"]+)">(Next|Previous)<', found[0])}
    return [int(each) for each in re.findall(of.row, found[0])], links, found[0]


@pytest.mark.both_databases
@pytest.mark.parametrize("of", LISTS, ids=lambda each: f"{each.path} {each.row}")
def test_a_page_that_has_run_empty_is_the_end_of_what_is_left(
    app: Flask, clock: Clock, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, of: PagedList
) -> None:
    monkeypatch.setattr(paging, "PAGE", 4)
    with app.app_context():
        for _ in range(MANY):
            of.make()
    who = sign_in(of.reader)
    first, links, _ = read(who, of.path, of)
    second, on, _ = read(who, links["Next"], of)
    last, end, _ = read(who, on["Next"], of)
    assert (len(first), len(second), len(last), "Next" in end) == (4, 4, 1, False)

    def is_left(rows: list[int], ways: set[str]) -> None:
        for live in (False,) if of.is_still else (False, True):
            shown, further, text = read(who, on["Next"], of, live=live)
            assert (shown, set(further), 'class="empty' in text) == (rows, ways, False)
            if further:
                assert read(who, further["Previous"], of)[0] == first

    with app.app_context(), transaction() as current:
        current.execute(of.leave(last))
    is_left(second, {"Previous"})
    with app.app_context(), transaction() as current:
        current.execute(of.leave(second))
    is_left(first, set())
    with app.app_context(), transaction() as current:
        current.execute(of.leave(first))
    rows, ways, _ = read(who, on["Next"], of)
    assert (rows, ways) == ([], {})
