"""`flask --app wsgi held …`: what a restore has held back is listed, sent or dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import literal, select

from rules.facts import say
from webapp.background import held as held_work
from webapp.background.held import Held
from webapp.background.outbox import WORK_MODELS
from webapp.box.refusals import refusals, where
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import (
    Deal,
    Delivery,
    HandOver,
    ImportantItem,
    ImportantRung,
    PhoneCall,
    Recount,
    Rehearsal,
    RobotRun,
    SetupWork,
    Task,
    TaskAlarm,
    User,
)

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
    click.echo(f"{len(found)} held in {where()}." + (" `held send` or `held drop` NAMES, or --all." if found else ""))


@held.command("send")
@names
@everything
@with_appcontext
def send_held(names: tuple[str, ...], is_all: bool) -> None:
    """Do it now, if its condition still holds."""
    with refusals():
        wanted = _wanted(names, is_all)
        with transaction():
            held_work.send(wanted)
            _show(wanted)
    click.echo(f"{len(wanted)} go on, in {where()}.")


@held.command("drop")
@names
@everything
@with_appcontext
def drop_held(names: tuple[str, ...], is_all: bool) -> None:
    """Never do it."""
    with refusals():
        wanted = _wanted(names, is_all)
        with transaction():
            held_work.drop(wanted)
            _show(wanted)
    click.echo(f"{len(wanted)} are called off, in {where()}.")


def _wanted(names: tuple[str, ...], is_all: bool) -> list[Held]:
    found = {each.name: each for each in held_work.rows()}
    unknown = [each for each in names if each not in found]
    if unknown or not (names or is_all):
        raise click.ClickException(f"not held: {', '.join(unknown)}." if unknown else "name them, or say --all.")
    return list(found.values()) if is_all else [found[each] for each in names]


def _show(wanted: Iterable[Held]) -> None:
    """Pages that say of it that it is held are told."""
    for each in wanted:
        if each.kind in ("run", "delivery"):
            row = session().get_one(WORK_MODELS[each.kind], each.id)
            if row.deal_id is not None:
                announcements.deal_changed(row.deal_id)
        elif each.kind == "rung":
            announcements.important_changed(session().get_one(ImportantRung, each.id).item_id)


def _about(each: Held) -> str:
    """What it would do, in a few words: texts of the firm in English where it has them."""
    row = session().execute(ABOUT[each.kind](each.id)).one()
    return ": ".join(say(each.get("name", each), "en") if isinstance(each, dict) else str(each) for each in row if each)


# One for each kind of work that may be held: of what it is, and of whom.
ABOUT: dict[str, Callable[[int], Any]] = {
    "run": lambda row: (
        select(RobotRun.definition, Deal.title).join(Deal, Deal.id == RobotRun.deal_id).where(RobotRun.id == row)
    ),
    "alarm": lambda row: select(TaskAlarm.kind, Task.title).join(Task).where(TaskAlarm.id == row),
    "delivery": lambda row: (
        select(Delivery.content, Delivery.channel, Delivery.address, Deal.title)
        .outerjoin(Deal, Deal.id == Delivery.deal_id)
        .where(Delivery.id == row)
    ),
    "rung": lambda row: (
        select(ImportantRung.kind, ImportantItem.kind, Deal.title)
        .join(ImportantItem, ImportantItem.id == ImportantRung.item_id)
        .outerjoin(Deal, Deal.id == ImportantItem.deal_id)
        .where(ImportantRung.id == row)
    ),
    "call": lambda row: select(PhoneCall.caller).where(PhoneCall.id == row),
    "hand_over": lambda row: select(User.name).join(HandOver, HandOver.user_id == User.id).where(HandOver.id == row),
    "setup": lambda row: select(literal("of version"), SetupWork.version_id).where(SetupWork.id == row),
    "recount": lambda row: select(literal("waiting runs are counted anew")).where(Recount.id == row),
    "rehearsal": lambda row: select(Rehearsal.robot).where(Rehearsal.id == row),
}
