"""`flask --app wsgi setup …`: the set-up as a file: written, planned, applied as the very plan that was looked at."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from rules import setup_documents
from webapp.box.accounts import CONSOLE
from webapp.box.refusals import refusals, where
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.i18n import consequences, setup_changes
from webapp.i18n import refusals as refusal_words
from webapp.services import setup_plans
from webapp.services.setup_plans import Plan
from webapp.snapshots import setup_documents as documents

setup = AppGroup("setup", help="The firm's set-up as a file.")


@setup.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def export(file: Path) -> None:
    """Write what is live into a file."""
    with refusals():
        file.write_text(setup_documents.text_of(documents.live()), encoding="utf-8")
    click.echo(f"The set-up of {where()} is in {file}.")


@setup.command("plan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def show_plan(file: Path) -> None:
    """Say what a file would change and touch; nothing is changed."""
    with refusals(), transaction():
        made = _plan(file)
        click.echo(f"Against {where()}:")
        for line in _lines(made):
            click.echo(line)
        session().delete(made.row)  # it was only looked at


@setup.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--expect", required=True, metavar="HASH", help="Of the plan that you have looked at.")
@click.option("--remedy", "chosen", multiple=True, metavar="ID=KEY", help="Where another than the default is wanted.")
@with_appcontext
def apply(file: Path, expect: str, chosen: tuple[str, ...]) -> None:
    """Make a file live, if that is still the plan that was looked at."""
    with refusals(), transaction():
        made = _plan(file)
        if made.row.hash != expect:
            raise Refused("stale_plan")
        answers = dict(each.rpartition("=")[::2] for each in chosen)
        number = setup_plans.apply(made.row.id, answers, CONSOLE).id
    click.echo(f"Version {number} is live, in {where()}.")


def _plan(file: Path) -> Plan:
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        raise click.ClickException(f"{file} is not a set-up file.") from None
    return setup_plans.of_setup(raw, CONSOLE, source={"via": "file"})


def _lines(made: Plan) -> list[str]:
    wrong = [f"wrong: {each.path}: {refusal_words.problem(each.code, each.facts)}" for each in made.problems]
    changes = setup_changes.changes(made.changes, made.after)
    asked = [
        f"{consequences.text(each, made.after)}\n  {each.id} = {' | '.join(one.key for one in each.remedies)}"
        f" ({each.chosen or 'choose one'})"
        for each in made.consequences
    ]
    return [*wrong, *(changes or ["Nothing would change."]), *asked, f"hash: {made.row.hash}"]
