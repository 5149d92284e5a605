"""Accounts and ways in: what may be changed, what ends with it, what is journalled, and two who do it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from tests import company
from tests.conftest import Clock
from webapp.access.scopes import Actor
from webapp.box.accounts import department_id
from webapp.db import db, new_transaction, open_transaction, session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import ApiToken, Inbox, JournalEntry, Notification, User, UserSession
from webapp.services import accounts, notifications, sign_ins
from webapp.services.places import of
from webapp.snapshots import setups

pytestmark = pytest.mark.both_databases
OWNER = Actor(via="console")
Entries = list[tuple[str, Any, Any]]


@pytest.fixture
def journalled(app: Flask) -> Callable[[], Entries]:
    def read() -> Entries:
        own = select(JournalEntry).where(JournalEntry.entity == "user").order_by(JournalEntry.id)
        with app.app_context():
            return [(each.event, each.old, each.new) for each in session().scalars(own)]

    return read


def is_admin(name: str) -> bool:
    return bool(session().scalar(select(User.is_admin).where(User.id == company.person(name))))


@pytest.mark.usefixtures("inside")
def test_the_only_admin_stays_one_and_who_is_none_is_not_called_so(
    clock: Clock, journalled: Callable[[], Entries]
) -> None:
    admin, rep = company.person("admin"), company.person("rep1")
    for refused in (accounts.deactivate, lambda who, by: accounts.set_admin(who, by, is_admin=False)):
        with pytest.raises(Refused, match="only_admin"), transaction():
            refused(admin, OWNER)
    with transaction():
        assert accounts.set_admin(rep, OWNER, is_admin=False) is False
    assert journalled() == []
    assert is_admin("admin")


@pytest.mark.usefixtures("inside")
def test_what_changes_nothing_is_not_journalled(clock: Clock, journalled: Callable[[], Entries]) -> None:
    rep = company.person("rep1")
    with transaction():
        accounts.activate(rep, OWNER)
        accounts.set_admin(company.person("admin"), OWNER, is_admin=True)
        accounts.set_email(rep, company.email("rep1").upper(), OWNER)
        accounts.set_department(rep, department_id("sales_north"), None, OWNER)
        sign_ins.end_others(rep, None, OWNER)
    assert journalled() == []
    with transaction():
        accounts.deactivate(rep, OWNER)
        accounts.deactivate(rep, OWNER)
        accounts.activate(rep, OWNER)
        accounts.set_admin(rep, OWNER, is_admin=True)
    assert journalled() == [
        ("user.deactivated", None, None),
        ("user.activated", None, None),
        ("user.admin_changed", False, True),
    ]


@pytest.mark.usefixtures("inside")
def test_another_department_is_journalled_with_what_was_before(clock: Clock, journalled: Callable[[], Entries]) -> None:
    with transaction():
        accounts.set_department(company.person("north"), department_id("sales_south"), "deputy", OWNER)
    before = {"departments": ["sales_north"], "posts": ["head of sales_north"]}
    after = {"departments": ["sales_south"], "posts": ["deputy of sales_south"]}
    assert journalled() == [("user.department_changed", before, after)]


@pytest.mark.usefixtures("inside")
def test_each_line_of_an_account_is_kept_and_journalled_as_it_was_and_as_it_is(clock: Clock) -> None:
    rep = company.person("rep1")
    before = session().get_one(User, rep)
    name, locale, zone = before.name, before.locale, before.time_zone
    with transaction():
        accounts.set_name(rep, " Ann  Bell ", OWNER)
        accounts.set_phone(rep, "8 (912) 555-01-78", OWNER)
        accounts.set_phone(rep, "", OWNER)
        accounts.set_locale(rep, "ru", OWNER)
        accounts.set_time_zone(rep, "Asia/Omsk", OWNER)
    kept = session().get_one(User, rep, populate_existing=True)
    assert (kept.name, kept.phone, kept.locale, kept.time_zone) == ("Ann Bell", None, "ru", "Asia/Omsk")
    lines = session().scalars(select(JournalEntry).where(JournalEntry.event == "user.edited").order_by(JournalEntry.id))
    assert [(each.field, each.old, each.new) for each in lines] == [
        ("name", name, "Ann Bell"),
        ("phone", None, "+79125550178"),
        ("phone", "+79125550178", None),
        ("locale", locale, "ru"),
        ("time_zone", zone, "Asia/Omsk"),
    ]


@pytest.mark.usefixtures("inside")
def test_a_new_employee_has_been_told_nothing_and_the_first_thing_told_is_the_first(clock: Clock) -> None:
    with transaction():
        new = accounts.create("new@firm.example", "Ann", "hash", locale="en", zone="UTC", at=clock.at)
    inbox = session().get_one(Inbox, new)
    assert (inbox.seq, inbox.unread, session().get_one(User, new).hue) == (0, 0, 0)
    with transaction():
        notifications.tell([new], "robot.control", key="k", facts={}, text={"en": "A press waits"}, urgency="normal")
    told = session().scalars(select(Notification).where(Notification.user_id == new)).one()
    inbox = session().get_one(Inbox, new, populate_existing=True)
    assert (told.seq, inbox.seq, inbox.unread) == (1, 1, 1)


@pytest.mark.parametrize(
    ("email", "name", "code"),
    [("REP1@dozor.example", "Ann", "email_taken"), ("ann", "Ann", "not_an_email"), ("a@b.example", " ", "blank")],
)
def test_a_new_account_is_refused_with_the_field(inside: Flask, email: str, name: str, code: str) -> None:
    with pytest.raises(Refused) as raised, transaction():
        accounts.add(email, name, "hash", OWNER)
    assert [each["code"] for each in raised.value.problems.values()] == [code]


@pytest.mark.usefixtures("inside")
def test_a_name_is_no_longer_than_a_hundred_characters_however_it_comes_in(clock: Clock) -> None:
    rep, longest = company.person("rep1"), "x" * 100
    ways: tuple[Callable[[str], object], ...] = (
        lambda name: accounts.add("new@firm.example", name, "hash", OWNER),
        lambda name: accounts.set_name(rep, name, OWNER),
    )
    for way in ways:
        with pytest.raises(Refused) as raised, transaction():
            way(f"{longest}x")
        assert raised.value.problems["name"]["code"] == "too_long"
        with transaction():
            way(longest)
    named = select(func.count(User.id)).where(User.name == longest)
    assert session().scalar(named) == 2


@pytest.mark.usefixtures("inside")
def test_new_work_goes_to_the_department_that_a_person_was_placed_in(clock: Clock) -> None:
    south, rep = department_id("sales_south"), company.person("rep1")
    with transaction():
        new = accounts.add("new@firm.example", "Ann", "hash", OWNER, department_id=south, post="deputy")
        accounts.set_department(rep, south, None, OWNER)
    for who, places in ((new, {south: "deputy"}), (rep, {south: "member"})):
        person = setups.current().people[who]
        assert (person.department_id, person.department_ids) == (south, {south})
        assert of(who) == places


@pytest.mark.usefixtures("inside")
def test_whatever_is_done_to_an_account_is_seen_at_once_by_all(clock: Clock) -> None:
    """The set-up is kept between requests, and pages stand open: both take the person anew."""
    rep, south = company.person("rep1"), department_id("sales_south")
    done: dict[str, tuple[Callable[[], object], object]] = {
        "email": (lambda: accounts.set_email(rep, "ann@firm.example", OWNER), "ann@firm.example"),
        "name": (lambda: accounts.set_name(rep, "Ann", OWNER), "Ann"),
        "locale": (lambda: accounts.set_locale(rep, "ru", OWNER), "ru"),
        "time_zone": (lambda: accounts.set_time_zone(rep, "Asia/Omsk", OWNER), "Asia/Omsk"),
        "department_id": (lambda: accounts.set_department(rep, south, None, OWNER), south),
        "is_admin": (lambda: accounts.set_admin(rep, OWNER, is_admin=True), True),
        "is_active": (lambda: accounts.deactivate(rep, OWNER), False),
    }
    for fact, (act, now) in done.items():
        assert getattr(setups.current().people[rep], fact) != now, fact
        with transaction():
            act()
            said = open_transaction().changes
        assert (said.chart, rep in said.rights) == ([True], True), fact
        assert getattr(setups.current().people[rep], fact) == now, fact


def together(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """Each in a thread and a transaction of its own, at the same moment. What each came to: its value, or Refused."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait(10)
        try:
            with app.app_context(), new_transaction():
                return act()
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(len(acts)) as crowd:
        return list(crowd.map(run, acts))


