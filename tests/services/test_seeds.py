"""The lesson's firm as it is loaded: whole, in order, nothing left to flood the first minute. And an empty firm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from rules import messages, setup_documents
from rules.robot_checks import check_robot
from tests.rules.readings import reading
from webapp import clock, models, seeds
from webapp.access import passwords
from webapp.access.scopes import Actor
from webapp.app import create_app
from webapp.config import Settings
from webapp.db import db, session, transaction
from webapp.seeds import set_up
from webapp.services import setup_plans
from webapp.snapshots import setup_documents as documents
from webapp.snapshots import setups

MOMENTS = {
    "a Wednesday at noon, in English": ("en", datetime(2026, 3, 11, 9, tzinfo=UTC)),
    "a Sunday night, in English": ("en", datetime(2026, 11, 22, 21, 30, tzinfo=UTC)),
    "after the New Year holidays, in Russian": ("ru", datetime(2027, 1, 9, 7, tzinfo=UTC)),
}


@contextmanager
def new_app(folder: Path, **environ: str) -> Iterator[Flask]:
    app = create_app(Settings.from_env({"DOZOR_DATA": str(folder), **environ}))
    with app.app_context():
        (folder / "dozor.db").touch()  # no connection makes one
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module", params=list(MOMENTS.values()), ids=list(MOMENTS))
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, datetime]]:
    """The lesson's firm with its deals: the language, and the instant at which it was loaded."""
    locale, now = request.param
    with new_app(tmp_path_factory.mktemp("lesson")):
        with clock.running_on(lambda: now):
            seeds.lesson(locale)
        yield locale, now


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[None]:
    """The lesson's firm without deals."""
    with new_app(tmp_path):
        seeds.lesson("en", with_deals=False)
        yield


def stage_of(deal: models.Deal) -> str:
    return setups.current().stages[deal.stage_id].key


def runs_of(key: str) -> list[models.RobotRun]:
    query = select(models.RobotRun).join(models.Robot).where(models.Robot.key == key).order_by(models.RobotRun.id)
    return list(session().scalars(query))


def everything(model: type[Any]) -> list[Any]:
    return list(session().scalars(select(model).order_by(model.id)))


def user_id(key: str) -> int:
    found = session().scalar(select(models.User.id).where(models.User.email == f"{key}@dozor.example"))
    assert found is not None
    return found


@pytest.mark.usefixtures("bare")
def test_the_lessons_people_sign_in_with_its_password() -> None:
    people = session().scalars(select(models.User)).all()
    assert {each.email.partition("@")[0] for each in people} == {
        "admin",
        "head",
        "north",
        "south-deputy",
        "rep1",
        "rep2",
        "rep3",
    }
    assert all(passwords.hasher.verify(each.password_hash, "lesson") for each in people)
    assert [each.email for each in people if each.is_admin] == ["admin@dozor.example"]
    assert len({each.hue for each in people}) == len(people)


@pytest.mark.usefixtures("bare")
def test_the_head_of_south_is_vacant_and_a_deputy_stands_in() -> None:
    departments = {
        each.key: setups.current().org.departments[each.id] for each in session().scalars(select(models.Department))
    }
    south = departments["sales_south"]
    assert (south.heads, south.deputies) == ((), (user_id("south-deputy"),))
    assert departments["sales_north"].heads == (user_id("north"),)
    assert departments["sales"].heads == (user_id("head"),)
    assert south.parent_id == departments["sales_north"].parent_id == departments["sales"].id


@pytest.mark.usefixtures("bare")
def test_the_lesson_is_its_set_up_file_and_comes_back_from_it_byte_for_byte() -> None:
    exported = setup_documents.text_of(documents.live())
    assert exported == setup_documents.text_of(set_up.document())
    with transaction():
        plan = setup_plans.of_setup(json.loads(exported), Actor())
    assert (plan.changes, plan.consequences, plan.problems) == ((), (), ())
    texts = re.findall(r'"en":', exported), re.findall(r'"ru":', exported)
    assert len(texts[0]) == len(texts[1])


@pytest.mark.usefixtures("bare")
def test_every_robot_of_the_lesson_is_sound_in_both_languages() -> None:
    catalogue = setups.current().catalogue
    robots = everything(models.Robot)
    assert len(robots) == 5
    for row in robots:
        raw = {
            "kind": row.kind,
            "name": row.name,
            "starts": row.starts,
            "timing": row.timing,
            "when": row.fires_when,
            "condition": row.condition,
            "settings": row.settings,
        }
        assert check_robot(raw, catalogue, reading()) == ()
        assert set(row.name) == set(row.settings["text"]) == {"en", "ru"}
        assert not any(messages.unknown(text, catalogue) for text in row.settings["text"].values())


@pytest.mark.usefixtures("bare")
def test_the_firm_alone_has_no_deals_and_no_notifications() -> None:
    assert setups.current().firm.is_lesson
    assert everything(models.Deal) == everything(models.Notification) == []


def test_about_thirty_deals_stand_on_all_stages(month: tuple[str, datetime]) -> None:
    deals = everything(models.Deal)
    assert 28 <= len(deals) <= 35
    assert {stage_of(each) for each in deals} == {"new", "data_collection", "processing", "payment", "won", "lost"}
    assert {each.responsible_id for each in deals} == {user_id(key) for key in ("rep1", "rep2", "rep3")}
    assert sum(each.fields.get("vip", False) for each in everything(models.Contact)) >= 5


def test_people_and_clients_are_named_in_the_language_of_the_firm(month: tuple[str, datetime]) -> None:
    locale, _ = month
    names = [each.name for each in (*everything(models.User), *everything(models.Contact))]
    assert all(name.isascii() == (locale == "en") for name in names)
    assert {each.locale for each in everything(models.User)} == {locale}


