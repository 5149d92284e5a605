"""Pipelines, stages, triggers and robots through the API: each change a version; what would leave something dangling is
refused with its plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.callers import Caller

Calling = Callable[[str], Caller]
WORDS = {"to": "head", "text": {"en": "Look"}}


@pytest.fixture
def admin(calling: Calling) -> Caller:
    return calling("admin")


def of(admin: Caller, room: str, key: str) -> dict[str, Any]:
    return next(each for each in admin.items(f"/{room}?archived=true") if each["key"] == key)


def changes(admin: Caller) -> list[str]:
    """What the newest version says of itself."""
    found: list[str] = admin.items("/setup/versions")[0]["changes"]
    return found


def inquiry(admin: Caller) -> int:
    sent = {"channel": "api", "contact": {"name": "Elena"}, "text": "Hello"}
    return int(admin.post("/inquiries", sent)["deal_id"])


def test_a_pipeline_is_built_changed_and_put_away(admin: Caller) -> None:
    service = admin.post("/pipelines", {"name": {"en": "Service", "ru": "Сервис"}})
    assert (service["key"], service["stages"]) == ("service", ["new", "in_work", "won", "lost"])
    assert changes(admin)[0] == "Pipeline “Service” is new"
    call = admin.post("/stages", {"pipeline": "service", "name": {"ru": "Звонок"}, "after": "service/new"})
    assert (call["key"], call["pipeline"], call["position"]) == ("zvonok", "service", 1)
    check = admin.post("/stages", {"pipeline": "service", "name": {"en": "Check"}})
    assert admin.items("/pipelines")[1]["stages"] == ["new", "zvonok", "in_work", "check", "won", "lost"]
    moved = admin.patch(f"/stages/{check['id']}", {"after": None, "name": {"ru": "Проверка"}, "hue": 3})
    assert (moved["position"], moved["name"], moved["hue"]) == (0, {"en": "Check", "ru": "Проверка"}, 3)
    assert admin.call("DELETE", f"/stages/{check['id']}").status_code == 204
    assert admin.call("DELETE", f"/stages/{check['id']}").status_code == 204
    assert admin.patch(f"/stages/{check['id']}", {"is_archived": False})["id"] == check["id"]
    gone = admin.call("DELETE", f"/pipelines/{service['id']}")
    assert gone.status_code == 409, "where does its form lead?"
    admin.post(f"/setup/plans/{gone.json['plan']['id']}/application", {}, 200)
    assert [each["key"] for each in admin.items("/pipelines")] == ["sales"]
    assert of(admin, "pipelines", "service")["is_archived"]
    assert admin.patch(f"/pipelines/{service['id']}", {"is_archived": False})["stages"][0] == "check"


@pytest.mark.both_databases
def test_a_stage_in_use_is_archived_by_its_plan_alone(admin: Caller) -> None:
    deal = inquiry(admin)
    admin.post(f"/deals/{deal}/moves", {"stage": "data_collection"}, 200)
    stage = of(admin, "stages", "data_collection")
    before = admin.get("/setup")
    answer = admin.call("DELETE", f"/stages/{stage['id']}", Accept_Language="ru")
    assert (answer.status_code, answer.json["error"]) == (409, "has_consequences")
    asked = {each["kind"]: each for each in answer.json["plan"]["consequences"]}
    assert set(asked) == {"trigger_to_stage", "deals_on_stage", "tokens_used"}
    assert admin.get("/setup") == before
    plan = f"/setup/plans/{answer.json['plan']['id']}/application"
    assert admin.post(plan, {}, 422)["error"] == "remedy_needed"
    chosen = {each["id"]: each["remedies"][0]["key"] for each in asked.values()}
    admin.post(plan, {"remedies": chosen}, 200)
    admin.work()
    assert admin.get(f"/deals/{deal}")["stage"] == "processing"
    assert next(each["stage"] for each in admin.items("/triggers") if each["event"] == "dialogue_taken") == "processing"
    again = admin.call("PATCH", f"/stages/{stage['id']}", {"is_archived": False})
    assert (again.status_code, again.json["error"]) == (409, "has_consequences"), "the trigger would jump over it"
    back = {each["id"]: each["chosen"] for each in again.json["plan"]["consequences"]}
    admin.post(f"/setup/plans/{again.json['plan']['id']}/application", {"remedies": back}, 200)
    assert admin.get("/setup")["hash"] == before["hash"]


def test_an_inserted_stage_asks_for_the_trigger_that_would_jump_over_it(admin: Caller) -> None:
    sent = {"pipeline": "sales", "name": {"en": "Call"}, "after": "new"}
    answer = admin.call("POST", "/stages", sent, Idempotency_Key="one")
    assert answer.status_code == 409
    (asked,) = answer.json["plan"]["consequences"]
    assert (asked["kind"], asked["chosen"]) == ("trigger_over_stage", "lead:sales/call")
    assert admin.call("POST", "/stages", sent, Idempotency_Key="one").status_code == 409
    admin.post(f"/setup/plans/{answer.json['plan']['id']}/application", {}, 200)
    assert next(each["stage"] for each in admin.items("/triggers") if each["key"] == "dialogue_taken") == "call"


def test_a_trigger_is_made_once_for_its_key_changed_and_taken_away(admin: Caller) -> None:
    sent = {"event": "client_wrote", "stage": "sales/payment"}
    first = admin.call("POST", "/triggers", sent, Idempotency_Key="two")
    again = admin.call("POST", "/triggers", sent, Idempotency_Key="two")
    assert (first.status_code, again.json) == (201, first.json)
    made = first.json
    assert (made["key"], made["stage"], made["is_on"]) == ("the_client_writes", "payment", True), made
    rich = {"all": [{"entity": "deal", "field": "amount", "operator": "gte", "value": "1000000.00"}]}
    assert admin.patch(f"/triggers/{made['id']}", {"condition": rich})["condition"] == rich
    assert changes(admin) == [f"Trigger “{made['name']['en']}”: condition changed"]
    versions = len(admin.items("/setup/versions"))
    admin.patch(f"/triggers/{made['id']}", {"condition": rich})
    assert len(admin.items("/setup/versions")) == versions, "nothing is another"
    assert admin.call("DELETE", f"/triggers/{made['id']}").status_code == 204
    assert admin.call("DELETE", f"/triggers/{made['id']}").status_code == 404


@pytest.mark.both_databases
def test_a_robot_is_made_acts_and_is_taken_away_with_its_runs(admin: Caller, clock: Any) -> None:
    old = inquiry(admin)
    soon = {"after": {"amount": 5, "unit": "minutes"}}
    made = admin.post("/robots", {"kind": "notify", "stage": "new", "timing": soon, "settings": WORDS})
    assert (made["stage"], made["starts"], made["is_on"]) == ("new", ["entered"], True)
    new = inquiry(admin)

    def mine(deal: int) -> list[str]:
        return [each["state"] for each in admin.items(f"/deals/{deal}/runs") if each["robot_id"] == made["id"]]

    assert (mine(old), mine(new)) == ([], ["waiting"])
    assert admin.call("DELETE", f"/robots/{made['id']}").status_code == 204
    assert (mine(new), admin.call("GET", f"/robots/{made['id']}").status_code) == (["called_off"], 404)
    sent = {"kind": "notify", "stage": "new", "settings": WORDS, "timing": soon, "already_there": "as_entered_now"}
    made = admin.post("/robots", sent)
    assert mine(old) == ["waiting"]


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/stages", {"pipeline": "sales", "name": {"en": " "}}, "name"),
    ("POST", "/stages", {"pipeline": "sales", "name": {"en": "X"}, "key": "new"}, "key"),
    ("POST", "/stages", {"pipeline": "sales", "name": {"en": "X"}, "key": "Not a key"}, "key"),
    ("POST", "/stages", {"pipeline": "sales", "name": {"en": "X"}, "after": "nowhere"}, "after"),
    ("POST", "/stages", {"pipeline": "sales", "name": {"en": "X"}, "hue": 500}, "hue"),
    ("POST", "/triggers", {"event": "sunrise", "stage": "new"}, "event"),
    ("POST", "/triggers", {"event": "client_wrote", "stage": "nowhere"}, "stage"),
    ("POST", "/robots", {"kind": "dance", "stage": "new"}, "kind"),
    ("POST", "/robots", {"kind": "notify", "stage": "new"}, "settings.to"),
    ("POST", "/robots", {"kind": "notify", "settings": {**WORDS, "to": {"user": 999}}}, "settings.to"),
    ("POST", "/robots", {"kind": "set_field", "settings": {"field": "nothing", "value": 1}}, "settings.field"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), REFUSED, ids=lambda each: str(each)[:50])
def test_what_is_wrong_is_refused_by_field_and_makes_no_version(
    admin: Caller, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    answer = admin.call(method, path, body)
    assert (answer.status_code, answer.json["error"]) == (422, "bad_fields"), answer.text
    assert field in {each["field"] for each in answer.json["fields"]}
    assert admin.items("/setup/versions") == []


def test_a_draft_stands_over_what_the_api_changed_beneath(admin: Caller) -> None:
    plan = admin.get("/setup")
    admin.patch(f"/stages/{of(admin, 'stages', 'new')['id']}", {"name": {"en": "Fresh"}})
    assert admin.get("/setup")["hash"] != plan["hash"]
    raw = plan["setup"]
    raw["triggers"] = []
    made = admin.post("/setup/plans", {"setup": raw})
    assert "Stage “Fresh”: name is now “New”" in made["changes"]
