"""`flask --app wsgi runs …`: what a wrong clock has counted is counted again."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from webapp.background import clock_jumps
from webapp.box.accounts import CONSOLE
from webapp.box.refusals import refusals, settings, where
from webapp.services import jumps

runs = AppGroup("runs", help="What robots wait to do.")


@runs.command("count-again")
@with_appcontext
def count_again() -> None:
    """Runs and terms that were counted by a clock which has been put right since: they are due as if it had been
    right."""
    with refusals():
        found = jumps.count_again(clock_jumps.file_in(settings().data), CONSOLE)
    also = f" and {found.terms} terms of tasks and of Important now" if found.terms else ""
    click.echo(f"{found.runs} runs{also} are counted again, in {where()}.")
