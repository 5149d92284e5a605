"""`flask --app wsgi runs …`: what a wrong clock has counted is counted again."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import AppGroup, with_appcontext

from webapp.background import clock_jumps
from webapp.box.accounts import CONSOLE
from webapp.box.refusals import refusals, settings, where
from webapp.db import transaction
from webapp.services import runs as run_service

runs = AppGroup("runs", help="What robots wait to do.")


@runs.command("count-again")
@with_appcontext
def count_again() -> None:
    """Runs that were counted by a clock which has been put right since: they are due as if it had been right."""
    file, count = clock_jumps.file_in(settings().data), 0
    with refusals():
        # Killed before the note is forgotten it does nothing twice: a run that was put right is counted from elsewhere.
        with transaction():  # also when nothing is noted: a firm that is not there is said to be none
            for jump in clock_jumps.noted(file):
                count += run_service.shift(jump.counted_from, timedelta(seconds=jump.by), CONSOLE)
        clock_jumps.forget(file)
    click.echo(f"{count} runs are counted again, in {where()}.")
