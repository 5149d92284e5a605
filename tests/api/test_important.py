"""The ladder as people work it, by the API and by pages: a firm's day in a row each, all of them lived through at once,
with the next level at work and on leave. What is done by whom, what comes of it, and who is told within twenty minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.api.callers import Caller
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import Browser, browser
from webapp.db import session, transaction
from webapp.models import Conversation, ImportantItem
from webapp.services import important, silent_people

Step = tuple[str, str, dict[str, Any]]  # who, what, with which words; `refused` among them: it does not come about
TAKES: dict[str, Any] = {}
LATER, CLIENT = {"until": "2026-11-24T10:30:00Z"}, {"until": "client_answers"}


@dataclass(frozen=True)
class Row:
    """`climbs`: the next level is told."""

    steps: tuple[Step, ...]
    state: str
    climbs: bool = False
    heads: tuple[str, ...] = ("north",)


ROWS = {
    "nobody takes it": Row((), "open", climbs=True),
    "the head takes it": Row((("north", "takings", TAKES),), "taken"),
    "of two heads one takes it": Row(
        (("rep2", "takings", TAKES), ("north", "takings", {"refused": 409})), "taken", heads=("rep2",)
    ),
    "neither of two heads takes it": Row((), "open", climbs=True, heads=("rep2",)),
    "taken, and done with a word": Row(
        (("north", "takings", TAKES), ("north", "settlements", {"text": "Called"})), "settled"
    ),
    "done without a word": Row((("north", "settlements", {}),), "settled"),
    "put aside": Row((("north", "snoozings", LATER),), "snoozed"),
    "put aside for too long": Row(
        (("north", "snoozings", {"until": "2026-12-24T10:30:00Z", "refused": 422}),), "open", climbs=True
    ),
    "put aside until the client answers": Row((("north", "snoozings", CLIENT),), "snoozed"),
    "put aside, and the client wrote": Row(
        (("north", "snoozings", CLIENT), ("client", "wrote", {})), "open", climbs=True
    ),
    "put aside, then taken": Row((("north", "snoozings", LATER), ("north", "takings", TAKES)), "taken"),
    "handed on": Row((("north", "handovers", {"to": "rep2"}),), "open", climbs=True),
    "handed on to a stranger": Row((("north", "handovers", {"to": "rep3", "refused": 422}),), "open", climbs=True),
    "handed on and taken": Row((("north", "handovers", {"to": "rep2"}), ("rep2", "takings", TAKES)), "taken"),
    "asked and explained": Row(
        (("north", "questions", {"text": "Why?"}), ("rep1", "explanations", {"text": "A meeting"})), "open", climbs=True
    ),
    "explained unasked": Row((("rep1", "explanations", {"text": "A meeting", "refused": 404}),), "open", climbs=True),
    "answered": Row((("rep1", "reply", {}),), "settled"),
    "answered while put aside": Row((("north", "snoozings", LATER), ("rep1", "reply", {})), "settled"),
    "answered elsewhere": Row((("rep1", "claim", {}),), "settled"),
    "handed on, answered elsewhere": Row((("north", "handovers", {"to": "rep2"}), ("rep1", "claim", {})), "settled"),
    "of two heads neither takes it, answered elsewhere": Row((("rep1", "claim", {}),), "settled", heads=("rep2",)),
    "taken, then answered elsewhere": Row((("north", "takings", TAKES), ("rep1", "claim", {})), "settled"),
    "put aside until the client answers, answered elsewhere": Row(
        (("north", "snoozings", CLIENT), ("rep1", "claim", {})), "settled"
    ),
    "put aside twice, a third time not": Row(
        (
            *(("north", "snoozings", LATER), ("north", "snoozings", LATER)),
            ("north", "snoozings", {**LATER, "refused": 409}),
        ),
        "snoozed",
    ),
    "the deal is lost": Row((("rep1", "lose", {}),), "settled"),
}


class Day:
    """The firm on that day: one deal a row, whose client waits for too long, so that the head of North is told."""

    def __init__(self, app: Flask, clock: Clock, door: str, people: Callable[[str], Any]) -> None:
        self.app, self.door, self.people = app, door, people
        self.phones = {name: f"+790055500{n:02}" for n, name in enumerate(ROWS)}
        with app.app_context():
            self.ids = {name: company.person(name) for name in company.PEOPLE}
            self.deals = {name: acts.deal(of=acts.contact(name, self.phones[name])) for name in ROWS}
            clock.go_on(minutes=11)
            acts.work()
            self.items = {name: self.of(deal).id for name, deal in self.deals.items()}
            for name, row in ROWS.items():
                with transaction():
                    important.add_places(self.of(self.deals[name]), [self.ids[each] for each in row.heads])

    def of(self, deal: int) -> ImportantItem:
        return session().scalars(select(ImportantItem).where(ImportantItem.deal_id == deal)).one()

    def do(self, name: str, who: str, what: str, words: dict[str, Any]) -> None:
        deal = self.deals[name]
        if what == "claim":
            with self.app.app_context():
                talk = session().scalars(select(Conversation.id).where(Conversation.deal_id == deal)).one()
            self.send(who, f"/conversations/{talk}/answers_elsewhere", {"how": "call", "text": ""}, 0)
        elif what in ("reply", "lose", "wrote"):
            with self.app.app_context():
                self.happens(name, deal, what)
        else:
            sends = {key: self.ids.get(each, each) for key, each in words.items() if key != "refused"}
            self.send(who, f"/important/{self.items[name]}/{what}", sends, words.get("refused", 0))

    def happens(self, name: str, deal: int, what: str) -> None:
        if what == "wrote":
            acts.inquiry("Well?", name=name, phone=self.phones[name])
        elif what == "reply":
            acts.reply(deal)
        else:
            acts.move(deal, "lost", raw={"deal": {"lost_reason": "Too dear"}})

    def send(self, who: str, path: str, sends: dict[str, Any], refused: int) -> None:
        """By the API or by the page's plain form."""
        caller = self.people(who)
        if self.door == "api":
            answer, good = caller.call("POST", path, sends), 201
        else:
            if sends.get("until", "client_answers") != "client_answers":
                sends = {"until": sends["until"].replace("T10", "T13").removesuffix(":00Z")}  # in Moscow
            answer, good = caller.post(path, data=sends), 303
        assert answer.status_code == (refused or good), answer.text

    def came(self) -> dict[str, tuple[str, list[str]]]:
        """How each row stands, and whom the ladder has told."""
        with self.app.app_context():
            return {name: (self.of(deal).state, list(told(deal))) for name, deal in self.deals.items()}


