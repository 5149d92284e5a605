"""A write answers with the record as its transaction has left it: what a GET says right after it, triggers and all that
follows included. And what is shown once is in no second answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from rules.triggers import EVENTS
from tests import company
from tests.api.callers import Caller, Clock
from tests.api.described import Description
from tests.api.test_every_field import FIELDS, HOOK, Scene, cases
from webapp.api.types import Record
from webapp.db import emit, follow, savepoint, session, transaction
from webapp.models import IdempotencyKey, Trigger
from webapp.snapshots import setups

Calling = Callable[[str], Caller]
STEP = {"title": "Visit", "due_at": "2026-11-25T10:00:00Z"}
WATCHED = [("deal", each) for each in ("title", "amount", "responsible", "equipment_type", "next_step_at")]
WATCHED += [("contact", each) for each in ("name", "phone", "email")]

# Answers that are no record which a GET shows: a plan, what is under way, an item that is put aside or settled.
ELSEWHERE = {"PlanBody", "ApplicationBody", "RehearsalBody", "RobotBody", "NewInquiry", "InquiryContact"}
ELSEWHERE |= {"Snoozing", "Settlement", "SeasonRemoval", "CalendarRemoval"}
# Of these every case of tests/api/test_every_field.py is a refusal.
REFUSED_ALWAYS = {
    "Acceptance",
    "Channels",
    "Channel",
    "Proof",
    "NewAddress",
    "NewSecret",
    "Trial",
    "Caller",
    "CallSettlement",
}
REFUSED_ALWAYS |= {
    "CompanyChanges",
    "Reminder",
    "Ahead",
    "Handover",
    "Return",
    "DepartmentMove",
    "ScopeBody",
    "Completion",
}
COMPARED = sorted({body for body, _ in FIELDS} - ELSEWHERE - REFUSED_ALWAYS)


def triggers_on_everything(app: Flask) -> None:
    """Whatever happens to a deal leads it on."""
    tests = [{"entity": entity, "field": field, "operator": "filled"} for entity, field in WATCHED]
    with app.app_context(), transaction() as current:
        for event in EVENTS:
            condition = {"any": tests} if event == "field_changed" else None
            to = company.stage("data_collection").id
            name = {"en": f"On {event}"}
            current.add(
                Trigger(key=f"on_{event}", name=name, event=event, stage_id=to, is_on=True, condition=condition)
            )
        setups.changed()


@pytest.fixture
def rep1(app: Flask, calling: Calling) -> Caller:
    triggers_on_everything(app)
    return calling("rep1")


def now(who: Caller, path: str, answer: dict[str, Any]) -> Any:
    """What a GET says of the record that a write by this path was answered with."""
    if "conversation_id" in answer:
        path = f"/conversations/{answer['conversation_id']}/messages"
    root, *rest = path.strip("/").split("/")
    last = rest[-1] if rest else ""
    if root == "firm" or last in ("telling", "channels"):
        return who.get(path)
    if last in ("notes", "comments", "messages"):
        return next(each for each in who.items(path) if each["id"] == answer["id"])
    if root == "gateways":
        return next(each for each in who.items("/gateways") if each["kind"] == answer["kind"])
    if last == "payments":
        return {**answer, "invoice": who.get(f"/invoices/{answer['invoice']['id']}")}
    one = who.call("GET", f"/{root}/{answer['id']}")
    return one.json if one.status_code == 200 else _listed(who, root, answer["id"])


def _listed(who: Caller, root: str, number: int) -> Any:
    return next(each for each in who.items(f"/{root}") if each["id"] == number)


@pytest.mark.parametrize("body", COMPARED)
def test_a_write_answers_what_a_read_says_right_after_it(app: Flask, calling: Calling, body: str) -> None:
    scene = Scene(app, calling)
    triggers_on_everything(app)
    wanted, description = cases(scene), Description(app)
    compared = 0
    for each, field in FIELDS:
        if each != body:
            continue
        method, path, rest, value, _ = wanted[each, field]
        nested = {"OptionBody": {"options": [value]}}
        who, at = scene.who(body), path.format(**vars(scene))
        answer = who.call(method, at, {**rest, **nested.get(body, {field: value})})
        if answer.status_code in (200, 201):
            assert description.wrong(method, at, answer.status_code, answer.json) == []
            reader = scene.head if body in ("Delegation", "Explanation") else who  # who does not see it any more
            assert {**answer.json, "secret": None} == {"secret": None, **now(reader, at, answer.json)}
            compared += 1
    assert compared, "nothing was compared: a case of tests/api/test_every_field.py is to be taken, not only refused"


def test_a_trigger_that_a_write_sets_off_is_in_its_answer(rep1: Caller) -> None:
    deal = rep1.post("/deals", {"title": "A lathe"})
    answer = rep1.patch(f"/deals/{deal['id']}", {"amount": "10.00", "version": deal["version"]})
    assert (answer["stage"], answer) == ("data_collection", rep1.get(f"/deals/{deal['id']}"))
    again = rep1.patch(f"/deals/{deal['id']}", {"title": "A press", "version": answer["version"]})
    assert again["title"] == "A press", "nobody was quicker than whoever has the version that was answered"


@pytest.mark.both_databases
@pytest.mark.parametrize("by_key", [False, True])
def test_what_becomes_of_the_next_step_is_in_the_answer(calling: Calling, by_key: bool) -> None:
    """It goes to the new responsible, and is cancelled when the deal is lost; one sent with the loss stands."""
    rep1, rep2 = calling("rep1"), calling("rep2")
    headers = {"Idempotency_Key": "one"} if by_key else {}

    def post(path: str, body: dict[str, Any]) -> Any:
        answers = [rep1.call("POST", path, body, **headers).json for _ in range(2 if by_key else 1)]
        assert all(each == answers[0] for each in answers)
        return answers[0]

    lost = post("/deals", {"title": "A lathe", "stage": "lost", "lost_reason": "Too dear", "next_step": STEP})
    assert (lost["next_step"]["title"], lost) == (STEP["title"], rep1.get(f"/deals/{lost['id']}"))
    deal = rep1.post("/deals", {"title": "A press", "next_step": STEP})
    assert deal["next_step"]["assignee_id"] == rep1.id
    moved = post(f"/deals/{deal['id']}/moves", {"stage": "lost", "lost_reason": "Too dear"})
    assert (moved["next_step"], moved) == (None, rep1.get(f"/deals/{deal['id']}"))
    other = rep1.post("/deals", {"title": "A press", "next_step": STEP})
    handed = rep1.patch(f"/deals/{other['id']}", {"responsible_id": rep2.id})
    assert (handed["next_step"]["assignee_id"], handed) == (rep2.id, rep2.get(f"/deals/{other['id']}"))


def test_what_follows_is_followed_once_and_by_whoever_opened_the_transaction(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction() as current:
        emit("an event that nobody follows")
        follow()
        assert current.open is not None
        assert current.open.events == []
        with pytest.raises(RuntimeError, match="savepoint"), savepoint():
            follow()


SHOWN_ONCE = {"AddressRecord", "LinkRecord", "NewWebhookRecord"}


def shown_once(app: Flask, admin: Caller) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every POST whose answer has what is shown once: where, what is sent, and under which name it stands there."""
    with app.app_context():
        rep1 = company.person("rep1")
    hook = admin.post("/triggers", {"event": "webhook", "stage": "won"})["id"]
    yield f"/triggers/{hook}/addresses", {}, "address"
    yield f"/users/{rep1}/links", {}, "url"
    yield "/webhooks", {"name": "ERP", "url": HOOK}, "secret"
    yield f"/webhooks/{admin.items('/webhooks')[0]['id']}/secrets", {"overlap_hours": 1}, "secret"


