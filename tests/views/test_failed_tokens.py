"""A form whose token has failed is given back only to the person who had opened it, on a page of ours."""

from __future__ import annotations

import html
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.views.drawn_forms import read
from tests.views.scenes import HTMX, browser, rows, stranger

HERE = {"Sec-Fetch-Site": "same-origin"}
TYPED = "A press <b> & co"


def send(app: Flask, name: str, headers: dict[str, str], sender: str = "rep1", path: str = "/deals") -> Any:
    who = browser(app, name) if name else stranger(app)
    with app.app_context():
        body = {"title": TYPED, "sender": str(company.person(sender)), "csrf_token": "of long ago"}
    return who.post(path, data=body, headers={"X-CSRFToken": "of long ago", **headers})


@pytest.mark.parametrize("headers", [HERE, {"Origin": "http://localhost"}], ids=["by site", "by origin"])
def test_the_person_who_opened_it_sends_it_once_more(app: Flask, clock: Any, headers: dict[str, str]) -> None:
    before = rows(app)
    answer = send(app, "rep1", headers)
    assert answer.status_code == 400
    assert rows(app) == before
    (form,) = read(answer.text).forms
    assert form.value("title") == [TYPED]
    who = browser(app, "rep1")
    assert who.post(form.action, data=form.data()).status_code == 303
    assert rows(app) != before


NOT_GIVEN_BACK = {
    "another site": ("rep1", {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, "rep1"),
    "another origin": ("rep1", {"Origin": "http://evil.example"}, "rep1"),
    "a browser that does not say": ("rep1", {}, "rep1"),
    "another person of this browser": ("rep2", HERE, "rep1"),
    "nobody": ("", HERE, "rep1"),
    "a part of a page": ("rep1", {**HERE, **HTMX}, "rep1"),
}


@pytest.mark.parametrize("what", NOT_GIVEN_BACK)
def test_nobody_else_is_shown_what_was_in_it(app: Flask, clock: Any, what: str) -> None:
    name, headers, sender = NOT_GIVEN_BACK[what]
    before = rows(app)
    answer = send(app, name, headers, sender)
    assert answer.status_code == 400
    assert TYPED not in html.unescape(answer.text)
    assert rows(app) == before


def test_a_password_is_not_given_back(app: Flask, clock: Any) -> None:
    who = browser(app, "rep1")
    with app.app_context():
        body = {"name": TYPED, "password": "very secret", "sender": str(company.person("rep1"))}
    answer = who.post("/profile", data=body, headers={"X-CSRFToken": "of long ago", **HERE})
    assert answer.status_code == 400
    assert "very secret" not in answer.text
    assert read(answer.text).forms == []


def test_every_form_of_a_page_says_whose_it_is(app: Flask, clock: Any) -> None:
    found = [form for form in read(browser(app, "rep1").get("/deals/new").text).forms if form.method == "post"]
    with app.app_context():
        mine = str(company.person("rep1"))
    assert found
    assert all(form.value("sender") == [mine] for form in found)
