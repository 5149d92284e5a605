"""What is done on the screen of automation goes into the draft, and comes back as a sentence."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from rules.field_kinds import FIELD_KINDS
from rules.robot_kinds import ROBOT_KINDS
from rules.setup_documents import Item
from rules.triggers import EVENTS
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import HTMX, Browser, browser, scene
from webapp.db import session, transaction
from webapp.services import drafts as services
from webapp.services import setup_editing
from webapp.snapshots import drafts

BASE = "/automation/sales"
CONTROL = f"{BASE}/robots/reaction_control"


@pytest.fixture
def who(app: Flask) -> Browser:
    return browser(app, "admin")


def drafted(app: Flask, kind: str, key: str) -> Item:
    with app.app_context():
        found = drafts.current().document.get(kind, key)
    assert found is not None, key
    return found


def title(page: str) -> str:
    (found,) = re.findall(r"<h2 tabindex=\"-1\" data-focus>(.*?)</h2>", page, re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found)))


def test_the_editor_shows_every_part_and_a_part_alone(app: Flask, who: Browser) -> None:
    scene(app)
    page = who.get(CONTROL).text
    forms = re.findall(r'data-part-form="([^"]+)"', page)
    assert forms == [
        "timing", "starts", "condition", "settings.to", "settings.text", "settings.urgency", "settings.sms",
        "settings.take_within", "options", "name", "place",
    ]  # fmt: skip
    assert title(page).startswith("10 minutes after a deal enters “New”, control: tell the head of the responsible")
    assert "it would run" in page
    assert "Today it would reach" in page
    alone = who.get(f"{CONTROL}/timing", headers=HTMX).text
    assert re.findall(r'data-part-form="([^"]+)"', alone) == ["timing"]
    assert 'hx-target="#setup"' in alone
    assert who.get(f"{CONTROL}/nonsense").status_code == 404
    assert who.get(f"{BASE}/robots/nobody").status_code == 404


@pytest.mark.parametrize(
    ("part", "sends", "expected"),
    [
        ("timing", {"how": "after", "amount": "2", "unit": "working_days", "when": "any"}, "2 working days after"),
        ("timing", {"how": "at_once", "when": "working_hours"}, "in working hours only"),
        ("starts", {"start": "client_wrote"}, "10 minutes after the client writes"),
        ("settings.to", {"settings.to": "user:{rep1}"}, "tell Ivan Petrov"),
        ("settings.text", {"settings.text.en": "Look at {deal.title}", "settings.text.ru": ""}, "“Look at [Deal]”"),
        ("options", {"once_per_deal": "on", "also_later": "off"}, "once per deal"),
        ("place", {"stage": "sales/payment", "after": "unpaid_vip"}, "after a deal enters “Payment”"),
    ],
)
def test_a_part_that_is_changed_is_in_the_sentence(
    app: Flask, who: Browser, part: str, sends: dict[str, str], expected: str
) -> None:
    with app.app_context():
        ids = {"{rep1}": str(company.person("rep1"))}
    filled = {
        name: (ids.get(value.partition(":")[2], "") and f"user:{ids['{rep1}']}") or value
        for name, value in sends.items()
    }
    answer = who.post(f"{CONTROL}/{part}", data=filled, headers=HTMX)
    assert answer.status_code == 200, answer.text
    assert expected in title(answer.text)
    plain = who.post(f"{CONTROL}/{part}", data=filled)
    assert (plain.status_code, plain.location) == (303, CONTROL)
    assert expected in title(who.get(CONTROL).text)


def test_what_cannot_be_kept_is_said_beside_its_part(app: Flask, who: Browser) -> None:
    answer = who.post(f"{CONTROL}/settings.text", data={"settings.text.en": " ", "settings.text.ru": ""}, headers=HTMX)
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text
    assert "has not answered" in title(answer.text)
    for amount in ("99999999", "soon", "", "-5", "1.5", "99999999999999"):
        after = {"how": "after", "amount": amount, "unit": "days"}
        assert who.post(f"{CONTROL}/timing", data=after).status_code == 422, amount


def test_a_nested_condition_is_built_press_by_press(app: Flask, who: Browser) -> None:
    def press(**fields: Any) -> str:
        data = {name.replace("__", "."): value for name, value in fields.items()}
        return who.post(f"{CONTROL}/condition", data=data, headers=HTMX).text

    begun = press(if__mode="all", act="test:if")
    assert "Not in the draft yet" in begun
    first = {"if__mode": "all", "if__0__field": "contact.vip", "if__0__operator": "eq", "if__0__value": "on"}
    assert "Contact · VIP is yes" in title(press(**first))
    grouped = press(**first, act="group:if")
    assert 'name="if.1.0.field"' in grouped
    second = {
        **first,
        "if__1__mode": "any",
        "if__1__0__field": "deal.amount",
        "if__1__0__operator": "gte",
        "if__1__0__value": "1 000 000",
        "if__1__1__field": "deal.equipment_type",
        "if__1__1__operator": "in",
        "if__1__1__value": ["large", "special"],
    }
    said = title(press(**second))
    assert (
        "if Contact · VIP is yes and (Deal · Amount is at least ₽1,000,000 or Deal · Equipment type is one of" in said
    )
    kept = drafted(app, "robot", "reaction_control").parts["condition"]
    assert kept["all"][1]["any"][0]["value"] == "1000000.00"  # type: ignore[index]
    assert "Not in the draft yet" in press(**{**second, "if__1__0__value": "much"})
    gone = press(**{**second, "act": "without:if.1"})
    assert "(Deal" not in title(gone)
    assert "if " not in title(press(if__mode="all", **{}))


def test_a_robot_of_every_kind_is_added_and_opens(app: Flask, who: Browser) -> None:
    refused = who.post(f"{BASE}/robots", data={"kind": "webhook", "stage": "processing"})
    assert (refused.status_code, "An admin can add one under Channels" in refused.text) == (422, True)
    who.post("/settings/channels/webhooks", data={"name": "ERP", "url": "https://erp.example.com/hooks"})
    for kind in ROBOT_KINDS:
        answer = who.post(f"{BASE}/robots", data={"kind": kind, "stage": "processing"})
        assert answer.status_code == 303, (kind, answer.text)
        page = who.get(answer.location)
        assert page.status_code == 200
        assert f'data-key="{answer.location.rpartition("/")[2]}"' in page.text
        for part in re.findall(r'data-part-form="([^"]+)"', page.text):
            assert who.get(f"{answer.location}/{part}", headers=HTMX).status_code == 200


def test_new_robots_are_told_apart_by_their_names(app: Flask, who: Browser) -> None:
    made = [who.post(f"{BASE}/robots", data={"kind": "control", "stage": each}).location for each in ("new", "new", "")]
    names = [drafted(app, "robot", each.rpartition("/")[2]).name for each in made]
    assert [each["en"] for each in names] == ["Control: New", "Control: New 2", "Control: any stage"]
    assert names[1]["ru"] == "Контроль: Новая 2"


VALUES = {  # what a control sends, what is said of it, as the file has it
    "text": ("Press", "Press", "Press"),
    "long_text": ("A press", "A press", "A press"),
    "number": ("1 000,5", "1,000.5", 1000.5),
    "money": ("1 000,50", "₽1,000.50", "1000.50"),
    "date": ("2026-11-25", "25 Nov 2026", "2026-11-25"),
    "datetime": ("2026-11-25T10:00", "2026-11-25 10:00", "2026-11-25T07:00:00+00:00"),
    "checkbox": ("on", "yes", True),
    "select": ("a", "Alpha", "a"),
    "multi_select": (["a", "b"], "Alpha", ["a", "b"]),
    "user": ("{rep1}", "Ivan Petrov", "rep1@dozor.example"),
    "phone": ("8 912 555-01-77", "555", "+79125550177"),
    "email": ("A@b.example", "a@b.example", "a@b.example"),
    "link": ("https://b.example/1", "b.example", "https://b.example/1"),
}


def test_every_kind_of_field_has_a_value_that_is_tried() -> None:
    assert VALUES.keys() == {key for key, each in FIELD_KINDS.items() if each.is_own}


@pytest.mark.parametrize("kind", VALUES)
def test_what_a_robot_puts_into_a_field_is_chosen_by_the_field_s_own_control(
    app: Flask, who: Browser, kind: str
) -> None:
    sends, said, kept = VALUES[kind]
    with app.app_context():
        rep = str(company.person("rep1"))
        by = company.acting("admin")
        options = [{"key": each, "label": {"en": words}} for each, words in (("a", "Alpha"), ("b", "Beta"))]
        parts = {"kind": kind, "label": {"en": "Mine"}, "options": options if kind.endswith("select") else []}
        with transaction():
            services.add("field", setup_editing.whole("field", parts), by, home="deal", key="mine")
    robot = who.post(f"{BASE}/robots", data={"kind": "set_field", "stage": "new"}).location
    who.post(f"{robot}/settings.field", data={"settings.field": "mine"})
    answer = who.post(
        f"{robot}/settings.value", data={"settings.value": rep if sends == "{rep1}" else sends}, headers=HTMX
    )
    assert answer.status_code == 200, answer.text
    assert said in title(answer.text)
    settings = drafted(app, "robot", robot.rpartition("/")[2]).parts["settings"]
    assert settings["value"] == kept  # type: ignore[index]
    again = who.post(f"{robot}/settings.field", data={"settings.field": "equipment_type"}, headers=HTMX)
    assert again.status_code == 200, "the value of another field is let go"
    assert "value" not in drafted(app, "robot", robot.rpartition("/")[2]).parts["settings"]  # type: ignore[operator]


def test_a_robot_of_any_stage_stands_in_the_first_column(app: Flask, who: Browser) -> None:
    made = who.post(f"{BASE}/robots", data={"kind": "control", "stage": ""}).location
    key = made.rpartition("/")[2]
    who.post(f"{made}/starts", data={"start": "unanswered"})
    who.post(f"{made}/timing", data={"how": "after", "amount": "2", "unit": "working_hours"})
    assert title(who.get(made).text).startswith("2 working hours after the client is left without a reply, control")
    first = who.get(BASE).text.partition("data-setup-stage")[0]
    assert "On any stage" in first
    assert f'data-key="{key}"' in first
    who.post(f"{made}/place", data={"stage": "sales/won", "after": ""})
    assert f'data-key="{key}"' not in who.get(BASE).text.partition("data-setup-stage")[0]


def test_a_trigger_on_every_event_is_added(app: Flask, who: Browser) -> None:
    for event in EVENTS:
        answer = who.post(f"{BASE}/triggers", data={"event": event, "stage": "payment"})
        assert answer.status_code == 303, (event, answer.text)
        assert "the deal moves to “Payment”" in title(who.get(answer.location).text)


def test_copied_moved_and_taken_away(app: Flask, who: Browser) -> None:
    copy = who.post(f"{CONTROL}/copies").location
    assert "Reaction control (copy)" in unescape(who.get(copy).text)
    assert who.post(f"{copy}/moves", data={"stage": "won", "after": ""}, headers=HTMX).status_code == 200
    assert drafted(app, "robot", copy.rpartition("/")[2]).parts["stage"] == "sales/won"
    who.post(f"{copy}/deletions")
    assert who.get(copy).status_code == 404


def test_a_robot_is_switched_off_at_once_and_a_trigger_in_the_draft(app: Flask, who: Browser, clock: Clock) -> None:
    who.post(f"{CONTROL}/switches", data={"is_on": "off"})
    with app.app_context():
        assert not company.robot("reaction_control").is_on
        assert drafts.current().is_empty
    who.post(f"{BASE}/triggers/dialogue_taken/switches", data={"is_on": "off"})
    assert drafted(app, "trigger", "dialogue_taken").parts["is_on"] is False
    with app.app_context():
        assert [each.key for each in drafts.current().changes] == ["dialogue_taken"]


def test_what_a_switch_stopped_goes_on_within_a_day(app: Flask, who: Browser, clock: Clock) -> None:
    """From its true start, once, and only where the deal still stands."""
    with app.app_context():
        stays, leaves = acts.inquiry(), acts.inquiry(name="Oleg", phone="+79005550002")
        began = acts.run_of(stays, "reaction_control").base_at
        session().close()
    assert "2 waiting runs end" in who.get(CONTROL).text
    who.post(f"{CONTROL}/switches", data={"is_on": "off"})
    clock.go_on(minutes=4)
    with app.app_context():
        acts.move(leaves, "data_collection", by="admin")
        session().close()
    assert "resumes 1 stopped run" in who.get(CONTROL).text
    for is_on in ("on", "off", "on"):
        who.post(f"{CONTROL}/switches", data={"is_on": is_on})
    with app.app_context():
        waits = [each for each in acts.runs(stays, "reaction_control") if each.state == "waiting"]
        assert [(each.base_at, each.due_at) for each in waits] == [(began, began + timedelta(minutes=10))]
        assert not [each for each in acts.runs(leaves, "reaction_control") if each.state == "waiting"]
        session().close()
    who.post(f"{CONTROL}/switches", data={"is_on": "off"})
    clock.go_on(days=2)
    who.post(f"{CONTROL}/switches", data={"is_on": "on"})
    with app.app_context():
        assert not [each for each in acts.runs(stays, "reaction_control") if each.state == "waiting"]
        session().close()


def test_a_stage_is_inserted_changed_archived_and_brought_back(app: Flask, who: Browser) -> None:
    made = who.post(f"{BASE}/stages", data={"name.en": "Offer", "after": "new"}).location
    assert made == f"{BASE}/stages/offer"
    order = re.findall(r'data-setup-stage="(\w+)"', who.get(BASE).text)
    assert order[:3] == ["new", "offer", "data_collection"]
    who.post(made, data={"name.en": "Proposal", "name.ru": "Предложение", "hue": "6"})
    found = drafted(app, "stage", "sales/offer")
    assert (found.parts["name"], found.parts["hue"]) == ({"en": "Proposal", "ru": "Предложение"}, 6)
    who.post(f"{made}/moves", data={"after": "payment"})
    order = re.findall(r'data-setup-stage="(\w+)"', who.get(BASE).text)
    assert order[3:5] == ["payment", "offer"]
    who.post(f"{made}/deletions")
    page = who.get(BASE).text
    assert "offer" not in re.findall(r'data-setup-stage="(\w+)"', page)
    assert "Archived stages" in page or "Proposal" not in page
    blank = who.post(f"{BASE}/stages", data={"name.en": " "})
    assert blank.status_code == 422
    used = unescape(who.get(f"{BASE}/stages/processing").text)
    assert "Robot: Task for a delicate deal" in used
    assert "Field: Equipment type" in used
    who.post(f"{BASE}/stages/processing/deletions")
    assert "processing" not in re.findall(r'data-setup-stage="(\w+)"', who.get(BASE).text)
    who.post(f"{BASE}/stages/processing/returns")
    assert "processing" in re.findall(r'data-setup-stage="(\w+)"', who.get(BASE).text)


def test_what_stands_on_a_stage_that_is_to_go_can_still_be_opened_and_moved_away(app: Flask, who: Browser) -> None:
    """Until that is published it is there, and nobody else asks where it goes."""
    who.post(f"{BASE}/stages/new/deletions")
    who.post(f"{BASE}/stages/data_collection/deletions")
    page = who.get(BASE).text
    gone = page.partition('id="column-archived"')[2]
    standing = page.partition('id="column-archived"')[0]
    for address in (CONTROL, f"{BASE}/robots/vip_notification", f"{BASE}/triggers/dialogue_taken"):
        assert (f'href="{address}"' in gone, f'href="{address}"' in standing) == (True, False), address
        opened = unescape(who.get(address).text)
        (where,) = re.findall(r'<select[^>]*id="e-stage".*?</select>', opened, re.DOTALL)
        assert re.findall(r'<option value="sales/\w+" selected>([^<]+)', where) in (
            [["New (archived)"], ["Data collection (archived)"]]
        ), "what is kept is named, and not by its key"
    who.post(f"{CONTROL}/place", data={"stage": "sales/payment", "after": ""})
    page = who.get(BASE).text
    assert f'href="{CONTROL}"' in page.partition('id="column-archived"')[0]


def test_a_pipeline_is_added_with_its_stages_and_named(app: Flask, who: Browser) -> None:
    made = who.post("/automation", data={"name.en": "Service"}).location
    assert made == "/automation/service"
    page = who.get(made).text
    assert re.findall(r'data-setup-stage="(\w+)"', page) == ["new", "in_work", "won", "lost"]
    with app.app_context():
        from webapp.snapshots import setups

        number, _ = next(iter(setups.current().department_names.items()))
    who.post(f"{made}/settings", data={"name.en": "Repairs", "department": str(number)})
    item = drafted(app, "pipeline", "service")
    assert item.name == {"en": "Repairs"}
    assert item.parts["department"]


def test_a_trigger_may_be_allowed_to_lead_back(app: Flask, who: Browser) -> None:
    answer = who.post(f"{BASE}/triggers/dialogue_taken/options", data={"may_go_back": "on"}, headers=HTMX)
    assert "also back" in title(answer.text)
    assert drafted(app, "trigger", "dialogue_taken").parts["may_go_back"] is True
