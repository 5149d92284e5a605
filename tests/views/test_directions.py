"""Words that run from right to left turn nothing beside them: each stands apart, wherever it is shown in a line."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.conftest import Clock
from tests.views import every_page
from tests.views.scenes import browser, scene
from webapp.db import session, transaction
from webapp.models import Company, Contact, Deal, Department, Field, Firm, Pipeline, Robot, Stage, Task, Trigger, User
from webapp.snapshots import setups

NAME = "\u05e9\u05dc\u05d5\u05dd \u05db\u05d4\u05df 42"
APART = f"\u2068{NAME}\u2069"
# Each of these stands in a line of its own, or is a control.
ALONE = {"h1", "h2", "h3", "p", "li", "td", "div", "option", "title", "textarea", "blockquote", "q", "bdi", "legend"}
ISOLATED = {"a", "b", "q", "cite"}  # by css/base.css
VOID = {"input", "meta", "link", "img", "br", "use"}


class Lines(HTMLParser):
    """Finds where the name stands in a line with other words, and nothing keeps them apart."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.seen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("title", "aria-label", "placeholder") and value:
                self.look(value, is_alone=value.strip() == NAME)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        is_alone = bool(self.open) and self.open[-1] in ALONE | ISOLATED and data.strip() == NAME
        self.look(data, is_alone or "textarea" in self.open or "bdi" in self.open or "script" in self.open)

    def look(self, words: str, is_alone: bool) -> None:
        if NAME in words:
            self.seen += 1
            if not is_alone and NAME in words.replace(APART, ""):
                self.wrong.append(f"{'>'.join(self.open[-4:])}: {words.strip()[:100]}")


@pytest.fixture
def firm(app: Flask, clock: Clock) -> Flask:
    scene(app)
    with app.app_context(), transaction():
        for column in (User.name, Contact.name, Company.name, Deal.title):
            session().execute(update(column.class_).values({column.key: NAME}))
        session().execute(update(Task).values(title={"en": NAME, "ru": NAME}))
        setups.changed()
    return app


@pytest.mark.parametrize("name", ["admin", "rep1"])
def test_a_name_from_right_to_left_turns_nothing_beside_it(firm: Flask, clock: Any, name: str) -> None:
    who, wrong, seen = browser(firm, name), {}, 0
    with firm.app_context():
        paths = every_page.paths(firm)
    for path in paths:
        answer = who.get(path)
        if answer.mimetype == "text/html":
            lines = Lines()
            lines.feed(answer.text)
            seen += lines.seen
            wrong |= {re.sub(r"\d+", "N", f"{where}"): path for where in lines.wrong}
    assert seen > 100
    assert not wrong, "\n".join(f"{path}: {where}" for where, path in sorted(wrong.items()))


class Beside(Lines):
    """Of what a firm calls its own much stands alone in a button, a chip, a label: here only lines with other words."""

    def look(self, words: str, is_alone: bool) -> None:
        super().look(words, is_alone or words.strip() == NAME or (words.strip(" .,:;·") == NAME and "b" in self.open))


@pytest.mark.parametrize(
    "model", [Stage, Pipeline, Robot, Trigger, Department, Field, Firm], ids=lambda each: each.__name__
)
def test_so_does_what_the_firm_calls_its_own(app: Flask, clock: Any, model: Any) -> None:
    scene(app)
    with app.app_context(), transaction():
        own = {"label" if model is Field else "name": NAME if model is Firm else {"en": NAME, "ru": NAME}}
        first = select(func.min(model.id)).scalar_subquery()
        session().execute(update(model).where(model.id == first).values(own))
        setups.changed()
    who, wrong, seen = browser(app, "admin"), {}, 0
    with app.app_context():
        paths = every_page.paths(app)
    for path in paths:
        answer = who.get(path)
        if answer.mimetype == "text/html":
            lines = Beside()
            lines.feed(answer.text)
            seen += lines.seen
            wrong |= {re.sub(r"\d+", "N", where): path for where in lines.wrong}
    assert seen
    assert not wrong, "\n".join(f"{path}: {where}" for where, path in sorted(wrong.items()))


def test_the_style_sheet_isolates_what_the_pages_leave_to_it() -> None:
    style = Path("webapp/static/css/base.css").read_text()
    assert f":is({', '.join(sorted(ISOLATED))}) {{ unicode-bidi: isolate; }}" in style


def test_every_sentence_is_filled_by_the_one_door() -> None:
    """What takes gettext from elsewhere fills its sentences with words that turn their neighbours."""
    found = [each for each in Path("webapp").rglob("*.py") if "import gettext" in each.read_text()]
    assert found
    elsewhere = re.compile(r"from flask_babel import .*\bn?gettext\b")
    assert [str(each) for each in Path("webapp").rglob("*.py") if elsewhere.search(each.read_text())] == []
