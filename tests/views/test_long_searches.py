"""What is sought may be of any length and of any signs: every page and every list of the API answers, and finds what it
would find by the beginning."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests import company
from tests.api.callers import V1, Caller
from tests.views import every_page
from tests.views.scenes import HTMX, browser, scene
from tests.views.test_litany import FORMS, Form
from webapp.db import session, transaction
from webapp.queries import contacts, mentions
from webapp.services import contacts as service

LENGTH = 60_000  # a pattern of SQLite takes 50,000 bytes
WORDS = ("x", "%_[", "\\'", "7", "\ufdfa")
SOUGHT = ("q", "contact")


def paths(app: Flask) -> list[str]:
    """Of every address that is only read one."""
    with app.app_context():
        found = {re.sub("[0-9]+", "0", each): each for each in every_page.paths(app) if "?" not in each}
    return sorted(found.values())


def test_every_page_and_list_answers_whatever_is_sought(app: Flask, clock: Any) -> None:
    scene(app)
    who, caller = browser(app, "admin"), Caller.of(app, "admin")
    words, wrong = "%_[\\'" * 20 + "x" * LENGTH, list[tuple[str, int]]()
    sought = "&".join(f"{name}={quote(words)}" for name in SOUGHT)
    for path in paths(app):
        asked = f"{path}?{sought}"
        answer = caller.call("GET", asked.removeprefix(V1)) if path.startswith(V1) else who.get(asked, headers=HTMX)
        if answer.status_code >= 500:
            wrong.append((path, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
def test_what_no_database_takes_is_refused(app: Flask, clock: Any, sign: str) -> None:
    scene(app)
    who, caller = browser(app, "admin"), Caller.of(app, "admin")
    sought = "q=" + quote(("a" * 100 + sign).encode("utf-8", "surrogatepass"))
    for path in ("/contacts", "/search", "/tasks", "/deals", "/"):
        assert who.get(f"{path}?{sought}").status_code in (200, 400)
    for path in ("/contacts", "/deals", "/companies"):
        assert caller.call("GET", f"{path}?{sought}").status_code in (200, 422)


@pytest.mark.parametrize("form", [each for each in FORMS.values() if "contact" in each.sends or each.path == "/deals"])
def test_a_refused_form_looks_for_whoever_was_meant(app: Flask, clock: Any, form: Form) -> None:
    at, who = scene(app), browser(app, form.who)
    for signs in WORDS:
        sent = {**form.sends, "client": "", "contact": (signs * LENGTH)[:LENGTH]}
        answer = who.post(at.fill(form.path), data=sent, headers=HTMX)
        assert answer.status_code in (409, 422), (signs, answer.status_code)


@pytest.mark.both_databases
def test_words_find_by_their_beginning_and_signs_mean_themselves(inside: Flask, clock: Any) -> None:
    name = "Anna 100%_[a] \\of/ the press, and of all that belongs to it " * 4
    with transaction():
        made = service.create({"name": name[:200]}, company.acting("rep1")).id
        service.create({"name": "Anna 1000 of the press"}, company.acting("rep1"))
    for words in (name[:200], name[:200] + "x" * LENGTH, "100%_", "%_[a]", "\\of/"):
        assert [each.id for each in contacts.listed(words).rows] == [made], words[:30]
        assert [each.id for each in contacts.choices(words)] == [made], words[:30]
    for of in (mentions.contact, mentions.company, mentions.deal, mentions.task):
        assert of("%" * LENGTH).compile(dialect=session().get_bind().dialect) is not None
    assert contacts.listed("Anna").total == 2


def test_a_name_beyond_any_is_nobodys(inside: Flask, clock: Any) -> None:
    with transaction():
        made = service.create({"name": "x" * 200}, company.acting("rep1"))
    assert made.name == "x" * 200
    assert contacts.company_named("x" * LENGTH) is None
    assert contacts.company_named("\u0300\u0316" * LENGTH) is None
