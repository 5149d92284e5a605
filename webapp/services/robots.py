"""Changing what the firm has set up. A run that waits keeps the robot as it was when armed, so whoever edits a robot
says what becomes of such runs; switching it off calls them off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from rules import conditions
from rules.facts import Raw
from rules.robot_kinds import check_robot, kept_settings, kind_of
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import NotFound, Problems, Refused
from webapp.models import Deal, Robot, RobotRun
from webapp.services import journal, runs, texts
from webapp.snapshots import setups, specs

COLUMNS = {
    "name": "name",
    "timing": "timing",
    "when": "fires_when",
    "condition": "condition",
    "settings": "settings",
    "is_on": "is_on",
    "once_per_deal": "once_per_deal",
    "also_later": "also_later",
}
MERGED = ("name", "settings")


def robot(robot_id: int, *, for_update: bool = False) -> Robot:
    """A robot that is set up. Locked so that deals may still arm runs of it: no key of it changes."""
    row = session().get(Robot, robot_id, with_for_update={"key_share": True} if for_update else None)
    if row is None or row.archived_at is not None:
        raise NotFound("robot")
    return row


def change_robot(row: Robot, changes: Raw, by: Actor, *, waiting: str = "keep") -> Robot:
    """Change a robot by keys of COLUMNS; of name and settings only the keys given, None takes one away.

    `waiting` "keep" leaves waiting runs as they were armed, "rearm" arms them anew from the instants they began at.
    Raises Refused("bad_fields") with everything that is wrong.
    """
    wanted = {key: _merged(row, key, value) for key, value in changes.items()}
    _check(row, wanted, by)
    if wanted.get("condition") is not None:
        wanted["condition"] = _as_kept(wanted["condition"], by)
    if "settings" in wanted:
        wanted["settings"] = kept(row.kind, wanted["settings"], by)
    was_on = row.is_on
    _write(row, wanted, by)
    if was_on and not row.is_on:
        _call_off(row, "switched_off", by)
    elif waiting == "rearm" and row.is_on:
        _rearm(row, by)
    return row


def kept(kind: str, settings: Raw, by: Actor) -> Raw:
    """Settings that were found to be right, in the form in which they are kept."""
    setup = setups.current()
    return dict(kept_settings(kind_of(kind), settings, setup.catalogue, setup.reading(by.user_id)))


def _merged(row: Robot, key: str, value: Any) -> Any:
    if key not in MERGED:
        return value
    both = {**getattr(row, COLUMNS[key]), **{name: _in_one_form(each) for name, each in value.items()}}
    return {name: each for name, each in both.items() if each is not None}


def _in_one_form(value: object) -> object:
    """Texts of the firm in the normal form of texts, how long they may be is for the rules to say."""
    if isinstance(value, Mapping):
        return {key: _in_one_form(each) for key, each in value.items()}
    return texts.text("settings", value, 2**31, required=False) if isinstance(value, str) else value


def _check(row: Robot, wanted: Raw, by: Actor) -> None:
    setup = setups.current()
    draft: dict[str, Any] = {"kind": row.kind, "starts": row.starts}
    draft |= {key: getattr(row, column) for key, column in COLUMNS.items()} | dict(wanted)
    problems: Problems = {
        each.path: {"code": each.code, **each.facts}
        for each in check_robot(draft, setup.catalogue, setup.reading(by.user_id), setup.ways)
    }
    problems |= _strangers(draft["settings"])
    if problems:
        raise Refused("bad_fields", problems=problems)


def _as_kept(condition: Any, by: Actor) -> Any:
    """A condition that is right, with its values as they are kept."""
    setup = setups.current()
    return conditions.dump(conditions.parse(condition, setup.catalogue, setup.reading(by.user_id)))


def _strangers(settings: Raw) -> Problems:
    """People named in the settings who do not work here."""
    people = setups.current().people
    problems: Problems = {}
    for key, value in settings.items():
        for slot in value if isinstance(value, list) else [value]:
            named = slot.get("user") if isinstance(slot, dict) else None
            person = people.get(named) if isinstance(named, int) else None
            if named is not None and (person is None or not person.is_active):
                problems[f"settings.{key}"] = {"code": "no_such_person"}
    return problems


def _write(row: Robot, wanted: Raw, by: Actor) -> None:
    is_changed = False
    for key, value in wanted.items():
        old = getattr(row, COLUMNS[key])
        if old != value:
            setattr(row, COLUMNS[key], value)
            journal.write("robot.changed", "robot", row.id, by, field=key, old=old, new=value)
            is_changed = True
    if is_changed:
        row.version += 1
        setups.changed()


def _call_off(row: Robot, code: str, by: Actor) -> list[RobotRun]:
    """End the robot's waiting runs, their deals locked first. Those that waited."""
    waiting = (RobotRun.robot_id == row.id, RobotRun.state == "waiting")
    held = select(RobotRun.deal_id).where(*waiting)
    locked = session().scalars(select(Deal).where(Deal.id.in_(held)).order_by(Deal.id).with_for_update()).all()
    found = list(
        session().scalars(
            select(RobotRun).where(*waiting, RobotRun.deal_id.in_([deal.id for deal in locked])).order_by(RobotRun.id)
        )
    )
    runs.call_off(RobotRun.id.in_([run.id for run in found]), {"code": code}, by)
    for deal in locked:
        announcements.deal_changed(deal.id, deal.stage_id)
    return found


def _rearm(row: Robot, by: Actor) -> None:
    """Waiting runs are called off and armed anew, each counted from the instant it began at."""
    spec = replace(specs.robot_spec(row), once_per_deal=False)
    for run in _call_off(row, "rearmed", by):
        deal = session().get_one(Deal, run.deal_id)
        occasion = runs.occasion_of(run, run.base_at)
        runs.arm(deal, [spec], occasion, by, again=f"-e{row.version}-{run.id}")