def test_two_admins_who_take_each_others_right_at_once_leave_one(app: Flask, clock: Clock) -> None:
    with app.app_context():
        first, second = company.person("admin"), company.person("rep1")
    both = (
        lambda: accounts.set_admin(first, OWNER, is_admin=False),
        lambda: accounts.deactivate(second, OWNER),
    )
    for _ in range(10):
        with app.app_context(), transaction() as current:
            for each in (first, second):
                user = current.get_one(User, each)
                user.is_admin = user.is_active = True
        outcomes = together(app, *both)
        assert outcomes.count("only_admin") == 1, outcomes
        with app.app_context():
            assert session().scalar(select(func.count(User.id)).where(User.is_admin, User.is_active)) == 1


def test_an_address_is_given_once_though_two_ask_at_once(app: Flask, clock: Clock) -> None:
    for n in range(5):
        outcomes = together(app, *[lambda n=n: accounts.add(f"new{n}@firm.example", "Ann", "hash", OWNER)] * 2)
        assert outcomes.count("bad_fields") == 1, outcomes


def test_a_token_made_while_its_person_is_deactivated_opens_nothing(app: Flask, clock: Clock) -> None:
    with app.app_context():
        rep = company.person("rep1")
    for _ in range(5):
        with app.app_context(), transaction() as current:
            current.get_one(User, rep).is_active = True
        together(app, lambda: sign_ins.add_token(rep, "till", OWNER), lambda: accounts.deactivate(rep, OWNER))
        with app.app_context():
            assert session().scalars(select(ApiToken.id).where(ApiToken.ended_at.is_(None))).all() == []


