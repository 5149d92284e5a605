"""Lines of *Important now* are kept as they were drawn until they say something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services import test_important as opened
from tests.views.scenes import Browser
from webapp.db import session, transaction
from webapp.models import ImportantItem, User
from webapp.queries import important as query
from webapp.queries.important_items import ItemView
from webapp.services import important
from webapp.snapshots import setups
from webapp.web import kept_parts
from webapp.web.forms import BLANK
from webapp.web.templating import Reader, reading_as

SignIn = Callable[[str], Browser]
LINE = re.compile(r'<li id="item-\d+.*?(?=<div class="acts|</li>)', re.DOTALL)
PEOPLE = ("north", "head", "rep1")
NOT_SAID = {"may", "others", "offered"}  # what forms offer, which stand beside what is kept


def lines(who: Browser) -> list[str]:
    return LINE.findall(who.get("/important").text)


@contextmanager
def drawn_anew() -> Iterator[None]:
    kept = dict(kept_parts._lasting)
    kept_parts._lasting.clear()
    try:
        yield
    finally:
        kept_parts._lasting.clear()
        kept_parts._lasting.update(kept)


def test_a_kept_line_says_what_one_drawn_anew_would(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    readers = [sign_in(each) for each in PEOPLE]
    said: set[str] = set()

    def look() -> None:
        for who in readers:
            kept = lines(who)
            with drawn_anew():
                assert kept == lines(who)
            said.update(kept)

    def by(name: str, verb: Callable[..., None], *words: object) -> Callable[[], None]:
        return lambda: opened.on(newest(), verb, name, *words)

    def newest() -> ImportantItem:
        return session().scalars(select(ImportantItem).order_by(ImportantItem.id.desc())).first()

    def renamed() -> None:
        with transaction():
            session().get_one(User, company.person("rep1")).name = "Ivanna Somova"
            setups.changed()

    steps: list[Callable[[], object]] = [
        lambda: opened.late(clock),
        lambda: clock.go_on(seconds=7),
        lambda: clock.go_on(minutes=1),
        by("north", important.ask, "Why is it late?"),
        by("rep1", important.explain, "A long call"),
        lambda: clock.go_on(minutes=14),
        acts.work,
        by("north", important.take),
        renamed,
        lambda: clock.go_on(days=1),
        lambda: opened.unpaid(clock),
        by("north", important.finish, "Called, all is well"),
        lambda: opened.awaiting(clock),
        lambda: clock.go_on(hours=3),
        acts.work,
    ]
    look()
    for step in steps:
        with app.app_context():
            step()
        look()
        look()  # of what is kept
    assert len(said) > 15


def test_all_that_a_line_says_is_asked_before_it_is_shown_again(app: Flask, clock: Clock) -> None:
    asked: set[str] = set()

    class Spied:
        def __init__(self, of: ItemView) -> None:
            self.of = of

        def __getattr__(self, name: str) -> Any:
            asked.add(name)
            return getattr(self.of, name)

    with app.app_context():
        opened.late(clock)
        opened.unpaid(clock)
        opened.awaiting(clock)
        found = query.listed(company.acting("north").scope).open
        assert {each.row.kind for each in found} >= {"late_reply", "unpaid", "acceptance"}
        macros: Any = app.jinja_env.get_template("important/_macros.html").module
        with reading_as(app, Reader("en", "Europe/Moscow")):
            for each in found:
                assert "meta" in macros.what(Spied(each), None, "4:00")
            above, last = (str(macros.line(found[0], BLANK, "", below)) for below in (found[0].row.rank, None))
            assert above != last  # it says why it stands above the one below it
    assert asked >= {"row", "told", "next", "waiting_for"}
    assert not asked & NOT_SAID
    assert asked <= {each.name for each in fields(ItemView)} - NOT_SAID | {"path", "ladder_key", "is_own"}


def test_the_line_of_keys_names_each_that_the_list_of_keys_has_for_this_room(sign_in: SignIn) -> None:
    page = sign_in("north").get("/important").text
    named = re.search(r"Keys: ([^<]*)", page)
    room = re.search(r"<h3>In “Important now”</h3>(.*?)</dl>", page, re.DOTALL)
    assert named
    assert room
    listed = re.findall(r"\b[A-Z]\b", " ".join(re.findall(r"<kbd>([^<]*)</kbd>", room[1])))
    assert re.findall(r"\b[A-Z]\b", named[1]) == listed
