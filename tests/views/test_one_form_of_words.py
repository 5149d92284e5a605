"""Every control of every form where words are typed: what nobody sees is not kept, and alone it is nothing. What is
kept is asked of all rows of all tables."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.conftest import Clock
from tests.rules.test_texts import GHOSTS
from tests.views.scenes import Scene, browser, rows, scene, stranger
from webapp import views
from webapp.web.forms import Form

ALL = "".join(GHOSTS)
NO_WORDS = {
    "stage", "before", "after", "version", "from", "pipeline", "amount", "quick", "responsible", "due_on", "seen",
    "deal", "anyway", "locale", "time_zone", "theme", "current", "password", "query", "token", "website",
    "next", "prompt", "client", "admin", "again", "assignee", "code", "country", "currency", "days", "due", "is_admin",
    "large", "marks", "minutes", "reaction", "rep_sees", "to", "unpaid", "vip", "waiting", "cover_id",
    "from_on", "until_on", "acceptor", "act", "address", "clients_to", "deal_id", "host", "key", "kind", "normal",
    "parent", "person", "place", "port", "robot", "row", "shown_as", "sure", "tasks_to", "to_clients", "urgent", "url",
    "user", "was", "caller_id", "deals", "department", "leaves", "rings", "secret", "taker",
    "acceptor_id", "assignee_id", "at", "due_at", "how", "until", "working_days",
    "an_hour", "auth", "digest", "endpoint", "p256dh", "quiet", "shows_clients", "item", "take_within", "submission",
    "reply_url", "accept_within", "lines", "overlap", "known", "cover_to", "remind", "beside", "which",
    "into", "into_version", "external_id", "company_id", "task", "visit", "returns", "paid", "latest", "condition",
}  # fmt: skip
FIRM = {"locale": "en", "time_zone": "Europe/Moscow", "country": "RU", "currency": "RUB", "rep_sees": "department"}
FIRM |= {"take_within": "15", "accept_within": ""}
Door = tuple[str, str, dict[str, str], str, bool]
DOORS: list[Door] = [  # who, path, what else is sent, the control, must it be
    ("rep1", "/deals", {}, "title", True),
    ("rep1", "/deals", {"title": "A press", "phone": "+7 912 000-00-05"}, "contact", True),
    ("rep1", "/deals", {"title": "A press", "contact": "Anna"}, "phone", False),
    ("rep1", "/deals/{deal}", {}, "title", True),
    ("rep1", "/deals/{deal}", {"client": "new"}, "contact", True),
    ("rep1", "/deals/{deal}/messages", {}, "text", True),
    ("rep2", "/deals/{deal}/notes", {}, "text", True),
    ("rep1", "/deals/{deal}/moves", {"stage": "lost"}, "deal.lost_reason", True),
    ("rep1", "/deals/{deal}/invoices", {"amount": "5"}, "number", True),
    ("rep1", "/conversations/{conversation}/messages", {}, "text", True),
    ("rep1", "/contacts", {}, "name", True),
    ("rep1", "/contacts", {"name": "Anna"}, "company", False),
    ("rep1", "/contacts", {"name": "Anna"}, "email", False),
    ("rep1", "/contacts", {"name": "Anna"}, "more_phones", False),
    ("rep1", "/contacts", {"name": "Anna"}, "more_emails", False),
    ("rep1", "/contacts/{contact}", {"version": "1"}, "name", True),
    ("rep1", "/profile", {"locale": "en", "theme": "dark", "time_zone": "Asia/Omsk"}, "name", True),
    ("rep1", "/views", {"query": "mine=1"}, "name", True),
    ("rep1", "/tasks/{task}/submissions", {}, "result", False),
    ("north", "/tasks/{handed_in}/returns", {}, "reason", True),
    ("rep1", "/deals/{deal}/next_steps", {"due": "2031-12-01T10:00"}, "step", True),
    ("admin", "/settings/firm", FIRM, "firm", True),
]
WORDS = {"phone": f"{ALL}+7 912{ALL} 000-00-06", "email": f"anna{ALL}@example.org{ALL}"}
WORDS |= {f"more_{each}s": words for each, words in WORDS.items()}


def _forms() -> list[Form]:
    return [each for room in views.ROOMS for each in vars(room).values() if isinstance(each, Form)]


def test_every_control_for_words_is_asked() -> None:
    names = {name for form in _forms() for name in form.names}
    asked = {name for *_, name, _ in DOORS}
    assert names - NO_WORDS == {name for name in asked if "." not in name}


def _send(app: Flask, at: Scene, door: Door, words: str) -> Any:
    who, path, rest, control, _ = door
    return browser(app, who).post(at.fill(path), data={**rest, control: words})


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door[1]} {door[3]}")
def test_what_nobody_sees_is_not_kept(app: Flask, clock: Clock, door: Door) -> None:
    at = scene(app)
    words = WORDS.get(door[3], f"{ALL}Ost{ALL}\u00a0We{ALL}st")
    answer = _send(app, at, door, words)
    assert answer.status_code == 303, answer.text
    kept = ascii(rows(app))
    assert "Ost West" in kept or door[3] in WORDS
    assert not [each for each in GHOSTS if ascii(each).strip("'") in kept]


@pytest.mark.parametrize("door", [each for each in DOORS if each[4]], ids=lambda door: f"{door[1]} {door[3]}")
def test_what_nobody_sees_is_nothing(app: Flask, clock: Clock, door: Door) -> None:
    at, before = scene(app), None
    for ghost in (*GHOSTS, ALL, f" \u00a0{ALL} "):
        before = before or rows(app)
        assert _send(app, at, door, ghost).status_code == 422, ascii(ghost)
    assert rows(app) == before


def test_a_signed_in_address_may_be_pasted(app: Flask, clock: Clock) -> None:

    answer = stranger(app).post("/sign-in", data={"email": f"{ALL}Rep1@dozor.example{ALL}", "password": "lesson"})
    assert answer.status_code == 303, answer.text
