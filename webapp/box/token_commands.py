"""`flask --app wsgi token …`: keys to the API."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from webapp.box import accounts
from webapp.box.accounts import CONSOLE
from webapp.box.refusals import refusals, where
from webapp.db import transaction
from webapp.services import sign_ins, webhooks

token = AppGroup("token", help="Keys to the API.")


@token.command("add")
@click.option("--user", "email", required=True, metavar="EMAIL", help="Whom the token acts as.")
@click.option("--name", default="console", show_default=True, help="What it is for.")
@click.option("--reply-url", default="", metavar="URL", help="Where replies go to inquiries that come by it.")
@with_appcontext
def add(email: str, name: str, reply_url: str) -> None:
    """Print a new token, once: it cannot be shown again; below it, with --reply-url, what replies are signed with."""
    with refusals(), transaction():
        secret = sign_ins.add_token(accounts.user_id(email), name, CONSOLE)
        signing = webhooks.answer_to(secret, reply_url, CONSOLE) if reply_url else ""
    click.echo(f"A token of {email}, in {where()}:", err=True)  # beside what a script reads
    click.echo("\n".join(filter(None, (secret, signing))))


@token.command("list")
@click.option("--user", "email", metavar="EMAIL", help="Of this person only.")
@with_appcontext
def show(email: str | None) -> None:
    """Those that open something: number, whose, what for, when last used. Never the secret."""
    with refusals():
        found = accounts.tokens(email)
    for row, owner in found:
        used = f"last used {row.used_at:%Y-%m-%d %H:%M} UTC" if row.used_at else "never used"
        click.echo(f"{row.id:>5}  {owner:<32}  {row.name:<24}  made {row.created_at:%Y-%m-%d}, {used}")
    click.echo(f"{len(found)} tokens in {where()}.")


@token.command("end")
@click.argument("number", type=int)
@with_appcontext
def end(number: int) -> None:
    """The token of this number opens nothing any more."""
    with refusals(), transaction():
        sign_ins.end_token(accounts.owner_of_token(number), number, CONSOLE)
    click.echo(f"Token {number} is ended, in {where()}.")
