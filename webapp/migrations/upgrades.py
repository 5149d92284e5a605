"""The database brought to today's shape: an empty one gets its tables, an older one its changes, after a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine, event, inspect, select, text

from webapp import clock
from webapp.box import backup
from webapp.config import ConfigError, Settings
from webapp.db import db, prepare
from webapp.models import ColumnChange, Firm, FoundingCode, column_totals

FOLDER = Path(__file__).parent
ADVISORY_LOCK = 0x646F7A6F72  # the key of PostgreSQL's lock while a box migrates


def upgrade(app: Flask, to: str | None = None) -> bool:
    """Bring the database of `app` to the newest revision, or to the one named. False: it was there already.
    Raises ConfigError."""
    settings: Settings = app.config["SETTINGS"]
    with _connected(settings.database_url) as connection:
        before, wanted = revision(connection), to or script().get_current_head()
        if before == wanted:
            return False
        must_be_known(before)
        kept = _keep(settings, before) if before is not None else None
        try:
            _apply(connection, wanted or "head")
        except BaseException:
            if kept is not None:  # nothing is changed, and each further start would leave a whole copy more
                kept.unlink(missing_ok=True)
            raise
    return True


def upgrade_copy(url: str) -> None:
    """The same for a copy that is not in place yet: it is made from what is kept, so nothing more is. Raises
    ConfigError."""
    with _connected(url) as connection:
        before = revision(connection)
        must_be_known(before)
        if before != script().get_current_head():
            _apply(connection, "head")


NEWER = "Bring the code up to date, or put back the backup from before the upgrade."
BROKEN = "Start the Dozor of before, or put back a backup: `flask --app wsgi restore FILE`; then upgrade again."


def must_be_known(found: str | None) -> None:
    """Raises ConfigError for a revision that this Dozor does not know."""
    if found is not None and found not in {each.revision for each in script().walk_revisions()}:
        raise ConfigError(f"the database is of another Dozor, perhaps a newer one: it is at revision {found}. {NEWER}")


def must_be_of_today(named: str) -> None:
    """In the open context: raises ConfigError for the database of an older or a newer Dozor, of which this one knows
    neither what stands there nor what may. One without any revision is said to be empty by whoever reads it."""
    with db.engine.connect() as connection:
        found = revision(connection)
    newest = script().get_current_head()
    if found is None or found == newest:
        return
    if found in {each.revision for each in script().walk_revisions()}:
        mend = "Start Dozor once: it migrates, after a backup."
    else:
        mend = f"It is of a newer Dozor. {NEWER}"
    raise ConfigError(f"the database {named} is at revision {found}, this Dozor needs {newest}. {mend}")


def is_empty(app: Flask) -> bool:
    """Whether no firm lives here yet; a file that is missing is not made."""
    return not _has_any(app, Firm)


def is_begun(app: Flask) -> bool:
    """Whether a firm of one's own was chosen here, and waits to be begun by its code."""
    return _has_any(app, FoundingCode)


def _has_any(app: Flask, model: type[Firm | FoundingCode]) -> bool:
    settings: Settings = app.config["SETTINGS"]
    if settings.is_sqlite and not backup.file_of(settings.database_url).exists():
        return False
    with _connected(settings.database_url) as connection:
        if not inspect(connection).has_table(model.__tablename__):
            return False
        return connection.execute(select(model.id).limit(1)).first() is not None


def revision(connection: Connection) -> str | None:
    """The revision that a database is at; None for one without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection of its own, in one transaction that may write.

    SQLite rebuilds a table to change it, which a foreign key would take for a deletion: they are off meanwhile.
    """
    engine = create_engine(url, poolclass=NullPool)
    prepare(engine, may_make_file=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection
    engine.dispose()


def _keep(settings: Settings, before: str) -> Path | None:
    """The copy."""
    if settings.migrates_without_backup:
        return None
    tail = "db" if settings.is_sqlite else "dump"
    target = settings.data / "backups" / f"before-migration-{before}-{clock.now():%Y%m%dT%H%M%S.%f}.{tail}"
    try:
        backup.backup(settings.database_url, target)
    except backup.BackupError as error:
        raise ConfigError(
            f"no backup, so nothing was migrated: {error} "
            "(Or make one by other means, and start once with DOZOR_WITHOUT_BACKUP=1.)"
        ) from None
    return target


def _apply(connection: Connection, wanted: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    try:
        command.upgrade(_config(connection), wanted)
    except CommandError as error:
        raise ConfigError(f"the database is of another Dozor, perhaps a newer one: {error}. {NEWER}") from None
    if inspect(connection).has_table(ColumnChange.__tablename__):
        column_totals.install(connection)
        column_totals.recount(connection)
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise ConfigError(f"a row of {broken[0]} points nowhere after the migration: nothing was changed. {BROKEN}")
