"""What is up, what is late, what is wrong, and what to do about it. Looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import delete, false, func, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex

from rules import org
from webapp import clock
from webapp.access import passwords
from webapp.background import clock_jumps, heartbeats, held, lateness, outbox
from webapp.box import backup, banner, health_checks
from webapp.box.health_checks import LATE, NOTE, OK, WRONG, CheckResult
from webapp.config import Settings
from webapp.db import Base, db, session
from webapp.i18n import deliveries
from webapp.migrations import upgrades
from webapp.models import Address, Firm, Heartbeat, RobotRun, TaskFile, TaskFilePart, User
from webapp.queries import health
from webapp.seeds import people
from webapp.snapshots import reach, relocations, setups

PATIENCE_MS = 5000
CLOCKS_APART_SECONDS = 5
LATE_AFTER = timedelta(seconds=30)
RECENT = timedelta(days=1)
JUMPS_FOR = timedelta(days=7)
ROLES = {"worker": "robots are acted on by the ticker meanwhile, more slowly", "ticker": "late work is not caught up"}


def examine(app: Flask) -> Iterator[CheckResult]:
    """Everything in order of importance. Inside the application's context; stops where the rest makes no sense."""
    settings: Settings = app.config["SETTINGS"]
    now = clock.now()
    database = list(_database(settings))
    yield from database
    yield from health_checks.web(settings)
    yield from health_checks.redis_server(settings)
    yield from health_checks.disk(settings)
    yield from health_checks.files(settings)
    yield from health_checks.write_ahead_log(settings)
    yield from health_checks.losses(settings)
    if any(each.is_ill for each in database):
        return
    try:
        yield from _clocks(settings)
        yield from health_checks.backup(settings, now)
        yield from _open_doors(settings)
        yield from _work(settings, now)
        yield from _attached()
    except SQLAlchemyError as error:
        yield _unwell(settings, error)


def _attached() -> Iterator[CheckResult]:
    """Files of tasks of which something is not there."""
    held = func.coalesce(func.sum(func.length(TaskFilePart.content)), 0)
    broken = (
        select(TaskFile.name, TaskFile.task_id)
        .outerjoin(TaskFilePart, TaskFilePart.file_id == TaskFile.id)
        .group_by(TaskFile.id)
        .having(held != TaskFile.size)
        .order_by(TaskFile.id)
    )
    found = session().execute(broken).all()
    if found:
        named = ", ".join(f"{name} of task {task_id}" for name, task_id in found[:5])
        said = f"files: {len(found)} of tasks not whole ({named})"
        yield CheckResult(WRONG, said, "Take them from a backup: `flask --app wsgi restore` it in another folder.")


def _unwell(settings: Settings, error: SQLAlchemyError) -> CheckResult:
    first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if not settings.is_sqlite:
        remedy = "Start it, or put DATABASE_URL right; if it only reads, let it write again."
    elif "locked" in first:
        file = backup.file_of(settings.database_url)
        remedy = f"Some program holds it while it writes: `fuser {file}` names the process; end that one."
    elif "readonly" in first or "unable to open" in first:
        remedy = f"Let the user who runs Dozor write in {settings.data}, the folder and its files."
    else:
        remedy = "Stop Dozor and put the newest backup back: `flask --app wsgi restore FILE --force`."
    return CheckResult(WRONG, f"database: {first}", remedy)


def _database(settings: Settings) -> Iterator[CheckResult]:
    if settings.is_sqlite and not backup.file_of(settings.database_url).exists():
        said = f"database: there is no file {backup.file_of(settings.database_url)}"
        yield CheckResult(
            WRONG, said, "Put a backup back, or make a firm: `flask --app wsgi init --empty`, or `make run`."
        )
        return
    try:
        found = list(_tables(settings))
        yield from found
        if not any(each.is_ill for each in found):
            _can_write()
    except SQLAlchemyError as error:
        yield _unwell(settings, error)


def _can_write() -> None:
    """As every page does, but with less patience, and nothing is changed."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect().execution_options(writes=not is_sqlite) as connection:
        if is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_MS}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
        connection.execute(delete(Heartbeat).where(false()))
        connection.rollback()


def _clocks(settings: Settings) -> Iterator[CheckResult]:
    """Of this machine and of one that has the database. All else still makes sense: it goes by the database's."""
    if settings.is_sqlite:
        return
    theirs = session().execute(select(func.clock_timestamp())).scalar_one()
    apart = abs((clock.now() - theirs).total_seconds())
    if apart > CLOCKS_APART_SECONDS:
        said = f"clock: {_span(timedelta(seconds=apart))} away from the database's"
        yield CheckResult(WRONG, said, "Let both machines ask a time server: `timedatectl set-ntp true`.")


