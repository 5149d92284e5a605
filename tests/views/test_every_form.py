"""Every form that a page draws, found by walking: saved untouched it changes nothing, and what was typed is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from rules.field_kinds import FIELD_KINDS
from tests import company, servers
from tests.views.drawn_forms import Control, DrawnForm, again, pages, read
from tests.views.scenes import Browser, browser, rows, scene, standing_firm
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.models import Address, Contact, Deal, Field, User
from webapp.snapshots import setups

PEOPLE = ("admin", "head", "north", "rep1", "rep2")
FIRMS = [("en", "America/St_Johns"), ("ru", "Asia/Vladivostok")]
TYPISTS = {"en": ("rep1",), "ru": ("admin",)}  # who types what is wrong
if "EVERY_FIRM" in os.environ:
    FIRMS += [("en", "Europe/Moscow"), ("ru", "UTC")]
    TYPISTS = dict.fromkeys(TYPISTS, ("admin", "rep1"))
KEPT = {  # a value of each kind as it is stored; of these the option is archived and the person has left
    "text": 'First and <b>second</b> & "third"',
    "long_text": "First line\n\nand <b>second</b>",
    "link": "https://example.org/a?b=1&c=2",
    "multi_select": ["here", "gone"],
    "number": 1234.5,
    "money": 123456,
    "checkbox": True,
    "select": "gone",
    "date": "2026-12-31",
    "datetime": "2026-11-24T07:30:00+00:00",
    "phone": "+79120000001",
    "email": "anna@example.com",
    "user": "rep3",
    "stage": "processing",
}
MEANS = {  # a press of these is an answer by itself
    "/people/N/absences#absence": "away today",
    "/settings/calendars": "a calendar of the first that has none",
    "/deals/N/invoices": "its number and amount are proposed",
    "/tasks/N/handovers": "to the first who may be given it",
    "/tasks/N/submissions": "work may be handed in without a word",
    "/form/sales": "an inquiry",
    "/settings/people/N/deactivations#leaving": "what is proposed on the hand-over sheet is there to be taken",
    "/settings/people/N/moves#moving": "what it would do is only shown",
    "/important/N/settlements": "it may be done without a word",
    "/important/N/snoozings": "until the client answers, which is proposed",
    "/important/N/handovers": "to the first who may see it",
    "/conversations/N/answers_elsewhere": "by phone, which is proposed",
    "/settings/org/places": "the first department that is offered is one to work in",
}
TAKES_ANYTHING = {("/profile", "current")}  # browsers fill it in unasked; without a new password it says nothing
BAD = {
    "date": "someday",
    "datetime-local": "someday",
    "tel": "call me <b>",
    "email": "at home <b>",
    "select": "no such",
    "radio": "no such",
    "checkbox": "maybe",
    "password": "short",
}
TOO_LONG = "слово & <b> " * 1_000 + "."
TRAP = "website"  # no person sees it


@dataclass(frozen=True)
class Firm:
    app: Flask
    locale: str
    people: dict[str, Browser]
    drawn: dict[str, list[DrawnForm]] = field(default_factory=dict)

    def forms(self, name: str) -> list[DrawnForm]:
        """Each form that one of them comes to and fills in."""
        return [form for form in self._all(name) if form.is_filled_in]

    def questions(self, name: str) -> list[DrawnForm]:
        """Each form that only asks, and stands in the address."""
        return [form for form in self._all(name) if form.method == "get"]

    def _all(self, name: str) -> list[DrawnForm]:
        """Once by their action and the names in them; found out once."""
        if name not in self.drawn:
            found = [form for _, page in pages(self.people[name]) for form in page.forms]
            once = {(form.action, *(each.name for each in form.controls)): form for form in found}
            self.drawn[name] = list(once.values())
        return self.drawn[name]


@pytest.fixture(scope="module", params=FIRMS, ids="-".join)
def firm(
    request: pytest.FixtureRequest,
    templates: dict[str, Any],
    redis_server: servers.RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Firm]:
    with full_firm(templates, redis_server, tmp_path_factory.mktemp("forms"), *request.param) as made:
        yield made


@pytest.fixture(params=FIRMS, ids="-".join)
def own_firm(
    request: pytest.FixtureRequest, templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path: Path
) -> Iterator[Firm]:
    """The same for one test alone, which changes it."""
    with full_firm(templates, redis_server, tmp_path, *request.param) as made:
        yield made


@contextmanager
def full_firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, folder: Path, locale: str, zone: str
) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, folder, locale) as app:
        for owner, head in (("rep1", "north"), ("rep2", "north"), ("rep1", "head")):
            full(app, scene(app, owner, head, f"Deal of {owner} under {head}").deal)
        with app.app_context(), transaction():
            session().execute(update(User).values(time_zone=zone))
            session().execute(update(User).where(User.id == company.person("rep3")).values(is_active=False))
            setups.changed()
        yield Firm(app, locale, {name: browser(app, name) for name in PEOPLE})


def full(app: Flask, deal_id: int) -> None:
    """A field of every kind on the deal and on its contact, each with a value."""
    with app.app_context(), transaction():
        deal = session().get_one(Deal, deal_id)
        for entity, record in (("deal", deal), ("contact", session().get_one(Contact, deal.contact_id))):
            for kind in FIELD_KINDS:
                key = f"own_{kind}"
                value = company.person(KEPT[kind]) if kind == "user" else KEPT[kind]
                record.fields = {**record.fields, key: value}
                if session().scalar(select(Field).where(Field.key == key, Field.entity == entity)) is None:
                    session().add(own_field(entity, kind))
                    session().flush()


def own_field(entity: str, kind: str) -> Field:
    options = [{"key": "here", "label": {"en": "Here", "ru": "Здесь"}}] if kind in ("select", "multi_select") else []
    label = {"en": f"Own {kind}", "ru": f"Своё {kind}"}
    return Field(entity=entity, key=f"own_{kind}", kind=kind, label=label, options=options, position=100)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_form_saved_untouched_changes_nothing(firm: Firm, name: str) -> None:
    who = firm.people[name]
    found, before = firm.forms(name), rows(firm.app)
    assert {"/deals", "/contacts", "/profile"} <= {form.route for form in found}
    wrong = []
    for form in found:
        if form.route not in MEANS:
            answer = who.post(form.action, data=form.data())
            changed, before = changes(before, rows(firm.app)), rows(firm.app)
            if changed or answer.status_code not in (204, 303, 422):
                wrong.append((form.action, form.data(), answer.status_code, changed))
    assert not wrong, "\n".join(map(str, wrong))


def changes(before: dict[str, list[Any]], now: dict[str, list[Any]]) -> dict[str, Any]:
    return {name: [each for each in now[name] if each not in before[name]] for name in now if now[name] != before[name]}


def bad(control: Control) -> str:
    """What no field of this kind takes."""
    return "много" if control.inputmode == "decimal" else BAD.get(control.kind, TOO_LONG)


def typed(control: Control) -> str:
    """What was typed into the other fields, told from what is kept."""
    return f"Typed <i> in {control.name}"


def test_what_was_typed_is_kept_beside_what_is_wrong(firm: Firm) -> None:
    before, wrong = rows(firm.app), []
    for name in TYPISTS[firm.locale]:
        for form in {(each.route, *(one.name for one in each.controls)): each for each in firm.forms(name)}.values():
            for control in {each.name: each for each in form.controls if each.is_seen and each.name != TRAP}.values():
                if (form.route, control.name) not in TAKES_ANYTHING and control.kind != "file":  # test_task_files.py
                    found = forgotten(firm, firm.people[name], form, control)
                    wrong += [(name, form.action, control.name, each) for each in found]
    assert not wrong, "\n".join(map(str, wrong))
    assert changes(before, rows(firm.app)) == {}


def forgotten(firm: Firm, who: Browser, form: DrawnForm, control: Control) -> Iterator[str]:
    """What is amiss with the answer to a form with one bad value in it."""
    others = {each.name: typed(each) for each in form.controls if is_text(each) and each.name != control.name}
    answer = who.post(form.action, data=form.data(**{**others, control.name: bad(control)}))
    shown = again(answer.text, form)
    if not 400 <= answer.status_code < 500:
        yield f"answered with {answer.status_code}"
    elif f'<html lang="{firm.locale}"' not in answer.text:
        yield "another language"
    elif shown is None:
        yield from ["no form"] if others or is_text(control) else []
    else:
        kept = {**others, control.name: bad(control)} if is_text(control) or control.inputmode else others
        yield from (name for name, value in kept.items() if [line(each) for each in shown.value(name)] != [line(value)])


NO_NUMBERS = ("много", f"1{'0' * 30}")
NUMBERS = ("-1", "0", "100")  # that some take, and others do not


def test_no_number_and_one_too_many_are_refused_in_words(own_firm: Firm) -> None:
    asked, wrong = set[tuple[str, str]](), []
    for name in TYPISTS[own_firm.locale]:
        for form in [*own_firm.forms(name), *where_told(own_firm, name)]:
            for control in form.controls:
                if control.inputmode in ("numeric", "decimal") and (form.route, control.name) not in asked:
                    asked.add((form.route, control.name))
                    found = unread(own_firm.people[name], form, control)
                    wrong += [(name, form.action, control.name, each) for each in found]
        assert {("/profile/telling", "an_hour"), ("/tasks", "working_days"), ("/deals/N", "amount")} <= asked
    assert not wrong, "\n".join(map(str, wrong))


def where_told(firm: Firm, name: str) -> list[DrawnForm]:
    """The forms of whoever has an address, with which it is asked how much they are told there."""
    own = {"kind": "email", "address": f"{name}@home.example", "confirmed_at": time_source.now()}
    with firm.app.app_context():
        with transaction():
            address = Address(user_id=company.person(name), **own)
            session().add(address)
        forms = read(firm.people[name].get("/profile/addresses").text).forms
        with transaction():
            session().delete(session().merge(address))
    return [form for form in forms if form.is_filled_in]


def unread(who: Browser, form: DrawnForm, control: Control) -> Iterator[str]:
    """What is amiss with the answers to a control of numbers that is given none, one that nothing counts, some others
    and a blank."""
    for typed_ in (*NO_NUMBERS, *NUMBERS, ""):
        answer = who.post(form.action, data=form.data(**{control.name: typed_}))
        is_refused = 400 <= answer.status_code < 500
        if answer.status_code >= 500 or (typed_ in NO_NUMBERS and not is_refused):
            yield f"{typed_!r} was answered with {answer.status_code}"
        elif is_refused and 'class="wrong"' not in answer.text:
            yield f"{typed_!r} was refused without words"


def test_what_is_asked_and_cannot_be_read_is_refused_and_kept_and_never_left_out_unsaid(firm: Firm) -> None:
    """A period, a day, an amount: whatever somebody types in a form that stands in the address."""
    who, asked = firm.people["admin"], set()
    for form in firm.questions("admin"):
        for control in form.controls:
            if control.is_seen and (control.kind == "date" or control.inputmode == "decimal"):
                asked.add((form.route, control.name))
                for wrong in (bad(control), "0026-11-24") if control.kind == "date" else (bad(control),):
                    answer = who.get(form.action, query_string=form.data(**{control.name: wrong}))
                    assert answer.status_code == 422, (form.action, control.name, wrong)
                    assert f'value="{wrong}"' in answer.text, (form.action, control.name, wrong)
                    assert 'class="wrong"' in answer.text, (form.action, control.name, wrong)
    assert {("/figures", "from"), ("/runs", "day"), ("/settings/org", "on")} <= asked
    assert ("/pipelines/sales", "amount") in asked


def is_text(control: Control) -> bool:
    return control.kind in ("text", "textarea", "search") and not control.inputmode and control.name != TRAP


def line(words: str) -> str:
    return words.replace("\r\n", "\n")