def test_what_is_shown_once_is_neither_answered_again_nor_kept(app: Flask, calling: Calling) -> None:
    admin = calling("admin")
    for path, body, name in shown_once(app, admin):
        first = admin.call("POST", path, body, Idempotency_Key="one")
        again = admin.call("POST", path, body, Idempotency_Key="one")
        assert first.status_code == 201, first.text
        assert (again.headers["Idempotent-Replay"], again.json) == ("true", {**first.json, name: None})
        with app.app_context():
            kept = session().scalars(select(IdempotencyKey.answer)).all()
        assert first.json[name]
        assert all(first.json[name] not in each for each in kept)


def test_every_answer_with_something_shown_once_is_among_these(app: Flask) -> None:
    """What speaks of a secret in the description has a `kept` without it: whoever adds another sees this."""
    described = Description(app).document["components"]["schemas"]
    speak = {
        name
        for name, each in described.items()
        if re.search(r"\b(shown|answered) (this )?once\b|secret", each.get("description", ""))
    }
    answers = {each.__name__: each for each in subclasses(Record)}
    without = {"TokenRecord"}  # says of its secret that it is not there
    assert {name for name in speak & set(answers) - without if answers[name].kept is Record.kept} == set()
    assert {name for name, each in answers.items() if each.kept is not Record.kept} == SHOWN_ONCE


def subclasses(of: type[Record]) -> Iterator[type[Record]]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)