def _tables(settings: Settings) -> Iterator[CheckResult]:
    with db.engine.connect() as connection:
        found, newest = upgrades.revision(connection), upgrades.script().get_current_head()
        known = {each.revision for each in upgrades.script().walk_revisions()}
        has_firm = inspect(connection).has_table(Firm.__tablename__)
        firm = connection.execute(select(Firm.name, Firm.is_lesson)).first() if has_firm else None
    if found is None and not has_firm:
        yield CheckResult(
            WRONG,
            "database: empty, no firm lives here yet",
            "Run `flask --app wsgi init`, or `make run`; or put a backup back.",
        )
    elif found is not None and found not in known:
        said = f"database ({db.engine.dialect.name}): at revision {found}, of a newer Dozor than this ({newest})"
        yield CheckResult(WRONG, said, "Bring the code up to date, or put back the backup from before the upgrade.")
    elif found != newest:
        said = f"database ({db.engine.dialect.name}): at revision {found or 'none'}, this Dozor needs {newest}"
        yield CheckResult(WRONG, said, "Start Dozor: it migrates, after a backup.")
    elif firm is None:
        yield CheckResult(WRONG, "database: no firm lives here yet", "Run `flask --app wsgi init`, or `make run`.")
    else:
        place = settings.database_file or make_url(settings.database_url).render_as_string()
        yield CheckResult(OK, f"database ({db.engine.dialect.name}): {firm.name}, revision {found}, {place}")
        yield from _shape()
    if firm and firm.is_lesson:
        yield CheckResult(NOTE, "this is the lesson's firm: everybody knows its password", "Not for real clients.")


def _shape() -> Iterator[CheckResult]:
    """The tables are those of the models: a migration that was edited after it had landed is not run again."""
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        odd = [_said(each) for each in compare_metadata(found, Base.metadata)]
        lost = [
            str(CreateIndex(each[1]).compile(connection)).replace("\n", " ").strip()
            for each in compare_metadata(found, Base.metadata)
            if each[0] == "add_index"
        ]
    if odd:
        said = f"database: its tables are not those of this Dozor: {'; '.join(odd[:5])}"
        mend = (
            f"`{'; '.join(lost)}`" if lost else "Restore a backup of this version, or ask whoever changed them by hand."
        )
        yield CheckResult(WRONG, said, f"Make a backup, then let the database do: {mend}" if lost else mend)


def _said(difference: Any) -> str:
    """One difference as alembic gives it, in short."""
    first = difference[0] if isinstance(difference, list) else difference
    names = [str(getattr(each, "name", each)) for each in first[1:4] if each is not None]
    return f"{str(first[0]).replace('_', ' ')} {' '.join(names)}"


def _open_doors(settings: Settings) -> Iterator[CheckResult]:
    """The lesson's password at an address that others reach."""
    if not setups.current().firm.is_lesson or not health_checks.is_reached_by_others(settings):
        return
    rows = session().execute(select(User.email, User.password_hash).where(User.is_active).order_by(User.id))
    known = [email for email, password_hash in rows if passwords.is_right(password_hash, people.PASSWORD)]
    if known:
        said = f"{settings.url} may be reached by others, and everybody knows the password of {', '.join(known)}"
        yield CheckResult(WRONG, said, "For each: `flask --app wsgi user password EMAIL`, or `user deactivate EMAIL`.")


def _work(settings: Settings, now: datetime) -> Iterator[CheckResult]:
    for role, loss in ROLES.items():
        yield _alive(settings, role, loss, now)
    for kind, model in outbox.WORK_MODELS.items():
        yield from _late(kind, model, now)
        yield from _ended_badly(kind, model, "failed", now)
    yield from _channels(now)
    yield from _held()
    yield from _clock_jumps(settings, now)
    yield from _stranded()
    yield from _without_recipient(now)
    yield from _without_head(now)
    yield from _without_country()
    yield from _without_push_contact()
    session().close()


def _alive(settings: Settings, role: str, loss: str, now: datetime) -> CheckResult:
    at = heartbeats.last_seen((role,), now)
    if heartbeats.is_alive(at, now):
        return CheckResult(OK, f"{role}: alive")
    seen = f"not seen for {_span(now - at)}" if at is not None else "never seen"
    ahead = session().scalar(select(func.max(Heartbeat.at)).where(Heartbeat.role == role))
    if ahead is not None and ahead - now >= heartbeats.DEAD_AFTER:
        return CheckResult(
            WRONG,
            f"{role}: seen {_span(ahead - now)} in the future",
            "Put the clock of this machine right, or of the other.",
        )
    if role in banner.starting(settings.bind):  # since when, the web process knows
        return CheckResult(NOTE, f"{role}: is starting", "Ask again in half a minute.")
    return CheckResult(WRONG, f"{role}: {seen}; {loss}", f"Start Dozor; if it runs, look into the log of the {role}.")


