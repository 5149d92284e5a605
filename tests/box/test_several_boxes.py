"""More than one box: two webs, workers and tickers over one PostgreSQL and one Redis. The lesson from the first word to
the paid invoice by a client that asks each web in its turn, while pages at either web hear of it all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import func, select

from tests import servers
from tests.faults.crowd import shorten
from tests.faults.watchers import Watcher
from tests.stack import TWO_OF_EACH, NotDone, Stack
from tests.warm import Warm
from webapp.changes import announcements
from webapp.db import session
from webapp.models import Heartbeat

pytestmark = [pytest.mark.postgres, pytest.mark.faults]
CLIENT = {"name": "Vera Orlova", "phone": "+7 912 555-01-77"}


@pytest.fixture
def stack(tmp_path: Path, database_url: str, redis_server: servers.RedisServer, warm: Warm) -> Iterator[Stack]:
    running = Stack(tmp_path, database_url, redis_server, warm)
    redis_server.empty()
    try:
        yield running.start(*TWO_OF_EACH)
    finally:
        running.stop()


@pytest.fixture
def pages(stack: Stack) -> Iterator[tuple[Watcher, Watcher]]:
    """The rep's at one web, the head's at the other."""
    rep, head = Watcher(stack, "rep1", at="web"), Watcher(stack, "north", at="web-2")
    for each in (rep, head):
        each.start()
    until(lambda: rep.looks == head.looks == 1)
    with redis.Redis.from_url(stack.redis.url) as client:
        until(lambda: client.pubsub_numsub(announcements.channel(stack.app))[0][1] == 2)  # each web has begun to listen
    yield rep, head
    for each in (rep, head):
        each.stop()


def until(holds: Callable[[], Any], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def told(stack: Stack, name: str, kind: str) -> int:
    return sum(each["kind"] == kind for each in stack.call(name, "GET", "/notifications")["items"])


class Pages:
    """Both boards, as they were pushed: nobody asks for them again."""

    def __init__(self, both: tuple[Watcher, Watcher], deal: int) -> None:
        self.both, self.deal = both, deal

    def show(self, stage: str) -> None:
        for page in self.both:
            until(lambda: page.cards.get(self.deal, (0, ""))[1] == stage)  # noqa: B023
            assert page.looks == 1


def test_the_lesson_runs_over_two_of_each(stack: Stack, pages: tuple[Watcher, Watcher]) -> None:
    shorten(stack, 2)
    call = stack.call

    # A client writes and nobody answers; the reply takes the dialogue.
    made = call("admin", "POST", "/inquiries", {"channel": "chat", "contact": CLIENT, "text": "A press, please"})
    deal, shown = f"/deals/{made['deal_id']}", Pages(pages, made["deal_id"])
    call("admin", "PATCH", deal, {"responsible_id": call("rep1", "GET", "/users/me")["id"]})
    shown.show("new")
    until(lambda: told(stack, "north", "robot.control") == 1)
    call("rep1", "POST", f"/conversations/{made['conversation_id']}/messages", {"text": "Good morning!"}, at="web-2")
    shown.show("data_collection")

    # A VIP writes again; what a stage asks for is asked at either web.
    call("rep1", "PATCH", f"/contacts/{made['contact_id']}", {"fields": {"vip": True}}, at="web")
    call("admin", "POST", "/inquiries", {"channel": "chat", "contact": CLIENT, "text": "A special one"}, at="web-2")
    until(lambda: told(stack, "north", "robot.notify") == 1)
    for web in ("web", "web-2"):
        with pytest.raises(NotDone, match="required_fields"):
            call("rep1", "POST", f"{deal}/moves", {"stage": "processing"}, at=web)
    special = {"stage": "processing", "fields": {"equipment_type": "special"}}
    call("rep1", "POST", f"{deal}/moves", special, at="web")
    shown.show("processing")

    # A delicate deal: reported on at one web, sent back and accepted at the other.
    own = f"/tasks?deal_id={made['deal_id']}"
    until(lambda: call("rep1", "GET", own)["items"])
    task = f"/tasks/{call('rep1', 'GET', own)['items'][0]['id']}"
    call("rep1", "POST", f"{task}/submissions", {"result": "Agreed."}, at="web")
    call("north", "POST", f"{task}/returns", {"reason": "When?"}, at="web-2")
    call("rep1", "POST", f"{task}/submissions", {"result": "On the 12th."}, at="web")
    assert call("north", "POST", f"{task}/acceptances", {}, at="web-2")["state"] == "done"
    assert told(stack, "rep1", "task.returned") == told(stack, "rep1", "task.accepted") == 1

    # An unpaid invoice; paid in full, the deal is won.
    bill = {"deal_id": made["deal_id"], "number": "1042", "amount": "1180000.00"}
    invoice = call("rep1", "POST", "/invoices", bill)
    call("rep1", "POST", f"{deal}/moves", {"stage": "payment"}, at="web-2")
    shown.show("payment")
    until(lambda: told(stack, "rep1", "robot.notify") == 1)
    call("rep1", "POST", f"/invoices/{invoice['id']}/payments", {}, at="web")
    shown.show("won")

    runs = call("rep1", "GET", f"{deal}/runs")["items"]
    assert {each["state"] for each in runs} <= {"fired", "condition_false", "called_off"}
    assert told(stack, "north", "robot.control") == 1
    time.sleep(1)
    assert [each for page in pages for each in page.blind_spots()] == []


def test_every_process_says_that_it_lives_and_two_may_be_lost(stack: Stack, pages: tuple[Watcher, Watcher]) -> None:
    """One box less: pages, timers and word of them go on."""
    with stack.app.app_context():
        count = select(Heartbeat.role, func.count()).group_by(Heartbeat.role)
        assert {row[0]: row[1] for row in session().execute(count)} == {"worker": 2, "ticker": 2}
        session().close()
    shorten(stack, 2)
    for each in ("web", "worker", "ticker"):
        stack.kill(each)
    del stack.ports["web"]
    pages[0].at = "web-2"
    made = stack.call("admin", "POST", "/inquiries", {"channel": "chat", "contact": CLIENT, "text": "Anybody?"})
    until(lambda: pages[1].cards.get(made["deal_id"]))
    until(lambda: told(stack, "north", "robot.control") == 1)
    until(lambda: pages[0].connections == 2)
