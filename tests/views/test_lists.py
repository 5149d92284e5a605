"""Contacts and tasks as lists and forms: found however one writes it, ordered as people read, paged, saved by two."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests import company
from tests.conftest import Clock
from tests.views.scenes import HTMX, Browser, scene
from webapp.db import session, transaction
from webapp.models import Contact, User
from webapp.services import contacts, tasks
from webapp.snapshots import setups

SignIn = Callable[[str], Browser]
CLIENTS = [
    ("Anna Zimina", "+79125550177", "zimina@example.com"),
    ("bruno", "+79125550288", None),
    ("Яна Орлова", None, "yana@example.com"),
    ("анна Котова", "+74955550399", None),
]


@pytest.fixture
def clients(app: Flask, clock: Clock) -> list[int]:
    with app.app_context(), transaction():
        raw = [{"name": name, "phone": phone, "email": email} for name, phone, email in CLIENTS]
        return [contacts.create(each, company.acting("rep1")).id for each in raw]


def names(page: str) -> list[str]:
    return re.findall(r'<a href="/contacts/\d+">([^<]+)</a></td>', page)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("912 555-01", ["Anna Zimina"]),
        ("8 (912) 555", ["Anna Zimina", "bruno"]),
        ("+7 912 555 02 88", ["bruno"]),
        ("0399", ["анна Котова"]),
        ("АННА", ["анна Котова"]),
        ("орлова", ["Яна Орлова"]),
        ("YANA@", ["Яна Орлова"]),
        ("BRUNO", ["bruno"]),
        ("100%", []),
    ],
)
def test_a_contact_is_found_however_one_writes_it(
    clients: list[int], sign_in: SignIn, words: str, found: list[str]
) -> None:
    rep = sign_in("rep1")
    assert names(rep.get("/contacts", query_string={"q": words}).text) == found
    everywhere = rep.get("/search", query_string={"q": words}).text
    assert all(name in everywhere for name in found)


def test_names_are_ordered_without_regard_to_case(clients: list[int], sign_in: SignIn) -> None:
    assert names(sign_in("rep1").get("/contacts").text) == ["Anna Zimina", "bruno", "анна Котова", "Яна Орлова"]


def test_a_second_contact_with_the_same_phone_is_asked_about_first(
    app: Flask, clients: list[int], sign_in: SignIn
) -> None:
    rep, sends = sign_in("rep1"), {"name": "Anton Zimin", "phone": "8 912 555-01-77"}
    answer = rep.post("/contacts", data=sends)
    shown = html.unescape(answer.text)
    assert answer.status_code == 422
    assert "Anna Zimina already has this phone or e-mail." in shown
    assert f'href="/contacts/{clients[0]}"' in shown
    assert 'value="Anton Zimin"' in shown
    assert rep.post("/contacts", data={**sends, "anyway": "on"}).status_code == 303
    assert (
        rep.post(
            f"/contacts/{clients[0]}", data={"name": "Anna", "phone": "+7 912 555-02-88", "was.phone": ""}
        ).status_code
        == 422
    )


def test_two_people_save_one_contact_and_only_the_same_field_is_asked_about(
    app: Flask, clients: list[int], sign_in: SignIn
) -> None:
    rep, admin, path = sign_in("rep1"), sign_in("admin"), f"/contacts/{clients[0]}"
    was = {
        "was.name": "Anna Zimina",
        "was.phone": "+7 912 555-01-77",
        "was.email": "zimina@example.com",
        "was.company": "",
        "was.contact.vip": "off",
    }
    now = {name.removeprefix("was."): value for name, value in was.items()}
    assert admin.post(path, data={**was, **now, "name": "Anna Orlova", "company": "Orlov & Co"}).status_code == 303
    assert rep.post(path, data={**was, **now, "email": "anna@example.com", "contact.vip": "on"}).status_code == 303
    with app.app_context():
        kept = session().get_one(Contact, clients[0])
        assert (kept.name, kept.email, kept.fields["vip"]) == ("Anna Orlova", "anna@example.com", True)
        assert kept.company_id is not None
    answer = rep.post(path, data={**was, **now, "name": "Anna Petrova", "company": "Petrov"})
    shown = html.unescape(answer.text)
    assert answer.status_code == 409
    assert "Admin changed this to “Anna Orlova” in the meantime." in shown
    assert "Admin changed this to “Orlov & Co” in the meantime." in shown
    assert 'id="contact-name" name="name" type="text" value="Anna Petrova"' in shown
    again = {
        **was,
        "was.name": "Anna Orlova",
        "was.company": "Orlov & Co",
        **now,
        "name": "Anna Petrova",
        "company": "Petrov",
    }
    assert rep.post(path, data=again).status_code == 303
    assert "Saved" in rep.get(path).text
    assert "Saved" not in rep.get(path).text


def test_tasks_are_searched_sorted_and_paged(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    at = scene(app)
    with app.app_context(), transaction():
        boss, rep = company.acting("north"), company.person("rep1")
        for n in range(60):
            tasks.create_by_hand(f"Позвонить {n:02}", "", rep, boss)
    rep = sign_in("rep1")
    first = rep.get("/tasks", query_string={"q": "позвонить"}).text
    assert "60 tasks" in first
    assert first.count('<li id="task-row-') == 50
    onward = re.search(r'href="([^"]+)">Next', first)
    assert onward
    second = rep.get(html.unescape(onward[1])).text
    assert second.count('<li id="task-row-') == 10
    assert ">Next<" not in second
    assert "Позвонить 59" in rep.get("/tasks?q=ПОЗВОНИТЬ&sort=new", headers=HTMX).text.partition("</li>")[0]
    assert f'data-task="{at.task}"' in rep.get("/tasks?q=deal of north", headers=HTMX).text
    assert "No task here matches that." in rep.get("/tasks?q=nobody").text
    by_deal = rep.get("/tasks?sort=deal", headers=HTMX).text
    assert by_deal.count("Deal of North") == rep.get("/tasks?sort=due", headers=HTMX).text.count("Deal of North") > 0
    assert "<h2>Deal of North</h2>" in by_deal  # and so not in the row too


@pytest.mark.parametrize(("zone", "evening"), [("Europe/Moscow", "Today"), ("Asia/Vladivostok", "This week")])
def test_tasks_stand_by_the_day_of_their_reader(
    app: Flask, clock: Clock, sign_in: SignIn, zone: str, evening: str
) -> None:
    """On a Tuesday; the evening in Moscow is Wednesday in Vladivostok."""
    with app.app_context(), transaction() as current:
        boss, rep = company.acting("north"), company.person("rep1")
        current.execute(update(User).where(User.id == rep).values(time_zone=zone))
        setups.changed()
        for title, hours in {"Late": 1, "Evening": 10, "Sunday": 5 * 24, "Monday": 6 * 24}.items():
            tasks.create_by_hand(title, "", rep, boss, due_at=clock() + timedelta(hours=hours))
        tasks.create_by_hand("Some day", "", rep, boss)
    clock.go_on(hours=2)
    page = sign_in("rep1").get("/tasks?list=mine", headers=HTMX).text
    found = re.findall(r"<h2>([^<]+)</h2>|(Late|Evening|Sunday|Monday|Some day)<", page)
    said = list(dict.fromkeys(heading or title for heading, title in found))
    assert said == [
        *("Overdue", "Late", evening, "Evening"),
        *(["This week"] if evening == "Today" else []),
        *("Sunday", "Later", "Monday", "No deadline", "Some day"),
    ]


def test_a_saved_profile_says_so_once(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    rep = sign_in("rep1")
    rep.post("/profile", data={"name": "Ivan", "locale": "ru", "theme": "dark", "time_zone": "Asia/Omsk"})
    page = rep.get("/profile").text
    assert "Сохранено" in page
    assert '<html lang="ru" data-theme="dark">' in page
    assert "Сохранено" not in rep.get("/profile").text
