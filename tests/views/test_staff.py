"""People by clicking: invited by a link that opens once, led to a new password, closed without leaving work behind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import company
from tests.services import acts
from tests.views.scenes import Browser, browser, said, scene, stranger, token_of
from webapp.access import passwords
from webapp.box.accounts import department_id
from webapp.db import session, transaction
from webapp.errors import Refused, invalid
from webapp.models import ApiToken, Deal, JournalEntry, SignInLink, Task, User, UserSession
from webapp.services import places, sign_ins
from webapp.snapshots import setups

NEW = {"name": "Vera Orlova", "email": "vera@firm.example"}
PASSWORD = {"password": "a long password", "again": "a long password"}
pytestmark = pytest.mark.both_databases


def link_in(page: Any) -> str:
    """The path of the link that this page shows."""
    found = re.search(r"data-link>http://localhost(/links/[^<]+)<", page.text)
    assert found, page.text[-3000:]
    return found[1]


def newcomer(app: Flask, path: str) -> Browser:
    """Somebody who has opened a link."""
    who = stranger(app)
    who.token = token_of(who.get(path))
    return who


def id_of(app: Flask, email: str = NEW["email"]) -> int:
    with app.app_context():
        return session().scalars(select(User.id).where(User.email == email)).one()


def test_somebody_new_comes_in_by_the_link_once(app: Flask, clock: Any) -> None:
    admin = browser(app, "admin")
    with app.app_context():
        north = department_id("sales_north")
    answer = admin.post("/settings/people", data={**NEW, f"place.{north}": "head", "is_admin": "off"})
    assert answer.status_code == 200
    link = link_in(answer)
    assert "data-link" not in admin.get(f"/settings/people/{id_of(app)}").text, "shown once"
    with app.app_context():
        assert link.rpartition("/")[2] not in str(session().execute(select(SignInLink.__table__)).all()), "hashed"
        assert places.of(id_of(app)) == {north: "head"}
    who = newcomer(app, link)
    assert "Welcome, Vera Orlova" in who.get(link).text, "looking at it uses nothing up"
    done = who.post(link, data=PASSWORD)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert "Vera Orlova" in who.get("/").text
    for again in (who, newcomer(app, "/sign-in")):
        assert again.get(link).status_code == 404
        again.token = token_of(again.get("/profile" if again is who else "/sign-in"))
        assert again.post(link, data=PASSWORD).status_code == 404
    signs_in = stranger(app)
    assert signs_in.post("/sign-in", data={"email": NEW["email"], **PASSWORD}).status_code == 303


def test_a_link_ends_by_itself_by_a_newer_one_and_with_the_account(app: Flask, clock: Any) -> None:
    admin, rep = browser(app, "admin"), id_of(app, company.email("rep1"))
    first, second = (link_in(admin.post(f"/settings/people/{rep}/links")) for _ in range(2))
    who = newcomer(app, "/sign-in")
    assert (who.get(first).status_code, who.get(second).status_code) == (404, 200)
    clock.go_on(days=7)
    assert who.get(second).status_code == 404
    assert who.post(second, data=PASSWORD).status_code == 404
    third = link_in(admin.post(f"/settings/people/{rep}/links"))
    admin.post(f"/settings/people/{rep}/deactivations")
    assert who.get(third).status_code == 404
    assert admin.post(f"/settings/people/{rep}/links").status_code == 422
    admin.post(f"/settings/people/{rep}/activations")
    assert who.get(third).status_code == 404, "what has ended stays ended"


@pytest.mark.parametrize("way", ["page", "api", "command"])
def test_a_link_that_went_to_a_mistyped_address_opens_nothing_once_that_is_corrected(
    app: Flask, clock: Any, token: Any, way: str
) -> None:
    admin, key, right = browser(app, "admin"), token("admin"), "vera@corrected.example"
    link = link_in(admin.post("/settings/people", data=NEW))
    who, new, typed = newcomer(app, link), id_of(app), f" {NEW['email'].upper()} "
    page = f"/settings/people/{new}"
    admin.post(page, data={"was.email": NEW["email"], "email": typed, "was.name": NEW["name"], "name": "Vera O."})
    assert who.get(link).status_code == 200, "the address is the same"
    if way == "page":
        assert admin.post(page, data={"was.email": NEW["email"], "email": right}).status_code == 303
    elif way == "api":
        assert app.test_client().patch(f"/api/v1/users/{new}", json={"email": right}, headers=key).status_code == 200
    else:
        assert app.test_cli_runner().invoke(args=["user", "email", NEW["email"], right]).exit_code == 0
    assert who.get(link).status_code == 404
    assert who.post(link, data=PASSWORD).status_code == 404
    assert "There is no password yet, and no valid link." in admin.get(page).text
    link = link_in(admin.post(f"{page}/links"))
    assert newcomer(app, link).post(link, data=PASSWORD).status_code == 303
    assert id_of(app, right) == new


def test_a_new_password_by_link_ends_browsers_and_keys(app: Flask, clock: Any) -> None:
    admin, rep, old = browser(app, "admin"), id_of(app, company.email("rep1")), browser(app, "rep1")
    with app.app_context(), transaction():
        sign_ins.add_token(rep, "till", company.acting("rep1"))
    link = link_in(admin.post(f"/settings/people/{rep}/links"))
    assert old.get("/").status_code == 200, "a link that was given changes nothing yet"
    assert newcomer(app, link).post(link, data=PASSWORD).status_code == 303
    assert old.get("/").status_code == 303
    with app.app_context():
        assert session().scalar(select(func.count(ApiToken.id)).where(ApiToken.ended_at.is_(None))) == 0


@pytest.mark.parametrize(
    ("typed", "refused"),
    [
        ({"password": "short", "again": "short"}, invalid("password", "too_short", limit=8)),
        ({"password": "a long password", "again": "another"}, invalid("again", "not_the_same")),
    ],
)
def test_a_password_that_will_not_do_keeps_the_link(
    app: Flask, clock: Any, typed: dict[str, str], refused: Refused
) -> None:
    link = link_in(browser(app, "admin").post("/settings/people", data=NEW))
    who = newcomer(app, link)
    answer = who.post(link, data=typed)
    assert answer.status_code == 422
    assert said(app, "en", refused) in answer.text
    assert who.get(link).status_code == 200
    with app.app_context(), transaction() as current:
        current.execute(update(User).where(User.email == NEW["email"]).values(locale="ru"))
    assert "Здравствуйте, Vera Orlova" in who.get(link).text, "in their language, and not the browser's"
    assert said(app, "ru", refused) in who.post(link, data=typed).text


def test_a_link_names_the_firms_own_address_whatever_the_request_says(app: Flask, clock: Any) -> None:
    answer = browser(app, "admin").post("/settings/people", data=NEW, headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in answer.text
    rep = id_of(app)
    admin = browser(app, "admin")
    again = admin.post(f"/settings/people/{rep}/links", base_url="http://localhost", headers={"Host": "evil.example"})
    assert "evil.example/links" not in again.text


def test_nobody_signs_in_without_having_set_a_password(app: Flask, clock: Any) -> None:
    browser(app, "admin").post("/settings/people", data=NEW)
    for guess in ("", passwords.NONE_YET, "nobody has this password"):
        answer = stranger(app).post("/sign-in", data={"email": NEW["email"], "password": guess})
        assert answer.status_code == 422


def test_links_cannot_be_guessed_for_long(app: Flask, clock: Any) -> None:
    who = stranger(app)
    answers = [who.get(f"/links/guess-{n}").status_code for n in range(31)]
    assert set(answers[:-1]) == {404}
    assert answers[-1] == 429


def test_whoever_leaves_leaves_nothing_open_behind(app: Flask, clock: Any) -> None:
    at, admin = scene(app), browser(app, "admin")
    page = f"/settings/people/{at.owner}"
    refused = admin.post(f"{page}/deactivations")
    assert refused.status_code == 422
    assert said(app, "en", invalid("to", "no_taker")) in refused.text
    for wrong in ("x", "999999", str(at.owner)):
        assert admin.post(f"{page}/deactivations", data={"to": wrong}).status_code == 422
    rep2 = id_of(app, company.email("rep2"))
    assert admin.post(f"{page}/deactivations", data={"to": str(rep2)}).status_code == 303
    with app.app_context():
        assert not session().get_one(User, at.owner).is_active
        assert session().get_one(Deal, at.deal).responsible_id == rep2
        tasks = session().scalars(select(Task).where(Task.id.in_([at.task, at.handed_in]))).all()
        assert {each.assignee_id for each in tasks} == {rep2}
        told = session().scalars(select(JournalEntry.event).where(JournalEntry.deal_id == at.deal)).all()
        assert "task.handed_over" in told
    assert "has left" in admin.get(page).text
    assert admin.post(f"{page}/activations").status_code == 303


def test_only_admin_stays(app: Flask, clock: Any) -> None:
    admin, me = browser(app, "admin"), id_of(app, company.email("admin"))
    only = said(app, "en", Refused("only_admin", name="Admin"))
    assert only in admin.post(f"/settings/people/{me}/deactivations").text
    assert only in admin.post(f"/settings/people/{me}", data={"is_admin": "off"}).text
    assert admin.get("/settings/people").status_code == 200


def test_an_admin_who_has_not_come_in_yet_is_no_other_admin(app: Flask, clock: Any, token: Any) -> None:
    admin, me, key = browser(app, "admin"), id_of(app, company.email("admin")), token("admin")
    link = link_in(admin.post("/settings/people", data={**NEW, "is_admin": "on"}))
    page, api, owners = f"/settings/people/{me}", app.test_client(), app.test_cli_runner()
    refused = Refused("only_admin_yet", name="Admin", others=NEW["name"])
    for locale in ("en", "ru"):
        with app.app_context(), transaction() as current:
            current.execute(update(User).where(User.id == me).values(locale=locale))
            setups.changed()
        for answer in (
            admin.post(f"{page}/deactivations", data={"to": str(id_of(app, company.email("rep1")))}),
            admin.post(page, data={"is_admin": "off", "sure": "on"}),
        ):
            assert (answer.status_code, said(app, locale, refused) in answer.text) == (422, True)
    for change in ({"is_admin": False}, {"is_active": False}):
        said_so = api.patch(f"/api/v1/users/{me}", json=change, headers=key)
        assert (said_so.status_code, said_so.json["error"]) == (422, "only_admin_yet")
    for words in (["admin", company.email("admin"), "--revoke"], ["deactivate", company.email("admin")]):
        done = owners.invoke(args=["user", *words])
        assert (done.exit_code, NEW["name"] in done.output) == (1, True)
    assert newcomer(app, link).post(link, data=PASSWORD).status_code == 303
    assert admin.post(page, data={"is_admin": "off", "sure": "on"}).status_code == 303
    assert browser(app, "admin").get("/settings/people").status_code == 404


def test_a_colleagues_browsers_and_keys_are_ended_by_an_admin(app: Flask, clock: Any) -> None:
    admin, rep, old = browser(app, "admin"), id_of(app, company.email("rep1")), browser(app, "rep1")
    with app.app_context(), transaction() as current:
        sign_ins.add_token(rep, "till", company.acting("rep1"))
        current.execute(update(UserSession).where(UserSession.user_id == rep).values(user_agent="curl"))
    page = admin.get(f"/settings/people/{rep}").text
    assert "till" in page
    assert f"/settings/people/{rep}/sessions/endings" in page
    assert admin.post(f"/settings/people/{rep}/sessions/endings").status_code == 303
    assert old.get("/").status_code == 303
    with app.app_context():
        key = session().scalars(select(ApiToken.id)).one()
        foreign = session().scalars(select(UserSession.id).where(UserSession.user_id != rep)).first()
    assert admin.post(f"/settings/people/{rep}/sessions/{foreign}/endings").status_code == 404
    assert admin.post(f"/settings/people/{rep}/tokens/{key}/endings").status_code == 303
    with app.app_context():
        assert session().get_one(ApiToken, key).ended_at is not None


def test_two_admins_save_different_fields_and_both_stand(app: Flask, clock: Any) -> None:
    admin, rep = browser(app, "admin"), id_of(app, company.email("rep1"))
    was = {"was.name": "Ivan Petrov", "was.email": "rep1@dozor.example", "was.is_admin": "off", "is_admin": "off"}
    admin.post(f"/settings/people/{rep}", data={**was, "name": "Ivan P.", "email": "rep1@dozor.example"})
    admin.post(f"/settings/people/{rep}", data={**was, "name": "Ivan Petrov", "email": "ivan@firm.example"})
    with app.app_context():
        person = session().get_one(User, rep)
        assert (person.name, person.email) == ("Ivan P.", "ivan@firm.example")


def test_a_move_to_another_department_says_first_what_it_does(app: Flask, clock: Any) -> None:
    admin = browser(app, "admin")
    with app.app_context():
        of = {name["en"]: key for key, name in setups.current().department_names.items()}
        rep, deal = company.person("rep1"), acts.deal(rep="rep1")
    north, south = of["Sales North"], of["Sales South"]
    sends = {"leaves": str(north), "department": str(south), "deals": "along"}
    shown = admin.post(f"/settings/people/{rep}/moves", data=sends)
    assert (shown.status_code, "Oleg Voronin would see" in shown.text) == (200, True)
    assert "There is 1 open deal there." in shown.text
    with app.app_context():
        assert list(places.of(rep)) == [north], "nothing is done yet"
    assert admin.post(f"/settings/people/{rep}/moves", data={**sends, "sure": "on"}).status_code == 303
    with app.app_context():
        assert list(places.of(rep)) == [south]
    assert browser(app, "rep3").get(f"/deals/{deal}").status_code == 200
    assert browser(app, "rep2").get(f"/deals/{deal}").status_code == 404
    assert "took the deal along to Sales South" in admin.get(f"/deals/{deal}").text
