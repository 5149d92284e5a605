"""The child: started by whoever finds something due, alone on its machine, and the only one that imports what speaks to
the world."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import stack
from tests.bench.visitors import Visitor, browser
from tests.channels import worlds
from tests.channels.worlds import Post
from tests.faults.keeper import senders
from webapp import clock
from webapp.background import heartbeats, sender_process
from webapp.db import session, transaction
from webapp.models import Address, Delivery, Heartbeat, Notification, RobotRun
from webapp.services import addresses

ADMINS = "admin@firm.example"
LOOKED = ("/settings/channels", "/profile/addresses", "/settings/health", "/calls", "/inbox")
HEAVY = ("aiohttp", "apprise", "cryptography.hazmat", "PIL", "pywebpush", "requests", "smtplib", "urllib3")
# Put on the path of every process: what it imports of these is noted under what it is.
NOTES = f"""
import os, sys

def note(event, said):
    if event == "import" and said[0] in {HEAVY!r}:
        with open(os.environ["DOZOR_IMPORTS"], "a") as file:
            file.write(" ".join(sys.orig_argv) + " imports " + said[0] + chr(10))

sys.addaudithook(note)  # only what is imported: to look whether something could be is no import
"""


def until(true: Callable[[], Any], seconds: float = 90) -> Any:
    """What it answers once that is something. It is asked again and again."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.1)
    return found


def states(standing: stack.Stack) -> list[str]:
    with standing.app.app_context():
        found = [each.state for each in session().query(Delivery).order_by(Delivery.id)]
        session().close()
    return found


def ask_for_a_test(standing: stack.Stack, address_id: int) -> None:
    with standing.app.app_context(), transaction():
        addresses.test(session().get_one(Address, address_id))


def scenario(standing: stack.Stack) -> None:
    """A client writes, is a VIP, is answered, and the deal is moved: robots fire, people are told."""
    contact = {"name": "Vera Orlova", "phone": "+7 912 555-01-77"}
    made = standing.call("admin", "POST", "/inquiries", {"channel": "form", "contact": contact, "text": "A press"})
    standing.call("admin", "PATCH", f"/contacts/{made['contact_id']}", {"fields": {"vip": True}})
    standing.call("admin", "POST", "/inquiries", {"channel": "form", "contact": contact, "text": "And quickly"})
    standing.call("rep1", "POST", f"/conversations/{made['conversation_id']}/messages", {"text": "Good day"})
    sent = {"stage": "processing", "fields": {"equipment_type": "special"}}
    standing.call("rep1", "POST", f"/deals/{made['deal_id']}/moves", sent)


def nobody_works_for_a_while(standing: stack.Stack, pages: Visitor, post: Post) -> None:
    """Worker and ticker are gone. Every page says so, an admin hears of it by mail that the web has sent, and what was
    due meanwhile is made up for once, and says by how much it is late."""
    contact = {"name": "Late Lazar", "phone": "+7 912 555-01-78"}
    sent = {"channel": "form", "contact": contact, "text": "A lathe"}
    deal_id = standing.call("admin", "POST", "/inquiries", sent)["deal_id"]
    standing.kill("ticker")
    with standing.app.app_context():
        run_id = control_was_due(deal_id, minutes_ago=5)
        beats(seconds_ago=61)
    until(lambda: all('data-trouble="worker, ticker"' in pages.get(each).text for each in LOOKED))
    until(lambda: len(to_the_admin(post)) == 2)
    assert len(senders(standing)) == 1, "the web's, for nobody else is there"
    standing.start("worker", "ticker")
    until(lambda: "late by 5\u00a0min" in pages.get(f"/deals/{deal_id}").text)
    until(lambda: not any("data-trouble" in pages.get(each).text for each in LOOKED))
    runs = standing.call("admin", "GET", f"/deals/{deal_id}/runs")["items"]
    assert [(each["state"], each["is_late"]) for each in runs if each["id"] == run_id] == [("fired", True)]
    with standing.app.app_context():
        assert session().scalar(select(func.count(Notification.id)).where(Notification.run_id == run_id)) == 1
    assert "Late by 5\u00a0min" in browser(standing, "north").get("/inbox").text
    assert sorted(to_the_admin(post)) == ["The ticker is not responding", "The worker is not responding"]


