"""Every id of a record in a body of the API: the owner's acts, and another department's is answered like one that is
not there, whatever the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.callers import Caller
from tests.api.test_every_field import FIELDS, Scene, bodies, cases
from tests.services import acts

ABSENT = 999_999
# Whom, which departments and which clients a firm has, everybody in it may know (a deal for another's client gives no
# right over that client: tests/services/test_clients_of_others.py). Who may be named, a rule says.
OF_EVERYBODY = (
    "contact_id",
    "assignee_id",
    "responsible_id",
    "department_id",
    "deals_to",
    "version",
    "into_version",
    "hue",
)
OF_EVERYBODY += ("leaves", "department", "taker", "to", "user_id", "cover_id", "parent_id", "robot_id", "days")
OF_EVERYBODY += ("acceptor_id", "working_days", "an_hour", "take_within", "accept_within", "overlap_hours", "amount")
# What the caller was shown is compared with what is so by now, and names nothing (test_as_it_was_shown.py).
SHOWN = {
    *(("NewStep", "task_id"), ("Completion", "task_id"), ("Submission", "returns")),
    *(("NewInvoice", "latest_id"), ("NewMessage", "seen"), ("FirstMessage", "seen")),
}
MODELS = {each.__name__: each for each in bodies()}


def _is_id(body: str, field: str) -> bool:
    told = MODELS[body].model_json_schema()["properties"][field]
    return field not in OF_EVERYBODY and "integer" in [each.get("type") for each in (told, *told.get("anyOf", ()))]


IDS = [each for each in FIELDS if _is_id(*each) and each not in SHOWN]


@pytest.mark.parametrize(("body", "field"), IDS)
def test_an_id_of_others_is_as_good_as_none(
    app: Flask, calling: Callable[[str], Caller], body: str, field: str
) -> None:
    scene, south = Scene(app, calling), calling("rep3")
    with app.app_context():
        theirs = acts.deal(title="Of South", rep="rep3", waits=False)
    method, path, rest, own, _ = cases(scene)[body, field]

    def sent(value: Any) -> tuple[int, str, str]:
        status, answer = scene.send(method, path, {**rest, field: value})
        return status, str(answer.get("error")), str(answer).replace(str(value), "…")

    hidden, absent, mine = sent(theirs), sent(ABSENT), sent(own)
    assert hidden == absent
    assert hidden[0] in (404, 409, 422)
    assert mine[0] in (200, 201), mine
    assert "South" not in str(hidden)
    assert south.call("GET", f"/deals/{theirs}").json["title"] == "Of South"


def test_there_are_such_fields() -> None:
    assert {("Move", "before"), ("Move", "after"), ("NewTask", "deal_id"), ("NewInvoice", "deal_id")} <= set(IDS)
