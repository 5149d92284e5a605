"""`flask --app wsgi held …`: what a restore has held back is listed, sent or dropped."""

from __future__ import annotations

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select

from webapp.background import held as held_work
from webapp.background.held import Held
from webapp.box.refusals import refusals
from webapp.db import session
from webapp.models import Deal, RobotRun, Task, TaskAlarm

held = AppGroup("held", help="What was due before a restore, and waits for you.")
names = click.argument("names", nargs=-1)
everything = click.option("--all", "is_all", is_flag=True, help="All that is held.")


@held.command("list")
@with_appcontext
def list_held() -> None:
    """What is held, since when it was due, and of which deal."""
    with refusals():
        found = list(held_work.rows())
        for each in found:
            click.echo(f"{each.name:<12} due {each.due_at:%Y-%m-%d %H:%M} UTC  {_about(each)}")
    click.echo(f"{len(found)} held." + (" `held send` or `held drop` NAMES, or --all." if found else ""))


@held.command("send")
@names
@everything
@with_appcontext
def send_held(names: tuple[str, ...], is_all: bool) -> None:
    """Do it now, if its condition still holds."""
    with refusals():
        wanted = _wanted(names, is_all)
        held_work.send(wanted)
    click.echo(f"{len(wanted)} go on.")


@held.command("drop")
@names
@everything
@with_appcontext
def drop_held(names: tuple[str, ...], is_all: bool) -> None:
    """Never do it."""
    with refusals():
        wanted = _wanted(names, is_all)
        held_work.drop(wanted)
    click.echo(f"{len(wanted)} are called off.")


def _wanted(names: tuple[str, ...], is_all: bool) -> list[Held]:
    found = {each.name: each for each in held_work.rows()}
    unknown = [each for each in names if each not in found]
    if unknown or not (names or is_all):
        raise click.ClickException(f"not held: {', '.join(unknown)}." if unknown else "name them, or say --all.")
    return list(found.values()) if is_all else [found[each] for each in names]


def _about(each: Held) -> str:
    if each.kind == "run":
        row = (
            session()
            .execute(
                select(RobotRun.definition, Deal.title)
                .join(Deal, Deal.id == RobotRun.deal_id)
                .where(RobotRun.id == each.id)
            )
            .one()
        )
        name = row.definition.get("name") or {}
        return f"{name.get('en') or next(iter(name.values()), '')}: {row.title}"
    row = session().execute(select(TaskAlarm.kind, Task.title).join(Task).where(TaskAlarm.id == each.id)).one()
    return f"{row.kind}: {row.title}"
