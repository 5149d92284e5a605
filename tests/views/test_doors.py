"""Addresses as people and programs type them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import Browser
from tests.views.scenes import scene

SignIn = Callable[[str], Browser]


@pytest.mark.parametrize("path", ["/form/sales/", "/tasks/", "/inbox/", "/contacts/", "/important/", "/sign-in/"])
def test_a_slash_at_the_end_is_the_same_page(app: Flask, sign_in: SignIn, path: str) -> None:
    who = app.test_client() if path in ("/form/sales/", "/sign-in/") else sign_in("rep1")
    answer = who.get(path)
    assert answer.status_code == 308
    assert answer.headers["Location"] == path.rstrip("/")
    assert who.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/api/v1/deals", {"GET", "HEAD", "POST", "OPTIONS"}), ("/api/v1/users/me", {"GET", "HEAD", "OPTIONS"})],
)
def test_a_route_of_the_api_names_its_own_methods(
    app: Flask, token: Callable[[str], dict[str, str]], path: str, methods: set[str]
) -> None:
    answer = app.test_client().open(path, method="OPTIONS", headers=token("rep1"))
    assert answer.status_code in (200, 204)
    assert {each.strip() for each in answer.headers["Allow"].split(",")} == methods


QUERIES = {
    "/api/v1/tasks?state=gone": "in_progress",
    "/api/v1/runs?state=gone": "condition_false",
    "/api/v1/figures?by=gone": "department",
}


@pytest.mark.parametrize("path", QUERIES)
def test_so_it_is_in_the_address_of_a_list(app: Flask, token: Callable[[str], dict[str, str]], path: str) -> None:
    said = app.test_client().get(path, headers=token("admin"))
    assert said.status_code == 422
    assert QUERIES[path] in said.json["fields"][0]["message"]


def test_an_option_that_is_none_is_answered_with_those_that_there_are(
    app: Flask, sign_in: SignIn, token: Callable[[str], dict[str, str]]
) -> None:
    deal = scene(app).deal
    sent = {"fields": {"equipment_type": "huge"}}
    said = app.test_client().patch(f"/api/v1/deals/{deal}", json=sent, headers=token("rep1"))
    assert said.status_code == 422
    page = sign_in("rep1").post(f"/deals/{deal}", data={"deal.equipment_type": "huge", "was.deal.equipment_type": ""})
    for each in ("Standard", "Large", "Special"):
        assert each.lower() in said.json["message"]
        assert each in page.text
