"""A clock that was wrong and was put right: the jump is noted, and what was counted meanwhile is counted again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from rules.worktime import Delay
from tests import company
from tests.box.test_doctor import three_runs
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.services.test_robots import new_robot, only_run_of
from tests.services.test_task_steps import agreed
from webapp.access.scopes import SYSTEM
from webapp.background import clock_jumps
from webapp.background.clock_jumps import Jump
from webapp.box import doctor
from webapp.db import session, transaction
from webapp.models import (
    Deal,
    Delivery,
    Gateway,
    ImportantItem,
    ImportantRung,
    JournalEntry,
    Notification,
    RobotRun,
    Task,
    TaskAlarm,
)
from webapp.services import delivery_plans, important, jumps, tasks
from webapp.services.important import Cause

HOUR, WITHIN = timedelta(hours=1), Delay(15, "minutes")
pytestmark = pytest.mark.both_databases


def due(app: Flask, runs: list[int]) -> list[timedelta]:
    with app.app_context():
        rows = session().execute(select(RobotRun.due_at).where(RobotRun.id.in_(runs)).order_by(RobotRun.id))
        return [row.due_at for row in rows]


def noted_jump(app: Flask, clock: Clock, folder: Path) -> Jump:
    """Clients write while the clock is an hour fast, and it is put right."""
    watch = clock_jumps.ClockWatch(folder)
    clock.at += HOUR
    with app.app_context():
        watch.look(clock(), 100.0)
    three_runs(app)
    clock.at += timedelta(minutes=1) - HOUR
    with app.app_context():
        jump = watch.look(clock(), 160.0)
        session().close()
    assert jump is not None
    return jump


@pytest.mark.parametrize("is_seen", [True, False], ids=["from the start", "only its end"])
def test_an_hour_fast_and_then_right(app: Flask, clock: Clock, tmp_path: Path, is_seen: bool) -> None:
    watch, right = clock_jumps.ClockWatch(tmp_path), clock()
    with app.app_context():
        assert watch.look(right, 100.0) is None
        clock.at = right + HOUR
        if is_seen:
            assert watch.look(clock(), 101.0).by == pytest.approx(3600, abs=2)  # type: ignore[union-attr]
        else:
            watch = clock_jumps.ClockWatch(tmp_path)
            watch.look(clock(), 101.0)
    runs = three_runs(app)
    wrong = due(app, runs)
    clock.at = right + timedelta(minutes=1)
    with app.app_context():
        jump = watch.look(clock(), 161.0)
        assert jump is not None
        assert set(runs) <= set(jump.runs)
        said = [
            each for each in doctor._clock_jumps(app.config["SETTINGS"], clock()) if "counted by the wrong" in each.what
        ]
        assert len(said) == 1
        assert "runs count-again" in said[0].remedy
        assert "has a button" in said[0].remedy
    done = app.test_cli_runner().invoke(args=["runs", "count-again"])
    assert done.exit_code == 0, done.output
    assert due(app, runs) == pytest.approx([each - HOUR for each in wrong], abs=timedelta(seconds=2))
    assert "0 runs" in app.test_cli_runner().invoke(args=["runs", "count-again"]).output


def test_a_clock_that_only_drifts_is_no_jump(app: Flask, clock: Clock, tmp_path: Path) -> None:
    watch = clock_jumps.ClockWatch(tmp_path)
    with app.app_context():
        for second in range(0, 60, 5):
            assert watch.look(clock() + timedelta(seconds=second * 1.1), float(second)) is None
    assert not clock_jumps.file_in(tmp_path).exists()


def test_a_torn_line_takes_nobodys_health_away(
    app: Flask, clock: Clock, tmp_path: Path, sign_in: Callable[[str], Browser]
) -> None:
    """A machine that died while it noted a jump: page and doctor are what one opens then."""
    file = clock_jumps.file_in(tmp_path)
    whole = json.dumps({"at": clock().isoformat(), "by": 3600.0, "run_id": 0, "runs": []})
    file.write_bytes(
        f'{whole}\n[]\n{{"at": "noon", "by": 1, "run_id": 0, "runs": []}}\n{whole[:30]}'.encode() + b"\xff"
    )
    with app.app_context():
        assert [each.by for each in clock_jumps.noted(file)] == [3600.0]
        assert len(list(doctor._clock_jumps(app.config["SETTINGS"], clock()))) == 1
    assert sign_in("admin").get("/settings/health").status_code == 200
    watch = clock_jumps.ClockWatch(tmp_path)
    with app.app_context():
        watch.look(clock(), 100.0)
        clock.go_on(hours=2)
        assert watch.look(clock(), 101.0) is not None
    assert [each.by for each in clock_jumps.noted(file)] == pytest.approx([3600.0, 7199.0])


def test_what_was_counted_again_is_not_counted_twice_when_the_command_was_killed(
    app: Flask, clock: Clock, tmp_path: Path
) -> None:
    """The note of the jump stands there as before, as after a kill between the commit and its end."""
    runs = noted_jump(app, clock, tmp_path).runs
    note, wrong = clock_jumps.file_in(tmp_path).read_text(), due(app, runs)
    assert f"{len(runs)} runs" in app.test_cli_runner().invoke(args=["runs", "count-again"]).output
    clock_jumps.file_in(tmp_path).write_text(note)
    assert "0 runs" in app.test_cli_runner().invoke(args=["runs", "count-again"]).output
    assert due(app, runs) == pytest.approx([each - HOUR for each in wrong], abs=timedelta(seconds=2))


def test_what_waits_for_a_date_of_the_deal_waits_for_the_same_date(app: Flask, clock: Clock, tmp_path: Path) -> None:
    with app.app_context():
        before = {"before_field": {"entity": "deal", "field": "next_step_at", "amount": 1, "unit": "hours"}}
        robot_id = new_robot("data_collection", timing=before)
        watch = clock_jumps.ClockWatch(tmp_path)
        clock.at += HOUR
        watch.look(clock(), 100.0)
        deal_id = acts.deal()
        agreed(deal_id)
        acts.move(deal_id, "data_collection")
        run = only_run_of(robot_id)
        run_id, right = run.id, run.due_at
        session().close()
        clock.at -= HOUR
        jump = watch.look(clock(), 100.0)
        session().close()
    assert jump is not None
    assert run_id in jump.runs
    assert "runs are counted again" in app.test_cli_runner().invoke(args=["runs", "count-again"]).output
    assert due(app, [run_id]) == [right]


def test_admins_are_told_of_a_wrong_clock_that_robots_were_counted_by(app: Flask, clock: Clock, tmp_path: Path) -> None:
    jump = noted_jump(app, clock, tmp_path)
    with app.app_context():
        for _ in range(2):
            jumps.follow(jump)
        rows = session().scalars(select(Notification).where(Notification.kind == "clock.jumped")).all()
        assert [(each.user_id, each.urgency) for each in rows] == [(company.person("admin"), "urgent")]
        session().close()


def test_what_is_to_go_out_does_not_wait_by_a_clock_that_was_fast(app: Flask, clock: Clock, tmp_path: Path) -> None:
    """A repeat is tried when it would have been, and what nobody reads goes to the next address: no hour later."""
    with app.app_context():
        clock.at += HOUR
        with transaction() as current:
            current.add(Gateway(kind="sms", url="json://127.0.0.1:1/", rest_until=clock() + timedelta(minutes=10)))
            again = delivery_plans.add("again", "sms", "+79125550177", "test", due=clock())
            again.attempts, again.visible_at = 3, clock() + timedelta(minutes=1)
            again.reason = {"code": "timed_out"}
            unseen = delivery_plans.add(
                "unseen", "sms", "+79125550177", "test", due=clock() + timedelta(minutes=5), is_urgent=True
            )
            morning = delivery_plans.add("morning", "sms", "+79125550177", "test", due=clock() + timedelta(hours=9))
            ids = [each.id for each in (again, unseen, morning)]
            at_nine = morning.visible_at
        clock.at -= HOUR
        jumps.follow(clock_jumps.Jump(clock().isoformat(), -3600.0, 0, []))
        session().close()
        waits = [session().get_one(Delivery, each).visible_at for each in ids]
        assert waits == [clock() + timedelta(minutes=1), clock() + timedelta(minutes=5), at_nine]
        assert session().scalars(select(Gateway.rest_until).where(Gateway.kind == "sms")).all() == [None]
        session().close()


def test_an_admin_counts_again_by_a_button_once(app: Flask, clock: Clock, sign_in: Callable[[str], Browser]) -> None:
    folder = app.config["SETTINGS"].data
    runs = noted_jump(app, clock, folder).runs
    wrong, admin = due(app, runs), sign_in("admin")
    assert 'action="/settings/health/recounts' in admin.get("/settings/health").text
    assert sign_in("head").post("/settings/health/recounts", data={}).status_code in (403, 404)
    for many in (len(runs), 0):
        page = admin.post("/settings/health/recounts", data={}, follow_redirects=True).text
        assert f"{many} times were counted again." in page
        assert due(app, runs) == pytest.approx([each - HOUR for each in wrong], abs=timedelta(seconds=2))
    assert "recounts" not in admin.get("/settings/health").text
    with app.app_context():
        told = select(JournalEntry).where(JournalEntry.event == "clock.counted_again")
        (entry,) = session().scalars(told).all()
        assert (entry.by_id, entry.new["runs"]) == (company.person("admin"), len(runs))
        session().close()


def test_terms_that_were_set_by_a_wrong_clock_are_counted_again(app: Flask, clock: Clock, tmp_path: Path) -> None:
    """Until when work is to be accepted, when the next level is told; not the hour that a person chose."""
    file = clock_jumps.file_in(app.config["SETTINGS"].data)
    watch = clock_jumps.ClockWatch(file.parent)
    with app.app_context():
        clock.at += HOUR
        watch.look(clock(), 100.0)
        deal_id = acts.deal(waits=False)
        with transaction():
            boss, rep = company.acting("north"), company.acting("rep1")
            assert rep.user_id is not None
            chosen = clock() + timedelta(days=2)
            task = tasks.create_by_hand("Draft", "", rep.user_id, boss, due_at=chosen, accept=True)
            task_id = task.id
            handed_in = tasks.create_by_hand("Offer", "", rep.user_id, boss, accept=True)
            tasks.submit(handed_in, "It is written", rep)
            deal = session().get_one(Deal, deal_id)
            cause = Cause("control", f"d{deal.id}", clock(), deal.responsible_id, deal.id, take_within=WITHIN)
            item_id = important.open_for([company.person("north")], cause, SYSTEM).id
            handed_in_id = handed_in.id
        session().close()
        before = terms(handed_in_id, item_id)
        clock.at -= HOUR
        jump = watch.look(clock(), 100.0)
        assert jump is not None
        assert jump.counts >= 2
        note = file.read_text()
        for _ in range(2):
            jumps.count_again(file, SYSTEM)
            file.write_text(note)  # as after a kill before it was forgotten
        assert terms(handed_in_id, item_id) == [each - HOUR for each in before]
        assert session().get_one(Task, task_id).due_at == chosen
        session().close()


def terms(task_id: int, item_id: int) -> list[datetime]:
    alarm = select(TaskAlarm.due_at).where(TaskAlarm.task_id == task_id, TaskAlarm.state == "waiting")
    rung = select(ImportantRung.due_at).where(ImportantRung.item_id == item_id, ImportantRung.state == "waiting")
    found = [session().scalars(each).one() for each in (alarm, rung)]
    found += [session().get_one(Task, task_id).acceptance_due_at, session().get_one(ImportantItem, item_id).next_at]
    return [each for each in found if each is not None]


def test_a_clock_that_is_put_right_while_dozor_stands_is_noticed_at_its_start(
    app: Flask, clock: Clock, tmp_path: Path
) -> None:
    clock.at += HOUR
    with app.app_context():
        clock_jumps.ClockWatch(tmp_path).look(clock(), 100.0)
    runs = three_runs(app)
    clock.at += timedelta(minutes=5) - HOUR
    with app.app_context():
        jump = clock_jumps.ClockWatch(tmp_path).look(clock(), 400.0)
        session().close()
    assert jump is not None
    assert jump.by == pytest.approx(-3600)
    assert set(runs) <= set(jump.runs)
    with app.app_context():
        assert clock_jumps.ClockWatch(tmp_path).look(clock(), 400.0) is None


def test_after_a_start_of_the_machine_nothing_is_said_of_the_clock(
    app: Flask, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock that cannot be set begins anew with the machine."""
    with app.app_context():
        clock_jumps.ClockWatch(tmp_path).look(clock(), 100_000.0)
        (tmp_path / "boot").write_text("another\n")
        monkeypatch.setattr(clock_jumps, "BOOT", tmp_path / "boot")
        assert clock_jumps.ClockWatch(tmp_path).look(clock(), 10.0) is None
