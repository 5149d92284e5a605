"""Migrations lead an empty database to exactly the tables of the models, and an old one there after a backup."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, NullPool, create_engine, delete, insert, inspect, text

from tests.conftest import TUESDAY
from tests.rows import reflected, rows_of
from webapp import seeds
from webapp.box import backup
from webapp.config import ConfigError
from webapp.db import Base, db
from webapp.migrations import upgrades


@pytest.mark.both_databases
def test_an_empty_database_gets_exactly_the_tables_of_the_models(bare: Flask) -> None:
    assert upgrades.is_empty(bare)
    assert upgrades.upgrade(bare)
    engine = create_engine(bare.config["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(found, Base.metadata) == []
    engine.dispose()


@pytest.mark.both_databases
def test_indexes_over_a_part_of_a_table_are_partial(bare: Flask) -> None:
    upgrades.upgrade(bare)
    engine = create_engine(bare.config["SQLALCHEMY_DATABASE_URI"])
    partial = {
        index["name"]
        for table in Base.metadata.sorted_tables
        for index in inspect(engine).get_indexes(table.name)
        if any(option.endswith("_where") for option in index.get("dialect_options", {}))
    }
    engine.dispose()
    wanted = {
        index.name
        for table in Base.metadata.sorted_tables
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert partial == wanted


@pytest.mark.both_databases
def test_a_firm_lives_in_a_migrated_database(bare: Flask) -> None:
    upgrades.upgrade(bare)
    assert upgrades.is_empty(bare)
    with bare.app_context():
        seeds.lesson("en", with_deals=False)
    assert not upgrades.is_empty(bare)
    assert not upgrades.upgrade(bare), "a second start finds nothing to do"


@pytest.mark.both_databases
def test_an_older_database_is_kept_before_it_is_migrated(
    bare: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrades.upgrade(bare)
    with bare.app_context():
        seeds.lesson("en", with_deals=False)
    newest = upgrades.script().get_current_head()
    monkeypatch.setattr(upgrades, "FOLDER", _with_another_revision(tmp_path))
    assert upgrades.upgrade(bare)
    (kept,) = (tmp_path / "backups").glob(f"before-migration-{newest}-*")
    assert kept.stat().st_mode & 0o077 == 0
    url = bare.config["SQLALCHEMY_DATABASE_URI"]
    with bare.app_context():
        db.engine.dispose()
    backup.restore(url, kept, force=True, now=TUESDAY, keep_in=tmp_path / "backups")
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM app_user")).scalar() == 7
        assert upgrades.revision(connection) == newest
    assert upgrades.upgrade(bare), "and what is back is migrated again"


@pytest.mark.postgres
def test_without_a_backup_a_postgresql_is_migrated_only_when_told_so(
    bare: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    upgrades.upgrade(bare)
    before = upgrades.script().get_current_head()
    monkeypatch.setattr(upgrades, "FOLDER", _with_another_revision(tmp_path))
    with pytest.raises(ConfigError, match=r"pg_dump is not on PATH.*DOZOR_WITHOUT_BACKUP=1"):
        upgrades.upgrade(bare)
    assert revision_of(bare) == before
    bare.config["SETTINGS"] = replace(bare.config["SETTINGS"], migrates_without_backup=True)
    assert upgrades.upgrade(bare)
    assert revision_of(bare) == "9000"


def revision_of(app: Flask) -> str | None:
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
    with engine.connect() as connection:
        return upgrades.revision(connection)


OLDER = [each.revision for each in upgrades.script().walk_revisions()][1:]
# The two newest, every fourth before, the first: each step from any of them on is taken by one of these as well.
SOME = OLDER if "EVERY_REVISION" in os.environ else sorted({*OLDER[:2], *OLDER[2::4], OLDER[-1]})
ON_BOTH = SOME if "EVERY_REVISION" in os.environ else SOME[::3]
BETWEEN = sorted({*SOME} - {*ON_BOTH}) or SOME[:1]


@pytest.mark.both_databases
@pytest.mark.parametrize("old", ON_BOTH)
def test_a_firm_of_every_earlier_dozor_comes_along_whole(bare: Flask, old: str) -> None:
    """Whatever that revision knew of the lesson's firm is there after the upgrade, row by row; so are the counts."""
    comes_along(bare, old)


