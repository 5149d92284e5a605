"""`flask --app wsgi user …`: who there is, and what changes about them."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from webapp.box import account_changes, accounts
from webapp.box.refusals import refusals, where


def add_to(user: click.Group) -> None:
    """The group learns these commands."""
    for each in (list_users, show_user, activate_user, admin_user, email_user, department_user):
        user.add_command(each)


@click.command("list")
@with_appcontext
def list_users() -> None:
    """Everybody, those who left too."""
    with refusals():
        everybody = list(account_changes.everybody())
    for each in everybody:
        marks = [*(["admin"] if each.is_admin else []), *([] if each.is_active else ["deactivated"])]
        click.echo(
            "  ".join([f"{each.email:<32}", f"{each.name:<24}", ", ".join([*marks, *each.departments])]).rstrip()
        )
    click.echo(f"{len(everybody)} people in {where()}.")


@click.command("show")
@click.argument("email")
@with_appcontext
def show_user(email: str) -> None:
    """One person: rights, place, when last seen."""
    with refusals():
        (found,) = account_changes.everybody(email)
    click.echo(f"{found.email}: {found.name}")
    click.echo("admin: " + ("yes" if found.is_admin else "no") + ", active: " + ("yes" if found.is_active else "no"))
    click.echo(
        "departments: " + (", ".join(found.departments) or "none") + "; " + (", ".join(found.posts) or "no post")
    )
    click.echo("last seen: " + (f"{found.seen_at:%Y-%m-%d %H:%M} UTC" if found.seen_at else "never"))


@click.command("activate")
@click.argument("email")
@with_appcontext
def activate_user(email: str) -> None:
    """Somebody who was deactivated signs in again."""
    with refusals():
        account_changes.activate(email)
    click.echo(f"{email} may sign in again, in {where()}.")


@click.command("admin")
@click.argument("email")
@click.option("--revoke", is_flag=True, help="Take it away.")
@with_appcontext
def admin_user(email: str, revoke: bool) -> None:
    """May set up everything; or no more."""
    with refusals():
        account_changes.set_admin(email, is_admin=not revoke)
    click.echo(f"{email} is {'no admin any more' if revoke else 'an admin'}, in {where()}.")


@click.command("email")
@click.argument("email")
@click.argument("new")
@with_appcontext
def email_user(email: str, new: str) -> None:
    """Another address to sign in by."""
    with refusals():
        new = account_changes.set_email(email, new)
    click.echo(f"{email} signs in as {new} from now on, in {where()}.")


@click.command("department")
@click.argument("email")
@click.argument("key")
@click.option("--post", type=click.Choice(accounts.POSTS), help="Over that department.")
@with_appcontext
def department_user(email: str, key: str, post: str | None) -> None:
    """Another department, instead of those of before."""
    with refusals():
        account_changes.set_department(email, key, post)
    click.echo(f"{email} works in {key}, in {where()}. Deals stay where they are until they are handed over.")
