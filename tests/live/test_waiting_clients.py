"""How many clients wait for a reply stands in the bar: whoever sees to it hears each change of it, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests import company
from tests.live.conftest import LiveServer, Page
from tests.views.scenes import Browser, Scene, browser, scene
from webapp.access.scopes import SYSTEM
from webapp.db import transaction
from webapp.models import Contact
from webapp.services import inquiries


@pytest.fixture
def answered(app: Flask) -> Scene:
    """A deal of rep1 whose client has had a reply."""
    made = scene(app)
    reply(browser(app, "rep1"), made)
    return made


def write(app: Flask, at: Scene, words: str = "Is it ready?") -> None:
    """The deal's client does."""
    with app.app_context(), transaction() as current:
        who = {"name": "Vera", "external_id": current.get_one(Contact, at.contact).external_id}
        inquiries.receive("chat", who, words, SYSTEM)


def reply(who: Browser, at: Scene) -> None:
    assert who.post(f"/conversations/{at.conversation}/messages", data={"text": "Yes"}).status_code == 303


def count(page: Page) -> int:
    return int(page.until("clients")["count"])


def test_a_client_of_an_open_deal_writes_and_is_answered(live: LiveServer, answered: Scene) -> None:
    mine, boss = live.greeted("rep1"), live.greeted("north")
    others = [live.greeted(name) for name in ("rep2", "rep3", "admin")]
    write(live.app, answered)
    assert [count(page) for page in (mine, boss)] == [1, 1]
    write(live.app, answered, "Hello?")
    assert [count(page) for page in (mine, boss)] == [1, 1], "the list says another last word"
    reply(browser(live.app, "north"), answered)
    assert [count(page) for page in (mine, boss)] == [0, 0]
    for page in others:
        with pytest.raises(TimeoutError):
            page.until("clients", 0.7)


ENDS: dict[str, tuple[str, dict[str, str]]] = {
    "deleted": ("/deals/{deal}/deletions", {}),
    "lost": ("/deals/{deal}/moves", {"stage": "lost", "deal.lost_reason": "Too expensive"}),
}


@pytest.mark.parametrize("end", ENDS)
def test_with_the_deal_its_client_no_longer_waits(live: LiveServer, answered: Scene, end: str) -> None:
    write(live.app, answered)
    mine, boss = live.greeted("rep1"), live.greeted("north")
    path, sends = ENDS[end]
    assert browser(live.app, "north").post(answered.fill(path), data=sends).status_code == 303
    assert [count(page) for page in (mine, boss)] == [0, 0]


def test_a_client_goes_with_the_deal_to_another_colleague(live: LiveServer, answered: Scene) -> None:
    write(live.app, answered)
    mine, next_one, boss = (live.greeted(name) for name in ("rep1", "rep2", "north"))
    with live.app.app_context():
        sends = {"responsible": str(company.person("rep2"))}
    assert browser(live.app, "rep1").post(f"/deals/{answered.deal}", data=sends).status_code == 303
    assert [count(page) for page in (mine, next_one, boss)] == [0, 1, 1]


UNTOUCHED: dict[str, Callable[[Browser, Scene], object]] = {
    "edited": lambda who, at: who.post(f"/deals/{at.deal}", data={"amount": "1500"}),
    "moved": lambda who, at: who.post(f"/deals/{at.deal}/moves", data={"stage": "data_collection"}),
}


@pytest.mark.parametrize("act", UNTOUCHED)
def test_what_changes_nothing_of_it_is_not_told_as_that(live: LiveServer, north: Scene, act: str) -> None:
    page = live.greeted("north")
    UNTOUCHED[act](browser(live.app, "rep1"), north)
    page.until("card")
    with pytest.raises(TimeoutError):
        page.until("clients", 0.7)


@pytest.fixture
def north(app: Flask) -> Scene:
    return scene(app)
