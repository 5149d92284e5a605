"""The set-up through the API: read, planned, applied, brought back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.api.callers import Caller

Calling = Callable[[str], Caller]


@pytest.fixture
def admin(calling: Calling) -> Caller:
    return calling("admin")


def test_a_set_up_is_read_changed_and_brought_back(admin: Caller) -> None:
    first = admin.get("/setup")
    raw = dict(first["setup"])
    assert [(each["pipeline"], each["key"]) for each in raw["stages"]][:2] == [
        ("sales", "new"),
        ("sales", "data_collection"),
    ]
    raw["stages"] = [each for each in raw["stages"] if each["key"] != "data_collection"]
    plan = admin.post("/setup/plans", {"setup": raw, "note": "Fewer stages"})
    assert plan["changes"] == ["Stage “Data collection” is archived"]
    asked, told = plan["consequences"]
    assert told["kind"] == "tokens_used", "this test calls by one"
    assert (asked["kind"], asked["about"], asked["chosen"]) == (
        "trigger_to_stage",
        "dialogue_taken",
        "lead:sales/processing",
    )
    applied = f"/setup/plans/{plan['id']}/application"
    assert admin.post(applied, {}, 200) == {"version": 2}
    again = admin.post(applied, {}, 409)
    assert again["error"] == "stale_plan"
    assert again["plan"]["changes"] == ["Trigger “Dialogue taken”: stage is now “Data collection”"]
    assert [each["note"] for each in admin.items("/setup/versions")] == ["Fewer stages", ""]
    assert admin.get("/setup/versions/1")["setup"] == first["setup"]
    back = admin.post("/setup/versions/1/restorations", {})
    assert back["changes"][0] == "Stage “Data collection” is back from the archive"
    admin.post(f"/setup/plans/{back['id']}/application", {}, 200)
    assert admin.get("/setup") == first


def test_what_is_wrong_with_a_set_up_is_said_and_cannot_be_applied(admin: Caller) -> None:
    raw = admin.get("/setup")["setup"]
    raw["robots"][0]["settings"] = {"to": {"user": "nobody@dozor.example"}, "text": {"en": "Hello"}}
    plan = admin.post("/setup/plans", {"setup": raw})
    assert [each["code"] for each in plan["problems"]] == ["no_such_person"]
    refused = admin.post(f"/setup/plans/{plan['id']}/application", {}, 422)
    assert refused["error"] == "bad_fields"
