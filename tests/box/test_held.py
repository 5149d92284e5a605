"""After a restore nothing that was due fires by itself: it is held, listed, and sent or dropped by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from jobs import runner
from tests import company
from tests.box.test_backup import leave
from tests.box.test_doctor import three_runs
from tests.conftest import Clock
from webapp.background import held, lateness, outbox
from webapp.background.outbox import WORK_MODELS
from webapp.box import doctor
from webapp.db import session, transaction
from webapp.models import (
    Deal,
    Delivery,
    HandOver,
    ImportantItem,
    ImportantRung,
    PhoneCall,
    Recount,
    Rehearsal,
    RobotRun,
    SetupVersion,
    SetupWork,
    TaskAlarm,
)
from webapp.services import tasks

pytestmark = pytest.mark.both_databases
Type = Callable[..., Result]


@pytest.fixture
def typed(app: Flask) -> Type:
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def state(app: Flask, run: int) -> str:
    with app.app_context():
        return session().scalars(select(RobotRun.state).where(RobotRun.id == run)).one()


def work(app: Flask) -> None:
    with app.app_context():
        runner.drain()


@pytest.fixture
def restored(app: Flask, typed: Type, clock: Clock, tmp_path: Path) -> list[int]:
    """Three controls that were due after the backup and before the restore; a fourth is due tomorrow."""
    runs = three_runs(app)
    leave(app)
    assert typed("backup", str(tmp_path / "copy")).exit_code == 0
    clock.go_on(hours=5)
    done = typed("restore", "--force", str(tmp_path / "copy"))
    assert done.exit_code == 0, done.output
    assert "held" in done.output
    return runs


def test_what_was_due_before_the_restore_waits_for_a_hand(
    app: Flask, typed: Type, clock: Clock, restored: list[int]
) -> None:
    work(app)
    with app.app_context():
        assert outbox.due("run", clock(), 10) == []
        assert lateness.lag(clock()) == 0
    assert {state(app, each) for each in restored} == {"waiting"}
    listed = typed("held", "list").output
    assert all(f"run-{each} " in listed for each in restored)
    with app.app_context():
        (note,) = doctor._held()
        assert "that were due before a restore are held" in note.what

    assert typed("held", "send", f"run-{restored[0]}").exit_code == 0
    assert typed("held", "drop", f"run-{restored[1]}").exit_code == 0
    work(app)
    assert [state(app, each) for each in restored] == ["fired", "called_off", "waiting"]
    assert typed("held", "send", f"run-{restored[1]}").exit_code == 1
    assert typed("held", "drop").exit_code == 1
    assert typed("held", "drop", "--all").exit_code == 0
    assert "0 held in " in typed("held", "list").output


def test_what_is_due_after_the_restore_fires_by_itself(app: Flask, clock: Clock, restored: list[int]) -> None:
    later = three_runs_again(app)
    clock.go_on(minutes=11)
    work(app)
    assert {state(app, each) for each in later} == {"fired"}
    assert {state(app, each) for each in restored} == {"waiting"}


def one_of_each(app: Flask, at: datetime) -> dict[str, str]:
    """A row of every kind of work, due then, by the name of each; and a word that says of what it is."""
    with app.app_context(), transaction() as current:
        deal = current.scalars(select(Deal.id).order_by(Deal.id)).first()
        task = tasks.create_by_hand("Call them", "", company.person("rep1"), company.acting("north"))
        item = ImportantItem(kind="late_reply", rank=1, deal_id=deal, since=at, opened_at=at)
        version = SetupVersion(at=at, hash="x", setup={})
        current.add_all([item, version])
        current.flush()
        by = {"by_id": company.person("admin")}
        made = {
            "alarm": (TaskAlarm(task_id=task.id, kind="overdue"), "Call them"),
            "setup": (SetupWork(version_id=version.id, steps=[]), str(version.id)),
            "hand_over": (HandOver(user_id=company.person("rep2"), choices={}), "Maria Sokolova"),
            "recount": (Recount(cause={}), "counted anew"),
            "delivery": (Delivery(channel="email", address="anna@firm.example", content="digest"), "anna@firm.example"),
            "rung": (ImportantRung(item_id=item.id, kind="climb"), "late_reply"),
            "rehearsal": (Rehearsal(**by, robot={"name": {"en": "Tried"}}, since=at, until=at), "Tried"),
            "call": (PhoneCall(caller="+79120000009"), "+79120000009"),
        }
        assert {*made, "run"} == WORK_MODELS.keys()
        for kind, (row, _) in made.items():
            row.key, row.due_at, row.visible_at, row.created_at = f"one {kind}", at, at, at
            current.add(row)
        current.flush()
        return {f"{kind}-{row.id} ": words for kind, (row, words) in made.items()}


def test_every_kind_of_work_is_held_listed_and_dropped(app: Flask, typed: Type, clock: Clock) -> None:
    wanted = one_of_each(app, clock())
    runs = three_runs(app)
    clock.go_on(hours=1)
    with app.app_context():
        assert held.hold_due() >= len(wanted) + len(runs)
    work(app)
    listed = typed("held", "list")
    assert listed.exit_code == 0, listed.output
    for name, words in wanted.items():
        (line,) = (each for each in listed.output.splitlines() if each.startswith(name))
        assert words in line
    assert "  Reaction control: Good day" in listed.output
    assert typed("held", "drop", "--all").exit_code == 0
    assert "0 held in " in typed("held", "list").output


def three_runs_again(app: Flask) -> list[int]:
    """Controls of clients who write now."""
    from tests.services import acts
    from webapp import clock as time_source

    with app.app_context():
        known = set(session().scalars(select(RobotRun.id)))
        acts.inquiry(phone="+79160000077")
        soon = RobotRun.due_at > time_source.now() + timedelta(minutes=1)
        return [each for each in session().scalars(select(RobotRun.id).where(soon)) if each not in known]
