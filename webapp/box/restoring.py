"""A backup put in the place of the firm: made fit for this Dozor, and what was due in it held, before it can fire.

A file is made ready beside its place. A PostgreSQL is replaced in one transaction of its own program, which leaves a
mark; as long as that stands, whoever starts Dozor, also after a restore that was killed, holds first.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.background import held
from webapp.box import backup, dumps
from webapp.config import ConfigError, Settings, database_address
from webapp.db import session, transaction
from webapp.migrations import upgrades

MARKED = text("SELECT obj_description(to_regclass('public.alembic_version'), 'pg_class')")
UNMARK = text("COMMENT ON TABLE public.alembic_version IS NULL")


def restore(app: Flask, source: Path, *, force: bool) -> tuple[Path | None, int]:
    """Where what was here is kept, and how many rows of work are held. Raises BackupError and ConfigError."""
    settings: Settings = app.config["SETTINGS"]
    count = 0

    def ready(making: Path) -> None:
        nonlocal count
        count = _make_ready(making)

    kept = backup.restore(
        settings.database_url,
        source,
        force=force,
        now=clock.now(),
        keep_in=settings.data / "backups",
        ready=ready,
        known=upgrades.must_be_known,
    )
    if settings.is_sqlite:
        return kept, count
    try:
        upgrades.upgrade(app)
        return kept, hold_restored()
    except (ConfigError, SQLAlchemyError) as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        beside = f" What was here is kept in {kept}." if kept else ""
        raise backup.BackupError(f"the copy is in place, and not ready: {first}{beside}") from None


def _make_ready(making: Path) -> int:
    url = database_address(None, making.parent).rpartition("/")[0] + f"/{making.name}"
    upgrades.upgrade_copy(url)
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            return held.hold_due_in(connection)
    finally:
        engine.dispose()


def hold_restored() -> int:
    """In an application's context, before anything is done: where a restore has left its mark, what is due is held and
    the mark goes, in one transaction. How many there were."""
    if session().get_bind().dialect.name == "sqlite":
        return 0
    is_marked = session().scalar(MARKED) == dumps.RESTORED
    session().close()
    if not is_marked:
        return 0
    with transaction() as current:
        count = held.hold_due_in(current.connection())
        current.execute(UNMARK)
    return count
