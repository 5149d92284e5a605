"""Two admins have the same editor of the set-up open. Each control of each of its forms, found as it is drawn: whoever
is second to it is told who was first, and who is at another undoes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask

from rules.robot_kinds import ROBOT_KINDS
from tests.views.drawn_forms import Control, DrawnForm, read
from tests.views.scenes import HTMX, browser, rows, second_admin
from webapp.db import session
from webapp.models import SetupEdit
from webapp.snapshots import drafts

SALES = "/automation/sales"
NOT_OF_ONE = ("option.+.en", "option.+.ru")  # what is new is nobody's yet
BUTTONS = ("/deletions", "/returns", "/switches", "/copies", "/addresses", "/endings")
TYPED = {"amount": ("11", "12"), "settings.to.amount": ("3", "4")}
WORDS = ("One <b>", "Other")
FIRST = "Admin"
SAVED = {200, 303}
REASON = "settings.reason"


@dataclass(frozen=True)
class Two:
    app: Flask
    first: Any
    second: Any

    def document(self) -> str:
        with self.app.app_context():
            found = drafts.current().document
            session().close()
        return json.dumps([[each.kind, each.key, each.parts] for each in found.items], sort_keys=True, default=str)


@pytest.fixture
def two(app: Flask) -> Two:
    made = Two(app, browser(app, "admin"), second_admin(app))
    made.first.post("/settings/channels/webhooks", data={"name": "ERP", "url": "https://erp.example.com/hooks"})
    return made


def robot_of(two: Two, kind: str) -> str:
    made = two.first.post(f"{SALES}/robots", data={"kind": kind, "stage": "payment"})
    assert made.status_code == 303, made.text
    return str(made.headers["Location"])


def editors(two: Two) -> Iterator[str]:
    yield from (f"{SALES}/stages/processing", f"{SALES}/settings", f"{SALES}/triggers/dialogue_taken")
    yield from ("/settings/fields/deal/equipment_type", "/settings/fields/contact/vip")
    yield from (robot_of(two, each) for each in ROBOT_KINDS)


def forms(who: Any, page: str) -> list[DrawnForm]:
    found = [each for each in read(who.get(page).text).forms if each.action.startswith(page) and each.method == "post"]
    return [each for each in found if not each.action.endswith(BUTTONS) and any(one.is_seen for one in each.controls)]


def names(form: DrawnForm) -> list[str]:
    """Of what one can change in it, a condition as one."""
    said = dict.fromkeys(each.name for each in form.controls if each.is_seen and each.name not in NOT_OF_ONE)
    return list(dict.fromkeys("condition" if each.startswith("if.") else each for each in said))


def others(form: DrawnForm, name: str) -> list[dict[str, Any]]:
    """What two people may make of it, as what each sends; of what has one other, only that."""
    mine = [each for each in form.controls if each.name == name and each.is_seen]
    if name.startswith(REASON) or (name.endswith(".unit") and form.value(name.replace(".unit", ".amount")) == [""]):
        return []  # of a deal that is lost alone; of nothing
    if mine[0].kind == "checkbox" and any(each.value == "[]" for each in form.controls if each.name == name):
        return [_ticked(form, name, mine, each) for each in sorted(mine, key=lambda each: each.sends)][:2]
    if mine[0].kind == "checkbox":
        return [{name: "off" if mine[0].sends else "on"}]
    if mine[0].kind == "radio":
        return [{name: each.value} for each in mine if not each.sends][:2]
    if mine[0].kind == "select":
        return [{name: each} for each in mine[0].options if each != mine[0].value][:2]
    return [{name: each} for each in (("11", "12") if mine[0].inputmode == "numeric" else WORDS)]


def _ticked(form: DrawnForm, name: str, boxes: list[Control], other: Control) -> dict[str, Any]:
    """As it stands, with one box the other way."""
    return {name: ["[]", *(each.value for each in boxes if each.sends != (each is other))]}


def sent(form: DrawnForm, instead: dict[str, Any]) -> dict[str, list[str]]:
    own = form.data()
    return {**own, **{name: each if isinstance(each, list) else [each] for name, each in instead.items()}}


def test_every_control_of_the_set_up_says_what_it_has_shown(two: Two) -> None:
    silent = {}
    for page in editors(two):
        for form in forms(two.second, page):
            said = {each.name.removeprefix("was.") for each in form.controls if each.name.startswith("was.")}
            if missing := [each for each in names(form) if each not in said]:
                silent[form.action] = missing
    assert silent == {}


@pytest.mark.parametrize("number", range(5 + len(ROBOT_KINDS)))
def test_whoever_is_second_to_a_control_is_told(two: Two, number: int) -> None:
    page = list(editors(two))[number]
    two.first.post("/setup/publications")
    asked, amiss = 0, []
    for form in forms(two.second, page):
        for name in names(form):
            both = [] if name == "condition" else others(form, name)
            if len(both) == 2:
                asked += 1
                amiss += [(form.action, name, each) for each in untold(two, form, *both)]
    assert amiss == []
    assert asked >= 3 or page.endswith("vip")


def untold(two: Two, form: DrawnForm, mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    first = two.first.post(form.action, data=sent(form, mine))
    if first.status_code not in SAVED:
        yield f"the first is answered with {first.status_code}"
        return
    before = rows(two.app)
    late = two.second.post(form.action, data=sent(form, theirs), headers=HTMX)
    if (late.status_code, rows(two.app) == before) != (409, True):
        yield f"the second is answered with {late.status_code}"
    elif FIRST not in unescape(late.text).partition('class="wrong"')[2]:
        yield "who it was is not said"
    else:
        yield from unmade(two, form, theirs, late.text)
    take_back(two)


def unmade(two: Two, form: DrawnForm, theirs: dict[str, Any], page: str) -> Iterator[str]:
    """What the second had chosen stands in the form that came back, and saved once more it holds."""
    kept = next(each for each in read(page).forms if each.action == form.action and {*theirs} <= {*names(each)})
    for name, each in theirs.items():
        wanted = each[1:] if isinstance(each, list) else [each]
        if [one.value for one in kept.controls if one.name == name and one.is_seen and one.sends] != wanted:
            yield f"{kept.value(name)} stands there"
    again = two.second.post(form.action, data=sent(kept, {}))
    if again.status_code not in SAVED:
        yield f"saved once more it is answered with {again.status_code}"


def take_back(two: Two) -> None:
    two.first.post("/setup/draft/discards")
    with two.app.app_context():
        assert not [each for each in session().query(SetupEdit) if each.state == "draft"]
        session().close()


@pytest.mark.parametrize("number", range(5 + len(ROBOT_KINDS)))
def test_who_is_at_another_control_undoes_nothing(two: Two, number: int) -> None:
    page = list(editors(two))[number]
    two.first.post("/setup/publications")
    found = [(form, name) for form in forms(two.second, page) for name in names(form) if name != "condition"]
    amiss = []
    for (form, name), (other, beside) in pairwise(found):
        if is_one(name, beside) or not (mine := others(form, name)) or not (theirs := others(other, beside)):
            continue
        alone = []
        for who, at, each in ((two.first, form, mine[0]), (two.second, other, theirs[0])):
            who.post(at.action, data=sent(at, each))
            alone.append(two.document())
            take_back(two)
        answers = [
            who.post(at.action, data=sent(at, each)).status_code
            for who, at, each in ((two.first, form, mine[0]), (two.second, other, theirs[0]))
        ]
        if not {*answers} <= SAVED or two.document() in alone:
            amiss.append((form.action, name, other.action, beside, answers))
        take_back(two)
    assert amiss == []


def is_one(name: str, other: str) -> bool:
    """Of which each means something only with the other, or decides what the other may be."""
    ends = {each.rpartition(".")[2] for each in (name, other)}
    return (
        ends <= {"how", "amount", "unit", "field"} or ends <= {"entity", "field", "value"} or ends == {"stage", "after"}
    )


CONDITIONS = (
    (f"{SALES}/robots/reaction_control", f"{SALES}/robots/reaction_control/condition"),
    (f"{SALES}/triggers/dialogue_taken", f"{SALES}/triggers/dialogue_taken/condition"),
    ("/settings/fields/deal/equipment_type", "/settings/fields/deal/equipment_type/conditions"),
)


@pytest.mark.parametrize(("page", "action"), CONDITIONS)
def test_whoever_builds_the_same_condition_second_is_told(two: Two, page: str, action: str) -> None:
    stale = builder(two.second, page, action)
    mine, theirs = (asks(stale, each) for each in ("contact.vip", "deal.amount"))
    assert two.first.post(action, data=mine).status_code == 303
    before = two.document()
    late = two.second.post(action, data=theirs, headers=HTMX)
    assert (late.status_code, two.document() == before) == (409, True)
    said = unescape(late.text).partition('class="wrong"')[2]
    assert FIRST in said
    assert "VIP" in said.partition("</p>")[0]
    kept = next(each for each in read(late.text).forms if each.action == action)
    assert kept.value("if.0.field") == ["deal.amount"]
    assert two.second.post(action, data=kept.data()).status_code == 303
    assert builder(two.first, page, action).value("if.0.field") == ["deal.amount"]


@pytest.mark.parametrize(("page", "action"), CONDITIONS)
def test_a_condition_that_was_begun_before_another_changed_it_is_still_told(two: Two, page: str, action: str) -> None:
    """The half-built answer does not forget what was shown first."""
    stale = builder(two.second, page, action)
    half = two.second.post(action, data={**stale.data(), "act": "test:if"}, headers=HTMX)
    assert two.first.post(action, data=asks(builder(two.first, page, action), "contact.vip")).status_code == 303
    half = two.second.post(action, data=builder_in(half.text, action).data(), headers=HTMX)
    began = builder_in(half.text, action)
    late = two.second.post(action, data=asks(began, "deal.amount"), headers=HTMX)
    assert late.status_code == 409
    assert two.second.post(action, data=stale.data()).status_code in (303, 409)
    assert "contact.vip" in builder(two.first, page, action).value("if.0.field"), "one that was let be undoes nothing"


def builder(who: Any, page: str, action: str) -> DrawnForm:
    return builder_in(who.get(page).text, action)


def builder_in(page: str, action: str) -> DrawnForm:
    return next(each for each in read(page).forms if each.action == action)


def asks(form: DrawnForm, field: str) -> dict[str, Any]:
    """One test alone, with what else the form sends."""
    beside = {name: each for name, each in form.data().items() if not name.startswith("if.")}
    operator, value = ("eq", "on") if field == "contact.vip" else ("gt", "5")
    test = {"if.mode": "all", "if.0.was": field, "if.0.field": field, "if.0.operator": operator, "if.0.value": value}
    return {**beside, **test}