@pytest.fixture
def people(app: Flask, request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """`people("north")` calls the API, or has a browser."""
    known: dict[str, Any] = {}
    make: Callable[[str], Any] = {"api": lambda name: Caller.of(app, name), "page": lambda name: browser(app, name)}[
        request.getfixturevalue("door")
    ]

    def one(name: str) -> Caller | Browser:
        if name not in known:
            known[name] = make(name)
        return known[name]

    return one


@pytest.mark.parametrize("is_away", [False, True], ids=["at work", "on leave"])
@pytest.mark.parametrize("door", ["api", "page"])
def test_the_matrix(app: Flask, clock: Clock, people: Callable[[str], Any], door: str, is_away: bool) -> None:
    if is_away:
        with app.app_context():
            acts.away("head", clock().date())
    day = Day(app, clock, door, people)
    for name, row in ROWS.items():
        for step in row.steps:
            day.do(name, *step)
    clock.go_on(minutes=20)
    with app.app_context():
        acts.work()
    above = "admin" if is_away else "head"
    assert day.came() == {name: (row.state, [above] if row.climbs else []) for name, row in ROWS.items()}


def told(deal_id: int) -> Iterator[str]:
    """By the ladder, as the journal of the deal has it."""
    for entry in acts.journal(deal_id, "important.climbed"):
        yield from (name for name in company.PEOPLE if company.person(name) in entry.new["people"])


def test_of_two_who_take_it_at_once_one_has_it(app: Flask, clock: Clock) -> None:
    """By the API and by the page; and the deal's history says who did what, when and why."""
    with app.app_context():
        deal = acts.deal(of=acts.contact())
        clock.go_on(minutes=11)
        acts.work()
        item = session().scalars(select(ImportantItem.id).where(ImportantItem.deal_id == deal)).one()
        with transaction():
            important.add_places(session().get_one(ImportantItem, item), [company.person("head")])
    caller, page = Caller.of(app, "head"), browser(app, "north")
    gate = Barrier(2)

    def at_once(act: Callable[[], Any]) -> int:
        gate.wait(10)
        return int(act().status_code)

    with ThreadPoolExecutor(2) as threads:
        by_api = threads.submit(at_once, lambda: caller.call("POST", f"/important/{item}/takings", {}))
        by_page = threads.submit(at_once, lambda: page.post(f"/important/{item}/takings", data={}))
        answers = [by_api.result(), by_page.result()]
    assert answers in ([201, 409], [409, 303])
    winner = "head" if answers[0] == 201 else "north"
    Caller.of(app, winner).post(f"/important/{item}/questions", {"text": "Why so late?"})
    story = page.get(f"/deals/{deal}").text
    assert "Why so late?" in story
    assert {"head": "Sergey Lebedev", "north": "Anna Krylova"}[winner] in story
    with app.app_context():
        taken = acts.journal(deal, "important.taken")
        assert [(each.by_id, each.at) for each in taken] == [(company.person(winner), clock())]


def test_who_is_silent_is_asked_and_stays_with_those_above(app: Flask, clock: Clock) -> None:
    """To those above alone; the page leads to the person's deals, and says what waits."""
    with app.app_context():
        ids = {each: company.person(each) for each in company.PEOPLE}
        acts.contact()
        acts.inquiry()
        clock.go_on(hours=4, minutes=10)
        silent_people.look()
        item_id = session().scalars(select(ImportantItem.id).where(ImportantItem.kind == "silent")).one()
    page, caller = browser(app, "north"), Caller.of(app, "north")
    listed = page.get("/important").text
    for said in ("Ivan Petrov has been silent for 4", "1 client is waiting", f'"/?responsible={ids["rep1"]}"'):
        assert said in listed
    assert browser(app, "rep2").get(f"/important/{item_id}").status_code == 404
    (record,) = [each for each in caller.get("/important")["items"] if each["kind"] == "silent"]
    assert (record["id"], record["about_id"], record["deal_id"], record["task_id"]) == (
        item_id,
        ids["rep1"],
        None,
        None,
    )
    refused = caller.call("POST", f"/important/{item_id}/handovers", {"to": ids["rep2"]})
    assert refused.status_code == 422
    refused = page.post(f"/important/{item_id}/handovers", data={"to": ids["rep3"]})
    assert refused.status_code == 422
    assert caller.call("POST", f"/important/{item_id}/questions", {"text": "Are you there?"}).status_code == 201
    asked = browser(app, "rep1")
    assert "Are you there?" in asked.get("/important").text
    assert asked.post(f"/important/{item_id}/explanations", data={"text": "At the fair"}).status_code == 303
    with app.app_context():
        silent_people.look()
    settled = page.get(f"/important/{item_id}").text
    assert "back at work after 4\u00a0h" in settled, "an explanation is a sign"
    assert "At the fair" in settled
