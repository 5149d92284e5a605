"""A new robot kind is one declaration and one effect: the card, the deal's page, the API and the checks know it
then."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from rules.facts import Snapshot
from rules.parameters import Parameter
from rules.robot_kinds import ROBOT_KINDS, RobotKind
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser
from webapp.access.scopes import Actor
from webapp.db import transaction
from webapp.errors import Refused, invalid
from webapp.models import Deal, Robot, RobotRun
from webapp.services import firing, robot_acts, robots, values
from webapp.services.firing import Outcome
from webapp.snapshots import setups

NOTE = RobotKind(
    "note",
    name={"en": "Note in the history", "ru": "Заметка в истории"},
    icon="edit",
    waits={"en": "{who} <reads> a note in {left}", "ru": "Через {left} {who} прочтёт заметку"},
    acts={"en": "Noting", "ru": "Записываем"},
    parameters=(
        Parameter("for", "person", required=False, default="head", slots=("responsible", "head")),
        Parameter("text", "text"),
    ),
    addressee="for",
    calls=True,
)
SETTINGS = {"text": {"en": "Ask for the drawing"}}
REFUSED = "No deal takes this note"


def _note(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
    text = run.definition["settings"]["text"]["en"]
    values.set_column(deal, "deal", "title", f"{deal.title}: {text}", by)
    if text == REFUSED:
        raise invalid("title", "too_long")
    return Outcome("fired", {"code": "noted"})


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ROBOT_KINDS, "note", NOTE)
        patch.setitem(firing.EFFECTS, "note", robot_acts._or_refused(_note))
        yield


@pytest.fixture
def armed(app: Flask, clock: Clock) -> int:
    """A deal on which such a robot waits."""
    with app.app_context():
        with transaction() as current:
            row = Robot(
                key="note",
                stage_id=company.stage("data_collection").id,
                kind="note",
                name={"en": "Drawing", "ru": "Чертёж"},
                starts=["entered"],
                timing={"after": {"amount": 5, "unit": "minutes"}},
                settings=SETTINGS,
            )
            current.add(row)
            setups.changed()
        deal_id = acts.deal()
        acts.move(deal_id, "data_collection")
        return deal_id


def test_the_card_says_what_it_waits_for(app: Flask, armed: int) -> None:
    who = browser(app, "rep1")
    with app.app_context():
        head = setups.current().name_of(company.person("north"))
    page = who.get("/").text
    (fuse,) = re.findall(r'data-fuse="note".*?</p>', page, re.DOTALL)
    assert f"{head} &lt;reads&gt; a note in <b" in fuse
    assert "5:00" in fuse


def test_the_page_names_it_and_whom_it_reaches(app: Flask, armed: int) -> None:
    page = browser(app, "rep1").get(f"/deals/{armed}").text
    with app.app_context():
        head = setups.current().name_of(company.person("north"))
    (line,) = re.findall(r"<li data-run=.*?</li>", page, re.DOTALL)
    assert "Note in the history" in line
    assert f"→ <bdi>{head}</bdi>" in line


def test_it_fires_and_its_end_is_told(app: Flask, armed: int, clock: Clock) -> None:
    clock.go_on(minutes=6)
    with app.app_context():
        acts.work()
        assert acts.deal_of(armed).title == "A press: Ask for the drawing"
    page = browser(app, "rep1").get(f"/deals/{armed}").text
    (line,) = [each for each in re.findall(r"<li data-why=.*?</li>", page, re.DOTALL) if "Drawing" in each]
    assert "Note in the history" in line
    assert "#edit" in line
    assert 'data-fuse="told"' in browser(app, "rep1").get("/").text


def test_of_what_is_refused_nothing_stands_and_the_responsible_is_told(app: Flask, armed: int, clock: Clock) -> None:
    with app.app_context():
        with transaction():
            acts.redefine(acts.run_of(armed, "note"), settings={"text": {"en": REFUSED}})
        clock.go_on(minutes=6)
        acts.work()
        run = acts.run_of(armed, "note")
        assert (run.state, run.reason["code"], run.reason["why"]) == ("called_off", "refused", "too_long")
        assert acts.deal_of(armed).title == "A press"
        assert [each.run_id for each in acts.told("rep1", "run.refused")] == [run.id]


def test_what_is_set_up_wrongly_is_refused_by_its_declaration(app: Flask, armed: int) -> None:
    wrong = {"settings": {"text": {"en": " "}, "for": "neighbour"}}
    with app.app_context(), transaction(), pytest.raises(Refused) as refused:
        robots.change_robot(company.robot("note"), wrong, company.acting("admin"))
    assert {each: problem["code"] for each, problem in refused.value.problems.items()} == {
        "settings.text": "blank",
        "settings.for": "not_a_person",
    }


def test_the_api_shows_it_and_refuses_by_its_declaration(
    app: Flask, armed: int, token: Callable[[str], dict[str, str]]
) -> None:
    who, headers = app.test_client(), token("admin")
    runs_of = who.get(f"/api/v1/deals/{armed}/runs", headers=headers).json["items"]
    assert [each["state"] for each in runs_of if each["kind"] == "note"] == ["waiting"]
    with app.app_context():
        address = f"/api/v1/robots/{company.robot('note').id}"
    assert who.get(address, headers=headers).json["settings"] == SETTINGS
    refused = who.patch(address, json={"settings": {"to": "head"}}, headers=headers)
    assert refused.status_code == 422
    assert "settings.to" in refused.text
    changed = who.patch(address, json={"settings": {"for": "responsible"}}, headers=headers)
    assert changed.json["settings"] == {**SETTINGS, "for": "responsible"}


def test_the_apis_description_shows_it(app: Flask) -> None:
    schemas = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]
    assert "note" in schemas["RobotRecord"]["properties"]["kind"]["enum"]
    shown = {"$ref": "#/components/schemas/RobotSettings.note"}
    assert shown in schemas["RobotRecord"]["properties"]["settings"]["anyOf"]
    settings = schemas["RobotSettings.note"]
    assert (settings["required"], settings["additionalProperties"]) == (["text"], False)
    assert settings["properties"]["for"]["anyOf"][0] == {"enum": ["responsible", "head"]}
    assert settings["properties"]["for"]["default"] == "head"
    change = schemas["RobotSettingsChange.note"]
    assert "required" not in change
    assert {"type": "null"} in change["properties"]["text"]["anyOf"]


def test_one_that_is_there_no_more_breaks_no_page(app: Flask, armed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROBOT_KINDS, "note")
    who = browser(app, "rep1")
    assert "note" in who.get("/").text
    assert who.get(f"/deals/{armed}").status_code == 200