def control_was_due(deal_id: int, minutes_ago: int) -> int:
    """The robot Control of a new deal."""
    with transaction() as current:
        waiting = select(RobotRun).where(RobotRun.deal_id == deal_id, RobotRun.state == "waiting")
        (run,) = (each for each in current.scalars(waiting) if each.definition["kind"] == "control")
        run.due_at = run.visible_at = clock.now() - timedelta(minutes=minutes_ago)
        return run.id


def to_the_admin(post: Post) -> list[str]:
    return [str(each["Subject"]) for each in post.letters if each["To"] == ADMINS]


@pytest.mark.faults
def test_the_child_sends_and_nobody_else_imports_what_it_needs(tmp_path: Path) -> None:
    notes, post = tmp_path / "imports", Post()
    (tmp_path / "sitecustomize.py").write_text(NOTES)
    with worlds.mail_server(post) as port, stack.standing("sqlite", tmp_path) as (standing, _):
        standing.environment |= {
            "DOZOR_OUTBOUND_ALLOW": f"127.0.0.1:{port}",
            "SMTP_URL": f"smtp://127.0.0.1:{port}",
            "DOZOR_IMPORTS": str(notes),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH")))),
        }
        worlds.reaches(standing.app, email="smtp://127.0.0.1:1")  # the environment wins
        with standing.app.app_context():
            address_id = worlds.has_address("north", "email", "anna@north.example", "urgent", "normal")
            worlds.has_address("admin", "email", ADMINS, "urgent")
        standing.entry = "tests.channels.impatient:app"
        standing.start()
        scenario(standing)
        pages = browser(standing, "admin")
        assert [pages.get(each).status for each in LOOKED] == [200] * len(LOOKED)
        ask_for_a_test(standing, address_id)
        until(lambda: "sent" in states(standing))
        standing.kill("worker")  # now it is the ticker's
        until(lambda: not _is_there(standing))
        before = len(post.letters)
        ask_for_a_test(standing, address_id)
        until(lambda: len(post.letters) > before and "waiting" not in states(standing)[-1:])
        nobody_works_for_a_while(standing, pages, post)
    seen = notes.read_text().splitlines()
    assert seen, "the child imports smtplib"
    assert [each for each in seen if "jobs.sender" not in each] == []
    assert len({str(each["Message-ID"]) for each in post.letters}) == len(post.letters)


def _is_there(standing: stack.Stack) -> bool:
    """Whether the child still lives: it ends with whoever started it."""
    import fcntl

    with (standing.folder / "sender.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def beats(seconds_ago: int) -> None:
    """The last signs of worker and ticker."""
    with transaction() as current:
        current.query(Heartbeat).delete()
        at = clock.now() - timedelta(seconds=seconds_ago)
        for role in ("worker", "ticker"):
            current.add(Heartbeat(name=f"{role}:here:1", role=role, at=at, lag_seconds=0))
    heartbeats._last_look.clear()


def test_the_web_starts_it_when_nobody_else_can_and_there_is_one_on_a_machine(
    inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()
    with worlds.mail_server(post) as port:
        monkeypatch.setenv("DOZOR_OUTBOUND_ALLOW", f"127.0.0.1:{port}")
        worlds.reaches(inside, email=f"smtp://127.0.0.1:{port}")
        address_id = worlds.has_address("north", "email", "anna@north.example")
        with transaction():
            addresses.test(session().get_one(Address, address_id))
        try:
            beats(seconds_ago=50)
            heartbeats.trouble()  # as every page asks
            assert not sender_process._children, "worker or ticker may still do it"
            beats(seconds_ago=61)
            heartbeats.trouble()
            assert len(sender_process._children) == 1
            assert [sender_process.wake() for _ in range(2)] == [False, False]
            assert until(lambda: post.letters)[0]["To"] == "anna@north.example"
        finally:
            sender_process.end()