def test_each_inbox_is_numbered_without_a_gap_and_counts_its_unread(month: tuple[str, datetime]) -> None:
    for inbox in session().scalars(select(models.Inbox)):
        mine = select(models.Notification).where(models.Notification.user_id == inbox.user_id)
        told = session().scalars(mine.order_by(models.Notification.seq)).all()
        assert [each.seq for each in told] == list(range(1, inbox.seq + 1))
        assert sum(each.read_at is None for each in told) == inbox.unread
        assert not any(later.created_at < each.created_at for each, later in pairwise(told))


def test_some_have_read_and_some_have_not(month: tuple[str, datetime]) -> None:
    read = {each.read_at is not None for each in everything(models.Notification) if each.user_id == user_id("north")}
    assert read == {True, False}


def test_every_run_that_is_over_says_when_and_why(month: tuple[str, datetime]) -> None:
    over = [each for each in everything(models.RobotRun) if each.state != "waiting"]
    assert {each.state for each in over} == {"fired", "condition_false", "called_off"}
    assert all(each.ended_at is not None and each.reason["code"] for each in over)
    assert all(each.findings for each in over if each.state == "condition_false")
    assert not any(each.is_late for each in over)


def test_nothing_that_waits_is_due_already(month: tuple[str, datetime]) -> None:
    _, now = month
    waiting = [each for kind in (models.RobotRun, models.TaskAlarm) for each in everything(kind)]
    waiting = [each for each in waiting if each.state == "waiting"]
    assert waiting
    assert all(each.due_at > now and each.visible_at > now and each.attempts == 0 for each in waiting)


def test_two_new_deals_are_late_and_told_and_three_fuses_burn(month: tuple[str, datetime]) -> None:
    _, now = month
    new = {each.id for each in everything(models.Deal) if stage_of(each) == "new"}
    controls = [each for each in runs_of("reaction_control") if each.deal_id in new]
    assert sorted(each.state for each in controls) == ["fired"] * 2 + ["waiting"] * 3
    told = {each.reason["people"][0] for each in controls if each.state == "fired"}
    assert told == {user_id("north"), user_id("south-deputy")}
    for each in controls:
        if each.state == "waiting" and each.due_at is not None:
            assert timedelta(minutes=4) < each.due_at - now < timedelta(minutes=9)


def test_an_unpaid_invoice_of_a_vip_client_waits_for_working_days(month: tuple[str, datetime]) -> None:
    waiting = [each for each in runs_of("unpaid_vip") if each.state == "waiting"]
    vip = [each for each in waiting if contact_of(each.deal_id).fields.get("vip")]
    assert vip
    assert all(each.pauses for each in vip)


def contact_of(deal_id: int) -> models.Contact:
    return session().get_one(models.Contact, session().get_one(models.Deal, deal_id).contact_id)


def test_one_task_asks_north_one_is_in_progress_and_one_came_back_to_south(month: tuple[str, datetime]) -> None:
    tasks = everything(models.Task)
    assert sorted(each.state for each in tasks) == [
        "awaiting_acceptance",
        "cancelled",
        "done",
        "in_progress",
        "in_progress",
    ]
    assert [each.acceptor_id for each in tasks if each.state == "awaiting_acceptance"] == [user_id("north")]
    assert [each.acceptor_id for each in tasks if each.returns_count] == [user_id("south-deputy")]


def test_whatever_stands_from_processing_on_has_its_equipment_type(month: tuple[str, datetime]) -> None:
    asked = [each for each in everything(models.Deal) if stage_of(each) in ("processing", "payment", "won")]
    assert all(each.fields.get("equipment_type") for each in asked)


def test_some_invoices_are_paid_one_in_part_and_some_not(month: tuple[str, datetime]) -> None:
    invoices = everything(models.Invoice)
    assert {each.paid_minor / each.amount_minor for each in invoices} == {0, 0.5, 1}
    won = {each.id for each in everything(models.Deal) if stage_of(each) == "won"}
    assert {each.deal_id for each in invoices if each.paid_at} == won


def test_the_journal_is_in_the_order_of_time(month: tuple[str, datetime]) -> None:
    _, now = month
    instants = [each.at for each in everything(models.JournalEntry)]
    assert instants == sorted(instants)
    assert instants[-1] <= now


def test_the_stays_of_a_deal_follow_each_other_without_a_hole(month: tuple[str, datetime]) -> None:
    for deal in everything(models.Deal):
        visits = session().scalars(
            select(models.StageVisit).where(models.StageVisit.deal_id == deal.id).order_by(models.StageVisit.id)
        )
        *past, current = visits
        assert (deal.visit_id, deal.stage_id, deal.entered_at) == (current.id, current.stage_id, current.entered_at)
        assert current.left_at is None
        assert [each.left_at for each in past] == [each.entered_at for each in [*past, current][1:]]


def test_an_empty_firm_has_one_admin_four_stages_and_nothing_of_the_lesson(tmp_path: Path) -> None:
    with new_app(tmp_path, DOZOR_TIMEZONE="Europe/Berlin"):
        seeds.empty("en", " Boss@Firm.Example ", "Vera Boss", "a long password")
        setup = setups.current()
        (boss,) = setup.people.values()
        assert (boss.email, boss.name, boss.is_admin) == ("boss@firm.example", "Vera Boss", True)
        assert [each.key for each in setup.stages.values()] == ["new", "in_work", "won", "lost"]
        assert (setup.firm.is_lesson, setup.firm.time_zone, setup.firm.currency) == (False, "Europe/Berlin", "EUR")
        assert (setup.firm_calendar.country, setup.value.robots, setup.value.triggers) == ("DE", (), ())
        assert everything(models.Deal) == []
