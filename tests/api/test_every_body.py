"""Every route of the API that takes a body, with every hostile one: a short refusal, and nothing is written."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask

from tests.api.callers import V1, Caller
from tests.api.test_api_rights import routes
from tests.test_bounds import BODIES
from tests.views.scenes import rows, scene
from webapp.api.guard import FILES
from webapp.bounds import ENTRIES, PROBLEMS

DEEP = {"all": [{"all": [{"all": [{"any": [{}]}]}]}]}
HOSTILE = {
    **{name: BODIES[name][0] for name in ("many items", "many unknown keys in bounds", "deep in a condition")},
    "a list in the place of each text": json.dumps({key: [[]] for key in ("name", "title", "text", "reason")}),
    "many in a list in bounds": json.dumps({"items": [{"kind": "x"}] * (ENTRIES // 2 - 2)}),
    "a condition in bounds": json.dumps({"condition": DEEP, "settings": DEEP, "timing": DEEP, "required_if": DEEP}),
    "a number beyond numbers": '{"id": ' + "9" * 5_000 + "}",
    "infinity": '{"amount": 1e999, "limit": 1e999}',
    "no number": '{"amount": NaN}',
    "a lone surrogate": '{"name": "\\ud800", "title": "\\ud800", "text": "\\ud800"}',
    "no object": "[]",
    "no text": b"\xff\xfe\x00",
}
REFUSED = {400, 403, 404, 405, 409, 415, 422}


@pytest.mark.parametrize("what", HOSTILE)
def test_every_route_refuses_it_shortly(app: Flask, clock: object, what: str) -> None:
    scene(app)
    admin, sent = Caller.of(app, "admin"), HOSTILE[what]
    headers = {"Authorization": f"Bearer {admin.token}"}
    admin.get("/users/me")  # that a token was used is noted once
    before, wrong = rows(app), []
    asked = sorted((method, rule) for method, rule in routes(app) if method in ("POST", "PUT", "PATCH"))
    assert len(asked) > 50
    for method, rule in asked:
        path = V1 + re.sub("<kind>", "email", re.sub(r"<\w+_id>", "1", rule))
        answer = app.test_client().open(
            path, method=method, data=sent, content_type="application/json", headers=headers
        )
        is_short = len(answer.data) < 20_000 and len((answer.json or {}).get("fields") or ()) <= PROBLEMS
        if answer.status_code not in REFUSED or not is_short:
            wrong.append((method, rule, answer.status_code, answer.text[:200]))
    assert wrong == []
    assert rows(app) == before


def test_files_are_the_one_body_that_is_no_json() -> None:
    assert {"api.task_files_attach"} == FILES
