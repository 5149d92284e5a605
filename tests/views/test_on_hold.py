"""What a restore holds back is said to be held wherever it stands, and nothing new waits with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from rules.worktime import Delay
from tests import company
from tests.box.test_doctor import three_runs
from tests.channels import worlds
from tests.channels.test_letters import ANNA, tell
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.services.test_important import late, the
from webapp.background import held
from webapp.db import session, transaction
from webapp.models import Delivery, ImportantRung, RobotRun
from webapp.services import important
from webapp.services.important import Cause

NORM = Delay(15, "working_minutes")
SAYS = {"en": "on hold since a restore", "ru": "отложено после восстановления"}
SignIn = Callable[[str], Browser]


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        session().close()


def deal_of(app: Flask, run: int) -> int:
    with app.app_context():
        return session().scalars(select(RobotRun.deal_id).where(RobotRun.id == run)).one()


@pytest.mark.parametrize(
    "locale", [pytest.param(each, marks=pytest.mark.locale(each)) for each in SAYS]
)  # fmt: skip
def test_a_card_and_a_deal_say_of_a_robot_that_is_held_that_nobody_is_being_told(
    app: Flask, clock: Clock, sign_in: SignIn, token: Callable[[str], dict[str, str]], locale: str
) -> None:
    run, dropped, _ = three_runs(app)
    deal = deal_of(app, run)
    clock.go_on(hours=5)
    with app.app_context():
        assert held.hold_due() >= 3
    anna = sign_in("head")
    board, page = anna.get("/").text, anna.get(f"/deals/{deal}").text
    assert board.count('data-fuse="held"') == 3
    assert "data-over" not in board, "no card says that somebody is being told"
    assert f"data-held>{SAYS[locale]}" in page
    by = {"headers": token("north")}
    runs = app.test_client().get(f"/api/v1/deals/{deal}/runs", **by).json["items"]
    assert [each["is_held"] for each in runs if each["id"] == run] == [True]

    typed = app.test_cli_runner()
    assert typed.invoke(args=["held", "drop", f"run-{dropped}"]).exit_code == 0
    assert typed.invoke(args=["held", "send", f"run-{run}"]).exit_code == 0
    assert anna.get("/").text.count('data-fuse="held"') == 1
    assert anna.get(f"/deals/{deal}").text.count("data-held") == page.count("data-held") - 1


def test_a_robot_that_is_held_burns_for_no_filter_and_comes_first_in_no_order(
    app: Flask, clock: Clock, sign_in: SignIn
) -> None:
    three_runs(app)
    anna = sign_in("head")
    assert anna.get("/?burning=1").text.count("data-deal=") == 3
    clock.go_on(hours=5)
    with app.app_context():
        held.hold_due()
    assert anna.get("/?burning=1").text.count("data-deal=") == 0


def test_a_word_that_is_told_today_does_not_wait_with_one_that_is_held(inside: Flask, clock: Clock) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("north", "email", ANNA, "urgent")
    tell("north", key="before", about="late")
    assert held.hold_due() == 1
    tell("north", key="today", about="late")
    rows = session().scalars(select(Delivery).order_by(Delivery.id)).all()
    assert [each.is_held for each in rows] == [True, False]
    assert rows[1].due_at == clock.at, "at once"


def test_the_log_of_what_was_sent_says_what_is_held(
    app: Flask, clock: Clock, sign_in: SignIn, token: Callable[[str], dict[str, str]]
) -> None:
    with app.app_context():
        worlds.reaches(app, email="smtp://127.0.0.1:1")
        worlds.has_address("north", "email", ANNA, "urgent")
        tell("north")
        held.hold_due()
    page = sign_in("admin").get("/settings/channels").text
    assert SAYS["en"] in page
    assert "load delay:2s" not in page, "nothing is on its way"
    listed = app.test_client().get("/api/v1/deliveries", headers=token("admin")).json["items"]
    assert [(each["state"], each["is_held"]) for each in listed] == [("waiting", True)]


def test_a_ladder_that_is_held_says_so_and_goes_on_with_what_comes_up_today(
    app: Flask, clock: Clock, sign_in: SignIn, token: Callable[[str], dict[str, str]]
) -> None:
    with app.app_context():
        item = the(late(clock), "late_reply")
        number, key = item.id, item.live_key.removeprefix("late_reply-")
        cause = Cause("late_reply", key, clock(), item.about_id, item.deal_id, take_within=NORM)
        session().close()
    clock.go_on(hours=5)
    with app.app_context():
        assert held.hold_due() >= 1
    anna = sign_in("north")
    by = {"headers": token("north")}
    for path in ("/important", f"/important/{number}"):
        page = anna.get(path).text
        assert f"{SAYS['en']} from backup" in page
        assert 'data-fuse="rung"' not in page
    shown = app.test_client().get("/api/v1/important", **by).json["items"]
    assert [each["is_held"] for each in shown] == [True]
    with app.app_context():
        with transaction():
            acts.locked(cause.deal_id)
            again = important.open_for([company.person("north")], cause, company.acting("north"))
        assert again.id == number, "the same cause once more"
        rungs = session().scalars(select(ImportantRung).where(ImportantRung.state == "waiting")).all()
        assert [each.is_held for each in rungs] == [False]
        session().close()
    assert 'data-fuse="rung"' in anna.get("/important").text
