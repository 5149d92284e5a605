"""What a webhook tells of the firm's own fields is what the API answers, of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from rules.field_kinds import FIELD_KINDS
from tests import company
from tests.services import acts
from webapp.db import session
from webapp.models import Deal
from webapp.services import webhook_bodies

VALUES: dict[str, Any] = {
    "text": "A press",
    "long_text": "Two\nlines",
    "link": "https://client.example/",
    "phone": "+79005550001",
    "email": "vera@client.example",
    "number": 1.5,
    "money": "1500.99",
    "checkbox": True,
    "select": "a",
    "multi_select": ["a"],
    "date": "2026-11-24",
    "datetime": "2026-11-24T09:00:00+00:00",
}


@pytest.mark.parametrize("is_filled", [True, False], ids=["filled", "blank"])
def test_a_webhook_says_what_the_api_says(
    app: Flask, token: Callable[[str], dict[str, str]], *, is_filled: bool
) -> None:
    with app.app_context():
        contact_id = acts.contact()
        deal_id, rep = acts.deal(of=contact_id), company.person("rep1")
    client, admin = app.test_client(), token("admin")
    values = {**VALUES, "user": rep}
    assert values.keys() == FIELD_KINDS.keys() - {"stage"}, "a kind was added: what does another system hear of it?"
    own = dict[str, Any]()
    for entity in ("deal", "contact"):
        for kind in values:
            spec = FIELD_KINDS[kind]
            options = {"options": [{"key": "a", "label": {"en": "A"}}]} if spec.has_options else {}
            field = {"entity": entity, "key": f"of_{kind}", "kind": kind, "label": {"en": kind}, **options}
            made = client.post("/api/v1/fields", json=field, headers=admin)
            assert made.status_code == 201, made.text
            own[f"of_{kind}"] = values[kind]
    if is_filled:
        for path in (f"/deals/{deal_id}", f"/contacts/{contact_id}"):
            written = client.patch(f"/api/v1{path}", json={"fields": own}, headers=admin)
            assert written.status_code == 200, written.text
    with app.app_context():
        told = webhook_bodies.fired(session().get_one(Deal, deal_id), "tell", {"en": "Tell"}, 1)
    for entity, path in (("deal", f"/deals/{deal_id}"), ("contact", f"/contacts/{contact_id}")):
        answered = client.get(f"/api/v1{path}", headers=admin).json["fields"]
        assert told[entity]["fields"] == answered, entity
        assert {key: answered[key] for key in own if is_filled} == {key: own[key] for key in own if is_filled}
