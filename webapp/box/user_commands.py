"""`flask --app wsgi user …`: who there is, and what changes about them."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext

from webapp.access import passwords
from webapp.box import accounts
from webapp.box.accounts import CONSOLE
from webapp.box.refusals import refusals, settings, where
from webapp.db import transaction
from webapp.services import accounts as services
from webapp.services import sign_ins

user = AppGroup("user", help="The people who sign in.")
new_password = click.password_option(help="Asked for when not given.")
POST = click.Choice(services.POSTS)


@user.command("list")
@with_appcontext
def list_users() -> None:
    """Everybody, those who left too."""
    with refusals():
        everybody = list(accounts.everybody())
    for each in everybody:
        marks = [*(["admin"] if each.is_admin else []), *([] if each.is_active else ["deactivated"])]
        click.echo(
            "  ".join([f"{each.email:<32}", f"{each.name:<24}", ", ".join([*marks, *each.departments])]).rstrip()
        )
    click.echo(f"{len(everybody)} people in {where()}.")


@user.command("show")
@click.argument("email")
@with_appcontext
def show_user(email: str) -> None:
    """One person: rights, place, when last seen."""
    with refusals():
        (found,) = accounts.everybody(email)
    click.echo(f"{found.email}: {found.name}")
    click.echo("admin: " + ("yes" if found.is_admin else "no") + ", active: " + ("yes" if found.is_active else "no"))
    click.echo(
        "departments: " + (", ".join(found.departments) or "none") + "; " + (", ".join(found.posts) or "no post")
    )
    click.echo("last seen: " + (f"{found.seen_at:%Y-%m-%d %H:%M} UTC" if found.seen_at else "never"))
    click.echo(f"in {where()}")


@user.command("add")
@click.argument("email")
@click.option("--name", prompt=True)
@click.option("--admin", is_flag=True, help="May set up everything.")
@click.option("--department", metavar="KEY", help="Where this person works.")
@click.option("--post", type=POST, help="Over that department.")
@new_password
@with_appcontext
def add_user(email: str, name: str, admin: bool, department: str | None, post: str | None, password: str) -> None:
    """Somebody new."""
    with refusals():
        password_hash = passwords.hashed_new(password)
        with transaction():
            home = accounts.department_id(department)
            services.add(email, name, password_hash, CONSOLE, is_admin=admin, department_id=home, post=post)
    click.echo(f"{email} may sign in, in {where()}.")


@user.command("password")
@click.argument("email")
@new_password
@with_appcontext
def set_password(email: str, password: str) -> None:
    """A new password; every browser of this person is signed out, every token ends."""
    with refusals():
        password_hash = passwords.hashed_new(password)
        with transaction():
            sign_ins.set_password(accounts.user_id(email), password_hash, CONSOLE)
    click.echo(f"{email} has a new password and is signed out everywhere; tokens have ended, in {where()}.")


@user.command("link")
@click.argument("email")
@with_appcontext
def give_link(email: str) -> None:
    """Print a link by which this person sets a password: it works once, for seven days."""
    with refusals(), transaction():
        secret = sign_ins.give_link(accounts.user_id(email), CONSOLE)
    click.echo(f"For {email}, in {where()}:", err=True)
    click.echo(f"{settings().url}/links/{secret}")


@user.command("deactivate")
@click.argument("email")
@with_appcontext
def deactivate_user(email: str) -> None:
    """Nobody signs in by this address any more; what was done by it stays."""
    with refusals(), transaction():
        open_deals = services.deactivate(accounts.user_id(email), CONSOLE)
    left = f" {open_deals} open deals need another responsible." if open_deals else ""
    click.echo(f"{email} is signed out and can no longer sign in, in {where()}.{left}")


@user.command("activate")
@click.argument("email")
@with_appcontext
def activate_user(email: str) -> None:
    """Somebody who was deactivated signs in again."""
    with refusals(), transaction():
        is_new = services.activate(accounts.user_id(email), CONSOLE)
    click.echo(f"{email} may sign in {'again' if is_new else 'as before: nothing was changed'}, in {where()}.")


@user.command("admin")
@click.argument("email")
@click.option("--revoke", is_flag=True, help="Take it away.")
@with_appcontext
def admin_user(email: str, revoke: bool) -> None:
    """May set up everything; or no more."""
    with refusals(), transaction():
        is_new = services.set_admin(accounts.user_id(email), CONSOLE, is_admin=not revoke)
    now = f"{'no' if revoke else 'an'} admin"
    click.echo(f"{email} is {now}{'' if is_new else ' as before: nothing was changed'}, in {where()}.")


@user.command("email")
@click.argument("email")
@click.argument("new")
@with_appcontext
def email_user(email: str, new: str) -> None:
    """Another address to sign in by."""
    with refusals(), transaction():
        new = services.set_email(accounts.user_id(email), new, CONSOLE)
    click.echo(f"{email} signs in as {new} from now on, in {where()}.")


@user.command("department")
@click.argument("email")
@click.argument("key")
@click.option("--post", type=POST, help="Over that department.")
@with_appcontext
def department_user(email: str, key: str, post: str | None) -> None:
    """Another department, instead of those of before."""
    with refusals(), transaction():
        home = accounts.department_id(key)
        assert home is not None
        services.set_department(accounts.user_id(email), home, post, CONSOLE)
    click.echo(f"{email} works in {key}, in {where()}. Deals stay where they are until they are handed over.")
