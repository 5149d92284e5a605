"""A restore that is refused or killed leaves the firm as it was, or the copy with all that was due held."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text, update

from tests.box.test_backup import leave
from tests.box.test_doctor import three_runs
from tests.conftest import Clock
from webapp.background import held, outbox
from webapp.box import first_start, restoring
from webapp.db import session, transaction
from webapp.models import Firm

pytestmark = pytest.mark.both_databases
Type = Callable[..., Result]
STEPS = ("os.rename", "os.remove", "sqlite3.connect", "subprocess.Popen")


@pytest.fixture
def typed(app: Flask) -> Type:
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def call(app: Flask, name: str) -> None:
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(name=name))


def at_revision(app: Flask, wanted: str) -> str:
    """The revision that it was at before."""
    with app.app_context(), transaction() as current:
        before = str(current.scalar(text("SELECT version_num FROM alembic_version")))
        current.execute(text("UPDATE alembic_version SET version_num = :wanted"), {"wanted": wanted})
        return before


def stands(app: Flask, clock: Clock) -> tuple[str, int, int]:
    """The firm's name, what is due, what is held."""
    with app.app_context():
        found = session().scalar(select(Firm.name)) or "", len(outbox.due("run", clock(), 99)), len(list(held.rows()))
    leave(app)
    return found


def test_a_copy_of_a_newer_dozor_is_refused_before_anything_is_replaced(
    app: Flask, typed: Type, clock: Clock, tmp_path: Path
) -> None:
    three_runs(app)
    known = at_revision(app, "9999")
    leave(app)
    assert typed("backup", str(tmp_path / "copy")).exit_code == 0
    at_revision(app, known)
    call(app, "Live")
    clock.go_on(hours=5)
    before = stands(app, clock)
    done = typed("restore", "--force", str(tmp_path / "copy"))
    assert done.exit_code == 1
    assert "of another Dozor, perhaps a newer one" in done.output
    assert stands(app, clock) == before
    assert at_revision(app, known) == known
    assert not [*tmp_path.rglob("*replaced*"), *tmp_path.glob("*.part*")]


def test_a_restore_that_is_killed_at_any_step_fires_nothing(
    app: Flask, typed: Type, clock: Clock, tmp_path: Path
) -> None:
    """Before each file that it moves or removes, each program that it starts, each database that it opens."""
    three_runs(app)
    call(app, "Copied")
    leave(app)
    assert typed("backup", str(tmp_path / "copy")).exit_code == 0
    call(app, "Live")
    clock.go_on(hours=5)
    live = stands(app, clock)
    assert live[1] > 0
    seen, step = set[tuple[str, int, int]](), 0
    while killed_at(step, lambda: restoring.restore(app, tmp_path / "copy", force=True), app):
        first_start.prepare(app)
        found = stands(app, clock)
        seen.add(found)
        assert found == live or (found[0] == "Copied" and found[1] == 0 and found[2] > 0), step
        if found != live:
            with app.app_context(), transaction():
                held.send(list(held.rows()))
            call(app, "Live")
        live = stands(app, clock)
        clock.go_on(seconds=2)
        step += 1
    assert step > 3
    assert stands(app, clock)[:2] == ("Copied", 0)


def killed_at(step: int, do: Callable[[], object], app: Flask) -> bool:
    """In a process of its own. False: it came to its end before that."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    left = step

    def hook(event: str, _: object) -> None:
        nonlocal left
        if event in STEPS:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    try:
        with app.app_context():
            sys.addaudithook(hook)
            do()
    except BaseException:
        os._exit(1)
    os._exit(0)
