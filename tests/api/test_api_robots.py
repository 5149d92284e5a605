"""Robots changed through the API, and what becomes of the runs that wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.callers import Caller, Clock

Calling = Callable[[str], Caller]
SECONDS = {"after": {"amount": 5, "unit": "seconds"}}


@pytest.fixture
def admin(calling: Calling) -> Caller:
    return calling("admin")


@pytest.fixture
def control(admin: Caller) -> dict[str, Any]:
    return next(each for each in admin.items("/robots") if each["key"] == "reaction_control")


@pytest.fixture
def deal(admin: Caller) -> int:
    sent = {"channel": "api", "contact": {"name": "Elena"}, "text": "Hello"}
    return int(admin.post("/inquiries", sent)["deal_id"])


def controls(admin: Caller, deal: int) -> list[dict[str, Any]]:
    return [each for each in admin.items(f"/deals/{deal}/runs") if each["kind"] == "control"]


def test_a_robot_is_shown_as_it_is_set_up(admin: Caller, control: dict[str, Any]) -> None:
    assert (control["stage"], control["kind"], control["when"]) == ("new", "control", "any")
    assert control["starts"] == ["entered"]
    assert control["timing"] == {"after": {"amount": 10, "unit": "minutes"}}
    assert control["name"] == {"en": "Reaction control", "ru": "Контроль скорости реакции"}
    assert admin.get(f"/robots/{control['id']}") == control


def test_a_changed_robot_leaves_waiting_runs_as_they_were_armed(
    admin: Caller, control: dict[str, Any], deal: int
) -> None:
    after = admin.patch(f"/robots/{control['id']}", {"timing": SECONDS})
    assert after == {**control, "timing": SECONDS, "version": control["version"] + 1}
    assert [each["due_at"] for each in controls(admin, deal)] == ["2026-11-24T07:10:00Z"]
    later = admin.post("/inquiries", {"channel": "api", "contact": {"name": "Olga"}, "text": "Hello"})["deal_id"]
    assert [each["due_at"] for each in controls(admin, later)] == ["2026-11-24T07:00:05Z"]


@pytest.mark.both_databases
def test_rearming_calls_waiting_runs_off_and_counts_anew_from_the_entry(
    admin: Caller, control: dict[str, Any], deal: int, calling: Calling, clock: Clock
) -> None:
    clock.go_on(minutes=2)
    admin.patch(f"/robots/{control['id']}", {"timing": SECONDS, "mode": "rearm"})
    new, old = controls(admin, deal)
    assert (old["state"], old["reason"]["code"], old["reason"]["facts"]["by_id"]) == ("called_off", "rearmed", admin.id)
    assert (new["state"], new["due_at"]) == ("waiting", "2026-11-24T07:00:05Z")
    admin.work()
    ends = [(each["state"], each["is_late"]) for each in controls(admin, deal)]
    assert ends == [("fired", True), ("called_off", False)]
    assert len([each for each in calling("north").items("/notifications") if each["kind"] == "robot.control"]) == 1


@pytest.mark.both_databases
def test_rearming_twice_leaves_one_run_waiting(admin: Caller, control: dict[str, Any], deal: int) -> None:
    for _ in range(2):
        admin.patch(f"/robots/{control['id']}", {"once_per_deal": True, "mode": "rearm"})
    assert [each["state"] for each in controls(admin, deal)] == ["waiting", "called_off", "called_off"]


@pytest.mark.both_databases
def test_switching_a_robot_off_calls_its_waiting_runs_off(
    admin: Caller, control: dict[str, Any], deal: int, clock: Clock
) -> None:
    assert admin.patch(f"/robots/{control['id']}", {"is_on": False, "mode": "rearm"})["is_on"] is False
    clock.go_on(hours=1)
    admin.work()
    (run,) = controls(admin, deal)
    assert (run["state"], run["reason"]["code"]) == ("called_off", "switched_off")
    assert run["reason"]["message"] == "the robot was switched off"
    later = admin.post("/inquiries", {"channel": "api", "contact": {"name": "Olga"}, "text": "Hello"})["deal_id"]
    assert controls(admin, later) == []


def test_settings_are_changed_key_by_key(admin: Caller, control: dict[str, Any], calling: Calling) -> None:
    rep2 = calling("rep2")
    after = admin.patch(f"/robots/{control['id']}", {"settings": {"to": {"user": rep2.id}, "urgency": None}})
    assert after["settings"] == {"to": {"user": rep2.id}, "text": control["settings"]["text"]}


def test_money_in_a_condition_is_a_decimal_string(admin: Caller, control: dict[str, Any]) -> None:
    rich = {"all": [{"entity": "deal", "field": "amount", "operator": "gte", "value": "1000000.00"}]}
    assert admin.patch(f"/robots/{control['id']}", {"condition": rich})["condition"] == rich
    poor = {"all": [{"entity": "deal", "field": "amount", "operator": "gte", "value": 1000000}]}
    answer = admin.call("PATCH", f"/robots/{control['id']}", {"condition": poor})
    assert (answer.status_code, answer.json["fields"][0]["code"]) == (422, "money_as_text")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "notify"}, "kind"),
    ({"stage": "nowhere"}, "stage"),
    ({"starts": ["sunrise"]}, "starts"),
    ({"version": 1}, "version"),
    ({"mode": "perhaps"}, "mode"),
    ({"is_on": "yes"}, "is_on"),
    ({"timing": {"after": {"amount": -1, "unit": "seconds"}}}, "timing"),
    ({"timing": {"after": {"amount": 1, "unit": "moons"}}}, "timing"),
    ({"timing": {}}, "timing"),
    ({"timing": {"before_field": {"entity": "deal", "field": "nothing", "amount": 1, "unit": "days"}}}, "timing"),
    ({"when": "never"}, "when"),
    ({"condition": {"all": [{"any": []}]}}, "condition"),
    ({"condition": {"all": [{"entity": "deal", "field": "nothing", "operator": "eq", "value": 1}]}}, "condition"),
    ({"condition": {"all": [{"entity": "contact", "field": "vip", "operator": "gt", "value": True}]}}, "condition"),
    ({"settings": {"sender": "firm"}}, "settings.sender"),
    ({"settings": {"to": {"user": 999}}}, "settings.to"),
    ({"settings": {"text": None}}, "settings.text"),
    ({"settings": {"text": "plain"}}, "settings.text"),
    ({"settings": {"text": {"en": "x" * 3000}}}, "settings.text"),
    ({"name": {"en": "", "ru": ""}}, "name"),
    ({"name": {"de": "Kontrolle"}}, "name"),
]


@pytest.mark.parametrize(("body", "field"), WRONG, ids=lambda each: str(each)[:60])
def test_a_wrong_robot_is_refused_by_field(
    admin: Caller, control: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    answer = admin.call("PATCH", f"/robots/{control['id']}", body)
    assert (answer.status_code, answer.json["error"]) == (422, "bad_fields"), answer.text
    assert all(each["field"].startswith(field) for each in answer.json["fields"]), answer.text
    assert admin.get(f"/robots/{control['id']}") == control


def test_the_setup_is_listed_for_admins(admin: Caller) -> None:
    assert [each["key"] for each in admin.items("/pipelines")] == ["sales"]
    assert [each["key"] for each in admin.items("/stages")] == [
        "new",
        "data_collection",
        "processing",
        "payment",
        "won",
        "lost",
    ]
    assert {each["key"]: each["required_from"] for each in admin.items("/fields")} == {
        "vip": None,
        "equipment_type": "processing",
    }
    assert {each["event"]: each["stage"] for each in admin.items("/triggers")} == {
        "dialogue_taken": "data_collection",
        "invoice_paid_in_full": "won",
    }
    south = next(each for each in admin.items("/departments") if each["key"] == "sales_south")
    assert (south["head_ids"], len(south["deputy_ids"])) == ([], 1)


def test_a_person_reads_who_they_are_and_who_works_here(calling: Calling) -> None:
    north = calling("north")
    me = north.get("/users/me")
    assert (me["id"], me["email"], me["leads"]) == (north.id, "north@dozor.example", [me["department_id"]])
    assert len(north.items("/users")) == 7
