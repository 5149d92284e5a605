"""Whatever a select offers on the screens of the set-up can be chosen, also what stands in the draft alone."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from rules.robot_kinds import ROBOT_KINDS
from rules.setup_documents import Document
from tests.views.drawn_forms import Control, DrawnForm, read
from tests.views.scenes import HTMX, Browser, browser
from webapp.snapshots import drafts

BASE = "/automation/sales"
FIELD = "/settings/fields/deal/equipment_type"
TYPES = ("date", "select", "user")


@pytest.fixture
def who(app: Flask) -> Browser:
    return browser(app, "admin")


@pytest.fixture
def screens(app: Flask, who: Browser) -> list[str]:
    """The editors of a draft that has something new of each kind."""
    who.post("/automation", data={"name.en": "Repairs"})
    who.post(f"{BASE}/stages", data={"name.en": "Check", "after": "new"})
    who.post("/automation/repairs/stages", data={"name.en": "Check", "after": "new"})
    for kind in TYPES:
        who.post("/settings/fields/deal", data={"kind": kind, "label.en": f"New {kind}"})
    who.post("/settings/fields/deal/new_select/options", data={"option.+.en": "Blue", "act": ""})
    for kind in ROBOT_KINDS:
        who.post(f"{BASE}/robots", data={"kind": kind, "stage": "check"})
    who.post(f"{BASE}/triggers", data={"event": "client_wrote", "stage": "check"})
    rules = [each for kind in ("robot", "trigger") for each in document(app).of(kind)]
    return [
        *(f"{BASE}/{each.kind}s/{each.key}" for each in rules if each.parts["stage"] == "sales/check"),
        f"{BASE}/stages/check",
        "/automation/repairs/settings",
        *(f"/settings/fields/deal/new_{each}" for each in TYPES),
        FIELD,
    ]


def document(app: Flask) -> Document:
    with app.app_context():
        return drafts.current().document


def selects(page: str, path: str) -> list[tuple[DrawnForm, Control]]:
    forms = [each for each in read(page).forms if each.action.startswith(path)]
    return [(form, each) for form in forms for each in form.controls if each.kind == "select" and each.options]


def refusals(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'class="(?:wrong|note soon)"[^>]*>([^<]+)', page)]


def test_every_offered_choice_of_a_draft_can_be_chosen(who: Browser, screens: list[str]) -> None:
    wrong, chosen = [], set[tuple[str, str]]()

    def choose(form: DrawnForm, control: Control, path: str) -> None:
        shown = control.value
        for sent in sorted(control.options, key=lambda each: each == control.value):  # as it was, in the end
            if (control.name, sent) in chosen:
                continue
            chosen.add((control.name, sent))
            said_of_it = {control.name: sent, f"was.{control.name}": shown}  # the page has been drawn anew
            answer, shown = who.post(form.action, data=form.data(**said_of_it), headers=HTMX), sent
            if answer.status_code != 200 or (said := refusals(answer.text)):
                wrong.append((form.action, control.name, sent, answer.status_code, said))
            if control.name == "settings.field":  # its values are others
                for inner, value in selects(answer.text, path):
                    if value.name == "settings.value":
                        choose(inner, value, path)

    for path in screens:
        for form, control in selects(who.get(path).text, path):
            if control.name != "settings.value":
                choose(form, control, path)
    assert not wrong, "\n".join(map(str, wrong))
    assert {
        ("settings.stage", "sales/check"),
        ("settings.stage", "repairs/check"),
        ("settings.stage", "sales/lost"),
        ("settings.field", "new_select"),
        ("settings.value", "blue"),
        ("from.repairs", "check"),
        ("from.sales", "check"),
        ("stage", "sales/check"),
    } <= chosen


PLACES = {
    "robot": f"{BASE}/robots/reaction_control/condition",
    "trigger": f"{BASE}/triggers/dialogue_taken/condition",
    "field": f"{FIELD}/conditions",
}
PARTS = {"robot": "reaction_control", "trigger": "dialogue_taken", "field": "deal/equipment_type"}


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("operator", ["eq", "in"])
def test_a_condition_takes_every_stage_that_it_offers(app: Flask, who: Browser, kind: str, operator: str) -> None:
    who.post("/automation", data={"name.en": "Repairs"})
    who.post(f"{BASE}/stages", data={"name.en": "Check", "after": "new"})
    tested = {"if.0.field": "deal.stage", "if.0.was": "deal.stage", "if.0.operator": operator}
    drawn = who.post(PLACES[kind], data=tested, headers=HTMX).text
    (form,) = [each for each in read(drawn).forms if each.action == PLACES[kind]]
    offered = {each.value for each in form.controls if each.name == "if.0.value" and each.kind == "checkbox"} | {
        option for each in form.controls if each.name == "if.0.value" for option in each.options if option
    }
    assert {"sales/new", "sales/check", "repairs/new", "repairs/won"} <= offered
    for sent in sorted(offered):
        answer = who.post(PLACES[kind], data={**tested, "if.0.value": sent}, headers=HTMX)
        assert (answer.status_code, refusals(answer.text)) == (200, [])
        item = document(app).get(kind, PARTS[kind])
        assert item is not None
        kept = item.parts["required_if" if kind == "field" else "condition"]
        value = [sent] if operator == "in" else sent
        assert kept == {"all": [{"entity": "deal", "field": "stage", "operator": operator, "value": value}]}
        again = who.get(PLACES[kind].removesuffix("/conditions")).text
        (form,) = [each for each in read(again).forms if each.action == PLACES[kind]]
        assert form.value("if.0.value") == [sent], "it stands there as it was chosen"


def test_a_stage_is_chosen_whatever_a_colleague_adds_meanwhile(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/stages", data={"name.en": "Check", "after": "processing"})
    who.post(f"{BASE}/robots", data={"kind": "move", "stage": "new"})
    (robot,) = [each.key for each in document(app).of("robot") if each.parts["kind"] == "move"]
    path = f"{BASE}/robots/{robot}/settings.stage"
    ((form, control),) = selects(who.get(path).text, path)
    assert "sales/check" in control.options
    browser(app, "admin").post(f"{BASE}/stages", data={"name.en": "Alpha", "after": "new"})
    answer = who.post(path, data=form.data(**{"settings.stage": "sales/check"}), headers=HTMX)
    assert answer.status_code == 200
    ((form, _),) = selects(answer.text, path)
    assert form.value("settings.stage") == ["sales/check"]
    found = document(app).get("robot", robot)
    assert found is not None
    assert found.parts["settings"] == {"stage": "sales/check"}


def test_a_stage_that_is_none_is_refused_by_what_it_is(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/robots", data={"kind": "move", "stage": "new"})
    (robot,) = [each.key for each in document(app).of("robot") if each.parts["kind"] == "move"]
    path = f"{BASE}/robots/{robot}/settings.stage"
    for none in ("sales/nowhere", "-1", "2"):
        answer = who.post(path, data={"settings.stage": none}, headers=HTMX)
        assert (answer.status_code, refusals(answer.text)) == (422, ["There is no such stage."])


def test_a_lost_stage_is_chosen_with_its_reason_and_left_without(app: Flask, who: Browser) -> None:
    who.post(f"{BASE}/robots", data={"kind": "move", "stage": "new"})
    (robot,) = [each.key for each in document(app).of("robot") if each.parts["kind"] == "move"]
    path = f"{BASE}/robots/{robot}/settings.stage"

    def settings() -> object:
        found = document(app).get("robot", robot)
        assert found is not None
        return found.parts["settings"]

    who.post(path, data={"settings.stage": "sales/lost"})
    assert settings() == {"stage": "sales/lost", "reason": {"en": "Lost", "ru": "Провал"}}, "it offers no reasons yet"
    who.post(path, data={"settings.stage": "sales/won"})
    assert settings() == {"stage": "sales/won"}
    who.post(f"{BASE}/settings/lost_reasons", data={"option.+.en": "Too dear", "act": ""})
    who.post(path, data={"settings.stage": "sales/lost"})
    assert settings() == {"stage": "sales/lost", "reason": {"en": "Too dear"}}
