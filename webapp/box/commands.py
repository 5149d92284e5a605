"""What an owner types: `flask --app wsgi …`. Plain English; a refusal is one line and exit 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp import clock, seeds
from webapp.access import passwords
from webapp.background import backup_marks
from webapp.box import (
    backup,
    conversion,
    doctor,
    firm_commands,
    held_commands,
    locks,
    restoring,
    run_commands,
    setup_commands,
    token_commands,
    user_commands,
)
from webapp.box.refusals import refusals, settings, where
from webapp.config import LOCALES, UNUSED
from webapp.db import db
from webapp.migrations import upgrades
from webapp.seeds.words import NEW_FIRM
from webapp.services import accounts
from webapp.services.founding import FirmDraft
from webapp.snapshots import setups

WORDS = {doctor.OK: "green", doctor.NOTE: "cyan", doctor.LATE: "yellow", doctor.WRONG: "red"}


@click.command("init")
@click.option("--lesson/--empty", default=True, help="The lesson's firm with its deals, or a firm with one admin.")
@click.option("--locale", type=click.Choice(LOCALES), help="The firm's language; DOZOR_LOCALE when not given.")
@click.option("--email", help="Of the admin of an empty firm.")
@click.option("--name", help="Of the admin of an empty firm.")
@click.option("--password", help="Of the admin of an empty firm; asked for when not given.")
@click.option("--firm", metavar="NAME", help="Of an empty firm: its name; like the next three it can be changed later.")
@click.option("--timezone", help="Of an empty firm, as Europe/Moscow; DOZOR_TIMEZONE when not given.")
@click.option("--country", metavar="CODE", help="Of an empty firm, as DE, or another; else the time zone's.")
@click.option("--currency", metavar="CODE", help="Of an empty firm, as EUR; that of the country when not given.")
@click.option("--over-lesson", is_flag=True, help="With --empty: in the place of the lesson's firm, after a backup.")
@with_appcontext
def init(lesson: bool, locale: str | None, over_lesson: bool, **asked: str | None) -> None:
    """Make the tables and a firm in them."""
    with refusals():
        upgrades.upgrade(current_app)
        is_over = over_lesson and not lesson and not upgrades.is_empty(current_app)
        if not is_over and not upgrades.is_empty(current_app):
            raise click.ClickException(f"a firm lives in {where()} already: nothing was changed.")
        if not is_over:  # Redis may not run yet; the ticker arms what is due
            current_app.extensions["dozor.breaker"].until = math.inf
        said = _lesson(locale) if lesson else _own_firm(locale, is_over, asked)
        (settings().data / UNUSED).unlink(missing_ok=True)
    click.echo(said)


def _lesson(locale: str | None) -> str:
    seeds.lesson(locale or settings().locale)
    return f"The lesson's firm is ready in {where()}. Everybody's password is lesson: admin@dozor.example, rep1@…"


def _own_firm(locale: str | None, is_over: bool, asked: Mapping[str, str | None]) -> str:
    """What is not given is asked for, or follows from the settings."""
    locale = locale or settings().locale
    email = accounts.address(asked["email"] or click.prompt("The admin's e-mail"))
    name = asked["name"] or click.prompt("The admin's name")
    password = asked["password"] or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    passwords.check_length(password)
    firm = _firm(asked["firm"] or NEW_FIRM[locale], locale, asked)
    if is_over:
        _keep_the_lesson()
    seeds.empty(locale, email, name, password, firm=firm, is_over_lesson=is_over)
    return f"The firm is ready in {where()}: sign in as {email}."


def _firm(name: str, locale: str, asked: Mapping[str, str | None]) -> FirmDraft:
    """A zone of no country says nothing of where the firm is, nor of its money; the page lets one choose these too."""
    zone, country, currency = (asked[each] or "" for each in ("timezone", "country", "currency"))
    if seeds.draft(name, locale, zone, currency, country).country == "":
        country = click.prompt("The firm's country, two letters as DE, or another")
    if seeds.draft(name, locale, zone, currency, country).currency == "":
        currency = click.prompt("Its currency, three letters as EUR")
    return seeds.draft(name, locale, zone, currency, country)


def _keep_the_lesson() -> None:
    """A copy, before all of it goes."""
    if not setups.current().firm.is_lesson:
        raise click.ClickException(f"the firm in {where()} is not the lesson's: nothing was changed.")
    db.session.remove()
    tail = "db" if settings().is_sqlite else "dump"
    kept = settings().data / "backups" / f"before-own-firm-{clock.now():%Y%m%dT%H%M%S.%f}.{tail}"
    backup.backup(settings().database_url, kept)
    click.echo(f"The lesson's firm is kept in {kept}.")


@click.command("doctor")
@with_appcontext
@click.pass_context
def examine(context: click.Context) -> None:
    """What is up, late, wrong, and what to do; exit 1 when ill."""
    found = list(doctor.examine(current_app))
    for each in found:
        click.echo(f"{click.style(f'{each.state:>5}', fg=WORDS[each.state])}  {each.what}")
        if each.remedy:
            click.echo(f"       → {each.remedy}")
    if any(each.is_ill for each in found):
        context.exit(1)
    click.echo("All is well.")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def back_up(file: Path) -> None:
    """Copy the whole database into FILE while Dozor runs."""
    with refusals():
        folder = file.absolute().parent
        if not folder.is_dir() and settings().data not in folder.parents:  # it would be made, on the disk that breaks
            raise backup.BackupError(f"there is no folder {folder}: is its disk mounted? Nothing was copied.")
        backup.backup(settings().database_url, file)
        backup_marks.note(settings().data, clock.now())
    click.echo(f"{file}: {file.stat().st_size / 1024**2:.1f} MB, whole, of {where()}.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Also over a firm that lives here; the old file is kept.")
@with_appcontext
def put_back(file: Path, force: bool) -> None:
    """Put the database of FILE in place. Dozor must be stopped."""
    with refusals(), locks.on_folder(settings().data):
        db.session.remove()
        db.engine.dispose()
        kept, count = restoring.restore(current_app, file, force=force)
    if count:
        click.echo(f"{count} that were due before now are held, since they may have been done after the backup:")
        click.echo("`flask --app wsgi held list`, then `held send` or `held drop`.")
    click.echo(f"Restored into {where()}." + (f" What was here is kept in {kept}." if kept else ""))


@click.command("convert")
@click.argument("url", metavar="DATABASE_URL")
@with_appcontext
def convert(url: str) -> None:
    """Copy the firm into the empty database at DATABASE_URL: SQLite to PostgreSQL, or back. Dozor must be stopped."""
    with refusals(), locks.on_folder(settings().data):
        db.session.remove()
        db.engine.dispose()
        counts = conversion.convert(settings(), url)
    click.echo(f"{sum(counts.values())} rows of {len(counts)} tables are there, compared one by one:")
    click.echo(", ".join(f"{count} {name}" for name, count in counts.items() if count))
    click.echo(f"Start Dozor with that DATABASE_URL from now on. {where()} was only read, and stays as it is.")


COMMANDS: tuple[click.Command, ...] = (
    init,
    user_commands.user,
    token_commands.token,
    firm_commands.firm,
    setup_commands.setup,
    examine,
    back_up,
    put_back,
    convert,
    held_commands.held,
    run_commands.runs,
)