def _late(kind: str, model: type[Any], now: datetime) -> Iterator[CheckResult]:
    count, oldest = lateness.count_late(model, now, LATE_AFTER)
    if oldest is not None:
        said = f"{count} of {kind} late, the oldest by {_span(now - oldest)}"
        yield CheckResult(LATE, said, "They are caught up once worker or ticker are alive.")


def _channels(now: datetime) -> Iterator[CheckResult]:
    for each in health.channels():
        if each.since is not None:
            name = f'{each.kind} "{each.name}"' if each.name else each.kind
            said = f"{name}: takes nothing for {_span(now - each.since)}: {deliveries.reason(each.trouble)}"
            yield CheckResult(WRONG, said, "Settings, Channels: mend it there, then send a test. Nothing is lost.")


def _clock_jumps(settings: Settings, now: datetime) -> Iterator[CheckResult]:
    """Of the last week, and those whose runs were not counted again."""
    for each in clock_jumps.noted(clock_jumps.file_in(settings.data)):
        if now - datetime.fromisoformat(each.at) > JUMPS_FOR and not each.counts:
            continue
        said = f"clock: it jumped by {each.by:+.0f} s at {each.at[:16]} UTC"
        if each.counts:
            names = ", ".join(map(str, each.runs[:20])) or "none"
            terms = f", {each.counts - len(each.runs)} terms besides" if each.counts > len(each.runs) else ""
            yield CheckResult(
                NOTE,
                f"{said}; {len(each.runs)} runs were counted by the wrong one: {names}{terms}",
                "Settings, Health has a button, or `flask --app wsgi runs count-again`: what still waits is counted"
                " again.",
            )
        else:
            yield CheckResult(NOTE, said, "Let the machine ask a time server: `timedatectl set-ntp true`.")


def _held() -> Iterator[CheckResult]:
    if count := len(list(held.rows())):
        said = f"{count} that were due before a restore are held, and not done"
        yield CheckResult(NOTE, said, "`flask --app wsgi held list`, then `held send` or `held drop`.")


def _ended_badly(kind: str, model: type[Any], state: str, now: datetime) -> Iterator[CheckResult]:
    rows = select(model.id, model.error).where(model.state == state, model.ended_at > now - RECENT)
    found = session().execute(rows.order_by(model.id.desc())).all()
    if found:
        said = f"{len(found)} of {kind} {state} within a day, the last: {(found[0].error or 'no reason kept')[:200]}"
        yield CheckResult(WRONG, said, "The log of the worker has the whole error.")


def _stranded() -> Iterator[CheckResult]:
    for stage, count in relocations.stranded():
        said = f"{count} deals stand on the archived stage {relocations.key_of(stage)}, on no board"
        remedy = "Settings, Versions, Archive: restore the stage and publish; archived again, it asks where they go."
        yield CheckResult(WRONG, said, remedy)


def _without_recipient(now: datetime) -> Iterator[CheckResult]:
    rows = select(func.count(RobotRun.id)).where(RobotRun.state == "no_recipient", RobotRun.ended_at > now - RECENT)
    if count := session().scalar(rows):
        said = f"{count} robot runs within a day found nobody to tell"
        yield CheckResult(WRONG, said, "Give the firm an active admin, and its departments heads or deputies.")


def _without_head(now: datetime) -> Iterator[CheckResult]:
    setup = setups.current()
    today = now.astimezone(ZoneInfo(setup.firm.time_zone)).date()
    names = [setup.people[each].name for each in org.reaches_only_fallback(setup.org, today)]
    if names:
        said = f"no head or deputy would be told about {', '.join(names)}: only the admins"
        yield CheckResult(NOTE, said, "If that is not meant, give their department, or one above it, a head or deputy.")


def _without_country() -> Iterator[CheckResult]:
    if setups.current().firm.country is None:
        said = "the firm's country is not known: phone numbers without a country code are refused"
        yield CheckResult(NOTE, said, "Name it: flask --app wsgi firm country DE")


def _without_push_contact() -> Iterator[CheckResult]:
    """Push services want somebody to write to."""
    is_used = session().scalar(select(Address.id).where(Address.kind == "push").limit(1)) is not None
    contact = reach.push_contact()
    if not is_used or contact.startswith("mailto:"):
        return
    said = "web push: no admin has a real e-mail address, so "
    if contact:
        said += f"push services are given {contact} to write to"
        yield CheckResult(NOTE, said, "Give an admin a real address: a site reads no letters.")
    else:
        said += "some push services take nothing"
        yield CheckResult(NOTE, said, "Give an admin a real address, or set DOZOR_URL to the site's own https address.")


def _span(length: timedelta) -> str:
    seconds = max(int(length.total_seconds()), 0)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
