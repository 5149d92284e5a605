"""People through the API: invited, changed, given a link, deactivated; with the refusals of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.api.callers import Caller
from webapp.db import session
from webapp.models import IdempotencyKey

Calling = Callable[[str], Caller]
NEW = {"name": "Vera Orlova", "email": "vera@firm.example", "departments": ["sales_north"], "phone": "8 912 000-00-02"}


def test_somebody_is_invited_changed_and_deactivated(app: Flask, calling: Calling) -> None:
    admin = calling("admin")
    made = admin.post("/users", NEW)
    assert (made["has_password"], made["phone"], made["is_active"]) == (False, "+79120000002", True)
    link = admin.post(f"/users/{made['id']}/links", {})
    assert link["url"].startswith("http://localhost/links/")
    assert app.test_client().get(link["url"]).status_code == 200
    assert admin.get(f"/users/{made['id']}")["link_until"] == link["expires_at"]
    south = next(each["id"] for each in admin.items("/departments") if each["key"] == "sales_south")
    changed = admin.patch(f"/users/{made['id']}", {"departments": [south, "sales_north"], "is_admin": True})
    assert (changed["department_id"], changed["is_admin"]) == (made["department_id"], True)
    deal = admin.post("/deals", {"title": "A press", "responsible_id": made["id"]})
    refused = admin.call("PATCH", f"/users/{made['id']}", {"is_active": False})
    assert (refused.status_code, refused.json["fields"][0]["code"]) == (422, "no_taker")
    assert refused.json["fields"][0]["field"] == "deals_to"
    rep1 = calling("rep1").id
    gone = admin.patch(f"/users/{made['id']}", {"is_active": False, "deals_to": rep1})
    assert gone["is_active"] is False
    assert admin.get(f"/deals/{deal['id']}")["responsible_id"] == rep1


def test_the_secret_of_a_link_is_kept_nowhere(app: Flask, calling: Calling) -> None:
    admin, rep1 = calling("admin"), calling("rep1")
    headers = {"Idempotency-Key": "one"}
    first, again = (admin.call("POST", f"/users/{rep1.id}/links", {}, **headers).json for _ in range(2))
    assert (first["url"] is None, again["url"]) == (False, None)
    assert first["expires_at"] == again["expires_at"]
    with app.app_context():
        assert first["url"].rpartition("/")[2] not in session().scalars(select(IdempotencyKey.answer)).one()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({**NEW, "email": "rep1@dozor.example"}, "email", "email_taken"),
        ({**NEW, "departments": ["nowhere"]}, "departments", "no_such_department"),
        ({**NEW, "departments": [999]}, "departments", "no_such_department"),
        ({**NEW, "phone": "call me"}, "phone", "not_a_phone"),
        ({**NEW, "is_admin": "yes"}, "is_admin", "not_yes_or_no"),
        ({**NEW, "password_hash": "x"}, "password_hash", "unknown_field"),
    ],
)
def test_a_new_person_is_refused_with_the_field(calling: Calling, body: dict[str, Any], field: str, code: str) -> None:
    admin = calling("admin")
    before = admin.items("/users")
    answer = admin.call("POST", "/users", body)
    assert answer.status_code == 422
    assert (answer.json["fields"][0]["field"], answer.json["fields"][0]["code"]) == (field, code)
    assert admin.items("/users") == before


def test_the_only_admin_stays_by_the_api_too(calling: Calling) -> None:
    admin = calling("admin")
    for body in ({"is_admin": False}, {"is_active": False}):
        assert admin.call("PATCH", f"/users/{admin.id}", body).json["error"] == "only_admin"
