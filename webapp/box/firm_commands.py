"""`flask --app wsgi firm …`: facts of the firm that no page asks for yet."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from webapp.box.accounts import CONSOLE
from webapp.box.refusals import refusals, where
from webapp.db import transaction
from webapp.services import firms

firm = AppGroup("firm", help="The firm itself.")


@firm.command("country")
@click.argument("code")
@with_appcontext
def set_country(code: str) -> None:
    """In which country the firm is, as DE: phone numbers without a country code are read as numbers of it."""
    with refusals(), transaction():
        country = firms.set_country(code, CONSOLE)
    click.echo(f"The firm in {where()} is in {country}. Numbers that are kept already stay as they are.")
