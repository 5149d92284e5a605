"""The org chart by clicking: who is told, what would follow is said first, circles and stale pages are refused."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.views.scenes import HTMX, browser, rows, scene
from webapp.box.accounts import department_id
from webapp.db import session, transaction
from webapp.i18n import chart_words
from webapp.models import Department, User
from webapp.services import places

NEW = {"name.en": "Service", "name.ru": "Сервис"}


@pytest.fixture
def ids(app: Flask, clock: Any) -> dict[str, int]:
    """Departments and people of the lesson's firm."""
    with app.app_context():
        keys = ("sales", "sales_north", "sales_south")
        return {each: department_id(each) or 0 for each in keys} | {
            each: company.person(each) for each in company.PEOPLE
        }


def put(person: int, to: int | str, place: str, was: str = "", **more: str) -> dict[str, str]:
    return {"person": str(person), "to": str(to), "place": place, "was": was, **more}


def places_of(app: Flask, user_id: int) -> dict[int, str]:
    with app.app_context():
        return places.of(user_id)


def said(page: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_the_chart_shows_who_leads_and_who_would_be_told(app: Flask, ids: dict[str, int]) -> None:
    admin = browser(app, "admin")
    page = admin.get(f"/settings/org?about={ids['rep3']}&on=2026-11-30")
    assert page.status_code == 200
    assert f'data-recipient="{ids["south-deputy"]}"' in page.text
    words = said(page)
    assert "Sales South: no head Pavel Orlov, deputy head of Sales South else: Sergey Lebedev, head of Sales" in words
    assert "No head. Told instead: Pavel Orlov." in words
    assert f'data-person-unled="{ids["head"]}"' in page.text, "over the top head there is only the fallback"
    assert admin.get("/settings/org/tree", headers=HTMX).text.lstrip().startswith('<div class="tree"')


def test_what_would_follow_is_said_before_it_is_saved(app: Flask, ids: dict[str, int]) -> None:
    scene(app)
    admin, before = browser(app, "admin"), rows(app)
    wish = put(ids["south-deputy"], ids["sales_north"], "head")
    asked = admin.post("/settings/org/places", data=wish, headers=HTMX)
    assert asked.status_code == 200
    assert "data-before-saving" in asked.text
    words = said(asked)
    assert "Pavel Orlov would see 1 more deal" in words
    assert "Told about Ivan Petrov Anna Krylova, Pavel Orlov" in words
    assert rows(app) == before, "nothing is written before it is sure"
    assert admin.post("/settings/org/places", data={**wish, "sure": "on"}).status_code == 303
    assert places_of(app, ids["south-deputy"]) == {ids["sales_south"]: "deputy", ids["sales_north"]: "head"}
    first = admin.post("/settings/org/places", data=put(ids["south-deputy"], ids["sales_north"], "first"))
    assert first.status_code == 303, "an order among heads touches nobody's rights"
    with app.app_context():
        assert places.leads_of(ids["sales_north"])["head"] == [ids["south-deputy"], ids["north"]]
    out = {**put(ids["south-deputy"], "", "", sure="on"), "from": str(ids["sales_north"])}
    assert admin.post("/settings/org/places", data=out).status_code == 303
    assert places_of(app, ids["south-deputy"]) == {ids["sales_south"]: "deputy"}
    post = {f"place.{ids['sales_north']}": "deputy", f"place.{ids['sales_south']}": "deputy"}
    for page, wish, who in (
        (f"/settings/people/{ids['south-deputy']}", post, "Pavel Orlov"),
        (f"/settings/people/{ids['rep3']}", {"is_admin": "on"}, "Oleg Voronin"),
        ("/settings/firm", {"rep_sees": "own"}, "Maria Sokolova"),
    ):
        before = rows(app)
        asked = admin.post(page, data=wish)
        assert (asked.status_code, rows(app) == before) == (200, True), page
        assert re.search(rf"{who} would see \d+ (more deals?|deals? fewer)", said(asked)), page
        assert admin.post(page, data={**wish, "sure": "on"}).status_code == 303


def test_departments_are_added_renamed_moved_archived_and_brought_back(app: Flask, ids: dict[str, int]) -> None:
    admin = browser(app, "admin")
    made = admin.post("/settings/org/departments", data={**NEW, "parent": str(ids["sales_north"])})
    assert made.status_code == 303
    with app.app_context():
        service = department_id("service") or 0
    at = f"/settings/org/departments/{service}"
    assert admin.post(at, data={**NEW, "name.en": "Field service"}).status_code == 303
    circle = admin.post(f"/settings/org/departments/{ids['sales_north']}/moves", data={"parent": str(service)})
    assert circle.status_code == 422
    assert "Sales North cannot be under itself: Field service → Sales North." in said(circle)
    assert admin.post(f"{at}/moves", data={"parent": ""}).status_code == 303
    admin.post("/settings/org/places", data=put(ids["rep3"], service, "member", sure="on"))
    kept = admin.post(f"{at}/archivings", data={})
    assert kept.status_code == 422
    assert "Field service is still in use: Oleg Voronin." in said(kept)
    admin.post("/settings/org/places", data={**put(ids["rep3"], "", "", sure="on"), "from": str(service)})
    assert admin.post(f"{at}/archivings", data={}).status_code == 303
    assert f'data-department="{service}"' not in admin.get("/settings/org").text
    refused = admin.post("/settings/org/places", data=put(ids["rep3"], service, "member"))
    assert refused.status_code == 422
    assert admin.post(f"{at}/returns").status_code == 303
    with app.app_context():
        row = session().get_one(Department, service)
        assert (row.parent_id, row.archived_at, row.name["en"]) == (None, None, "Field service")


def test_the_second_of_two_admins_is_told_who_was_quicker(app: Flask, ids: dict[str, int]) -> None:
    with app.app_context(), transaction():
        session().get_one(User, ids["head"]).is_admin = True
    first, second = browser(app, "admin"), browser(app, "head")
    was = chart_words.written_places(places_of(app, ids["rep3"]))
    first.post("/settings/org/places", data=put(ids["rep3"], ids["sales_north"], "member", was, sure="on"))
    late = second.post("/settings/org/places", data=put(ids["rep3"], ids["sales_south"], "head", was, sure="on"))
    assert late.status_code == 409
    assert "Admin changed Oleg Voronin in the meantime." in said(late)
    assert places_of(app, ids["rep3"]) == {ids["sales_south"]: "member", ids["sales_north"]: "member"}
    at = f"/settings/org/departments/{ids['sales_south']}"
    with app.app_context():
        name = session().get_one(Department, ids["sales_south"]).name
    names = {f"was.name.{each}": words for each, words in name.items()}
    first.post(at, data={"name.en": "South", "name.ru": "Юг", **names})
    late = second.post(at, data={"name.en": "Southern sales", "name.ru": "Южный", **names})
    assert late.status_code == 409
    assert "Southern sales" in late.text, "what was typed is kept"
    moved = second.post(f"{at}/moves", data={"parent": "", "was.parent": ""})
    assert moved.status_code == 409


@pytest.mark.parametrize(
    ("path", "sends"),
    [
        ("/settings/org/departments", {"name.en": " "}),
        ("/settings/org/departments", {"name.en": "A", "parent": "elsewhere"}),
        ("/settings/org/places", {"person": "2", "to": "x", "place": "head"}),
        ("/settings/org/places", {"person": "2", "to": "999", "place": "head"}),
        ("/settings/org/places", {"person": "2", "to": "1", "place": "owner"}),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_wrong_wish_changes_nothing(
    app: Flask, ids: dict[str, int], path: str, sends: dict[str, str], headers: dict[str, str]
) -> None:
    admin, before = browser(app, "admin"), rows(app)
    answer = admin.post(path, data=sends, headers=headers)
    assert answer.status_code == 422
    assert rows(app) == before
