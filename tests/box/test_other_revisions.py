"""A command of this Dozor and a database of another one: between `git pull` and the start, or after a step back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from tests.box.test_owners_commands import EVERY, words_of
from webapp.box.refusals import OF_ANY_DATABASE
from webapp.db import db

Type = Callable[..., Result]


@pytest.fixture
def stands_at(app: Flask) -> Callable[[str], None]:
    def stand(revision: str) -> None:
        with app.app_context(), db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": revision})
        with app.app_context():
            db.engine.dispose()

    return stand


@pytest.mark.parametrize(
    ("revision", "mend"),
    [("0012", "Start Dozor once: it migrates, after a backup."), ("9999", "It is of a newer Dozor")],
)
@pytest.mark.parametrize("name", sorted(EVERY.keys() - OF_ANY_DATABASE))
def test_a_command_leaves_a_database_of_another_dozor_alone(
    app: Flask, tmp_path: Path, stands_at: Callable[[str], None], name: str, revision: str, mend: str
) -> None:
    """It would do a part of its work and stumble over a column, or write what the other Dozor cannot read."""
    (tmp_path / "setup.json").write_text("{}")
    stands_at(revision)
    before = (tmp_path / "dozor.db").read_bytes()
    done = app.test_cli_runner().invoke(args=words_of(name, tmp_path))
    assert done.exit_code == 1, done.output
    assert (revision in done.output, mend in done.output) == (True, True), done.output
    assert (tmp_path / "dozor.db").read_bytes() == before


def test_a_backup_is_made_of_any_database(app: Flask, tmp_path: Path, stands_at: Callable[[str], None]) -> None:
    """It is what one wants before a step that may go wrong."""
    stands_at("0012")
    done = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "copy.db")])
    assert done.exit_code == 0, done.output