@pytest.mark.parametrize("old", BETWEEN)
def test_so_it_does_from_those_between(bare: Flask, old: str) -> None:
    comes_along(bare, old)


def comes_along(bare: Flask, old: str) -> None:
    engine = create_engine(bare.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
    firm = lesson_of_today(bare, engine)
    upgrades.upgrade(bare, to=old)
    older = pour(engine, firm)
    assert upgrades.upgrade(bare)
    now = unfolded(rows_of(engine))
    for name, columns in older.items():
        assert narrowed(now[name], columns) == narrowed(firm[name], columns), name
    assert now["column_total"] == firm["column_total"]
    assert [each["country"] for each in now["firm"]] == ["RU"], "known by its calendar"


_lessons: dict[str, dict[str, list[dict[str, Any]]]] = {}


def lesson_of_today(bare: Flask, engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """The rows of the lesson's firm, founded once for each kind of database; the database is empty again."""
    kind = engine.dialect.name
    if kind not in _lessons:
        upgrades.upgrade(bare)
        with bare.app_context():
            seeds.lesson("en")
            db.session.remove()
            db.engine.dispose()
        _lessons[kind] = unfolded(rows_of(engine))
        assert len(_lessons[kind]["deal"]) > 20
        make_empty(engine)
    return _lessons[kind]


def unfolded(firm: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Each run with its robot's definition, as older revisions kept it."""
    bodies = {each["id"]: each["body"] for each in firm["robot_definition"]}
    for run in firm["robot_run"]:
        run["definition"] = bodies[run["definition_id"]]
    return firm


def make_empty(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            return
        for name in (
            connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
            )
            .scalars()
            .all()
        ):
            connection.exec_driver_sql(f"DROP TABLE {name}")


def pour(engine: Engine, firm: dict[str, list[dict[str, Any]]]) -> dict[str, set[str]]:
    """As much of a firm as these tables hold; which columns those are."""
    tables = reflected(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")  # rows come in no order
        for each in sorted(tables, key=lambda table: table.name == "column_total"):
            if each.name == "column_total":
                connection.execute(delete(each))  # what triggers have counted while deals were poured
            if rows := narrowed(firm.get(each.name, []), set(each.columns.keys())):
                connection.execute(insert(each), rows)
    return {each.name: set(each.columns.keys()) for each in tables if each.name in firm}


def narrowed(rows: list[dict[str, Any]], columns: set[str]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name in columns} for row in rows]


def test_a_database_of_a_newer_dozor_is_left_alone(bare: Flask, tmp_path: Path) -> None:
    upgrades.upgrade(bare)
    engine = create_engine(bare.config["SQLALCHEMY_DATABASE_URI"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for _ in range(2):
        with pytest.raises(ConfigError, match="newer"):
            upgrades.upgrade(bare)
    engine.dispose()
    assert copies(tmp_path) == [], "however often it is started"


@pytest.mark.both_databases
def test_a_migration_that_fails_leaves_all_as_it_was_and_no_copy_each_time(
    bare: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrades.upgrade(bare)
    before = revision_of(bare)
    folder = _with_another_revision(tmp_path)
    added = folder / "versions" / "9000_nicknames.py"
    added.write_text(f"{added.read_text()}    raise RuntimeError('half way')\n")
    monkeypatch.setattr(upgrades, "FOLDER", folder)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="half way"):
            upgrades.upgrade(bare)
    assert (revision_of(bare), copies(tmp_path)) == (before, [])


def copies(folder: Path) -> list[str]:
    return [each.name for each in (folder / "backups").glob("*")]


def _with_another_revision(folder: Path) -> Path:
    """The migrations as they are, and one more."""
    copy = folder / "migrations"
    (copy / "versions").mkdir(parents=True)
    (copy / "env.py").write_text((upgrades.FOLDER / "env.py").read_text())
    for each in (upgrades.FOLDER / "versions").glob("0*.py"):
        (copy / "versions" / each.name).write_text(each.read_text())
    newest = upgrades.script().get_current_head()
    (copy / "versions" / "9000_nicknames.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f"revision = '9000'\ndown_revision = {newest!r}\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('app_user') as people:\n"
        "        people.add_column(sa.Column('nickname', sa.String()))\n"
        "        people.alter_column('phone', new_column_name='telephone')\n"
    )
    return copy