def test_a_given_password_ends_every_session_and_token(
    app: Flask,
    clock: Clock,
    sign_in: Callable[[str], FlaskClient],
    token: Callable[[str], dict[str, str]],
    journalled: Callable[[], Entries],
) -> None:
    mine, theirs = token("rep1"), token("rep2")
    browser, colleague = sign_in("rep1"), sign_in("rep2")
    with app.app_context(), transaction():
        sign_ins.set_password(company.person("rep1"), "another hash", OWNER)
    me = "/api/v1/users/me"
    assert (browser.get("/profile").status_code, app.test_client().get(me, headers=mine).status_code) == (303, 401)
    assert (colleague.get("/profile").status_code, app.test_client().get(me, headers=theirs).status_code) == (200, 200)
    assert ("user.password_set", None, None) in journalled()


def test_only_ones_own_sessions_and_tokens_are_ended(
    app: Flask, clock: Clock, sign_in: Callable[[str], FlaskClient], journalled: Callable[[], Entries]
) -> None:
    sign_in("rep1")
    with app.app_context():
        mine, theirs = company.person("rep1"), company.person("rep2")
        with transaction():
            sign_ins.add_token(mine, "till", OWNER)
        foreign = session().scalars(select(UserSession.id)).one()
        token = session().scalars(select(ApiToken.id)).one()
        with pytest.raises(NotFound), transaction():
            sign_ins.end_session(theirs, foreign, OWNER)
        with pytest.raises(NotFound), transaction():
            sign_ins.end_token(theirs, token, OWNER)
        with transaction():
            sign_ins.end_session(mine, foreign, OWNER)
            sign_ins.end_token(mine, token, OWNER)
            sign_ins.end_token(mine, token, OWNER)
    assert [each[0] for each in journalled()] == ["user.token_added", "user.session_ended", "user.token_ended"]


def used_at(app: Flask) -> Any:
    with app.app_context():
        return session().scalars(select(ApiToken.used_at)).one()


def test_when_a_token_was_used_is_noted_at_most_once_a_minute(
    app: Flask, clock: Clock, token: Callable[[str], dict[str, str]]
) -> None:
    headers, visitor, first = token("rep1"), app.test_client(), clock.at
    assert used_at(app) is None
    for seconds, seen in ((0, first), (59, first), (1, first + timedelta(minutes=1))):
        clock.go_on(seconds=seconds)
        assert visitor.get("/api/v1/users/me", headers=headers).status_code == 200
        assert used_at(app) == seen


def test_a_read_does_not_wait_for_who_writes(
    app: Flask, clock: Clock, token: Callable[[str], dict[str, str]], sign_in: Callable[[str], FlaskClient]
) -> None:
    """Somebody holds the write lock, and this token's and session's rows: both are read as if nothing were."""
    headers, browser = token("rep1"), sign_in("rep1")
    clock.go_on(minutes=6)
    with app.app_context(), transaction() as current:
        current.execute(select(ApiToken).with_for_update())
        current.execute(select(UserSession).with_for_update())
        with ThreadPoolExecutor(1) as aside:
            asked = aside.submit(lambda: app.test_client().get("/api/v1/users/me", headers=headers).status_code)
            assert asked.result(3) == 200
            looked = aside.submit(lambda: browser.get("/profile").status_code)
            assert looked.result(3) == 200
    assert used_at(app) is None


def test_a_get_of_the_api_writes_nothing_within_the_minute(
    app: Flask, clock: Clock, token: Callable[[str], dict[str, str]]
) -> None:
    headers, visitor = token("rep1"), app.test_client()
    visitor.get("/api/v1/users/me", headers=headers)
    said: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    visitor.get("/api/v1/users/me", headers=headers)
    event.remove(engine, "before_cursor_execute", note)
    assert said
    assert not any(each.startswith("UPDATE") for each in said)
