"""Forms have one room: nothing else reads what was posted, and no template draws a control of its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser
from webapp.db import transaction
from webapp.errors import invalid
from webapp.models import Field
from webapp.snapshots import setups
from webapp.web.forms import Form

WEBAPP = Path(__file__).parents[2] / "webapp"
READERS = {"form", "values", "files"}  # of a request
ROOM = "web/forms/"
MACROS = {"_controls.html", "_forms.html", "_fields.html", "_pager.html", "_toasts.html"}
ID = re.compile(r'\bid="([\w-]+)"')
ONCE = {
    "a control": re.compile(r'<(?:input|textarea|select)[^>]*class="input'),
    "a token": re.compile(r'name="csrf_token"'),
    "what is wrong": re.compile(r'class="wrong"'),
    "a toast": re.compile(r'class="toast[ "{]'),
    "a pager": re.compile(r'aria-label="\{\{ _\(.Pages.\) \}\}"'),
}


def readings(source: str) -> list[int]:
    """The lines that read a form out of the request, or a header of htmx."""
    found = []
    for node in ast.walk(ast.parse(source)):
        is_form = isinstance(node, ast.Attribute) and node.attr in READERS and ast.unparse(node.value) == "request"
        is_header = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("HX-")
        if is_form or is_header:
            found.append(node.lineno)  # type: ignore[attr-defined]
    return found


def own_controls(template: str) -> list[str]:
    return [name for name, each in ONCE.items() if each.search(template)]


def test_only_the_room_of_forms_reads_what_was_posted() -> None:
    reading = {str(path.relative_to(WEBAPP)) for path in WEBAPP.rglob("*.py") if readings(path.read_text())}
    assert {each for each in reading if not each.startswith(ROOM)} == {"web/htmx.py", "web/twiml.py"}
    assert f"{ROOM}posted.py" in reading


def test_no_template_draws_a_control_a_token_a_pager_or_a_toast_of_its_own() -> None:
    drawn = {path.name: own_controls(path.read_text()) for path in (WEBAPP / "templates").rglob("*.html")}
    assert {name: found for name, found in drawn.items() if found and name not in MACROS} == {}
    assert set(ONCE) == {each for name in MACROS for each in drawn[name]}


def test_no_page_takes_an_id_of_the_frame_around_all_pages() -> None:
    """What stands in the frame is found by its id: a list of that name would be taken for it."""
    folder = WEBAPP / "templates"
    ids = {str(path.relative_to(folder)): set(ID.findall(path.read_text())) for path in folder.rglob("*.html")}
    frame = ids.pop("base.html")
    assert "calls" in frame
    assert {name: own & frame for name, own in ids.items() if own & frame} == {}


@pytest.mark.parametrize(
    "planted", ['request.form["title"]', "request.values.get('next')", 'request.headers.get("HX-Target")']
)
def test_a_reading_is_found(planted: str) -> None:
    assert readings(f"def create():\n    return {planted}") == [2]


@pytest.mark.parametrize("planted", ['<p class="wrong">', '<input id="x" class="input">', '<input name="csrf_token">'])
def test_a_control_is_found(planted: str) -> None:
    assert len(own_controls(planted)) == 1


def test_a_name_that_comes_twice_is_changed_and_refused_as_it_was_typed(app: Flask) -> None:
    declared = Form(names=("people", "note"))
    with app.test_request_context(
        method="POST", data={"people": ["1", "2"], "was.people": ["1", "3"], "note": "a", "was.note": "a"}
    ):
        posted = declared.posted()
        assert posted.changed.ids("people") == [1, 2]
        assert "note" not in posted.changed
        form = posted.refused(invalid("people", "no_such_person"))
        assert (form.value("people"), form.values("people"), form.values("note")) == ("2", ("1", "2"), ()), (
            "as it is now"
        )
    with app.test_request_context(method="POST", data={"people": ["1", "2"], "was.people": ["3", "2"]}):
        assert "people" in declared.posted().changed


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [({"phone": "12", "deal.phone": "3"}, ["phone"]), ({"phone": "", "deal.phone": "many"}, ["deal.phone"])],
)
def test_a_field_of_the_firm_with_the_key_of_a_built_in_one_is_no_other_control(
    app: Flask, clock: Clock, typed: dict[str, str], wrong: list[str]
) -> None:
    with app.app_context(), transaction() as current:
        label = {"en": "Phones wanted", "ru": "Сколько телефонов"}
        current.add(Field(entity="deal", key="phone", kind="number", label=label, options=[]))
        setups.changed()
    answer = browser(app, "rep1").post("/deals", data={"title": "Twelve phones", **typed})
    fields = re.findall(r'<div class="field">.*?</div>', answer.text, re.S)
    marked = [found[1] for each in fields if 'class="wrong"' in each and (found := re.search(r'name="([^"]+)"', each))]
    assert (answer.status_code, marked) == (422, wrong)


def test_the_reason_of_a_loss_that_is_too_long_is_marked_in_the_form_of_the_move(app: Flask, clock: Clock) -> None:
    with app.app_context():
        deal = acts.deal("new")
    asked = {"stage": "lost", "deal.lost_reason": "so " * 500}
    answer = browser(app, "rep1").post(f"/deals/{deal}/moves", data=asked)
    assert (answer.status_code, answer.text.count('class="wrong"')) == (422, 1)
