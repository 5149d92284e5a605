"""Robots as the firm sets them up, changed at once as a version of the set-up. A run that waits keeps the robot as it
was when armed, so whoever edits a robot says what becomes of such runs; switching it off calls them off."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from rules import conditions
from rules.consequences import Consequence, Remedy
from rules.errors import FieldError
from rules.facts import Raw
from rules.robot_checks import kept_settings
from rules.robot_kinds import ROBOT_KINDS, kind_of
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import NotFound, not_an_option
from webapp.models import Robot
from webapp.services import setup_counts, setup_plans, single_changes, texts
from webapp.snapshots import setup_documents as documents
from webapp.snapshots import setups

COLUMNS = {
    "name": "name",
    "timing": "timing",
    "when": "fires_when",
    "condition": "condition",
    "settings": "settings",
    "is_on": "is_on",
    "once_per_deal": "once_per_deal",
    "also_later": "also_later",
    "starts": "starts",
    "stage": "stage_id",
}
MERGED = ("name", "settings")


def robot(robot_id: int, *, for_update: bool = False) -> Robot:
    """A robot that is set up. Locked so that deals may still arm runs of it: no key of it changes."""
    row = session().get(Robot, robot_id, with_for_update={"key_share": True} if for_update else None)
    if row is None or row.archived_at is not None:
        raise NotFound("robot")
    return row


def add_robot(given: Raw, by: Actor, *, key: str = "", already_there: str = "ignore") -> Robot:
    """A new one. `already_there` says what becomes of deals that stand on its stage already: ignore, as_entered_now or
    from_true_entry."""
    kind = given.get("kind")
    if kind not in ROBOT_KINDS:
        raise not_an_option("kind", ROBOT_KINDS)
    wanted = {"name": dict(ROBOT_KINDS[kind].name), **{each: texts.in_one_form(value) for each, value in given.items()}}
    chosen = {"deals_already_there": already_there}
    made = single_changes.add("robot", _as_kept(kind, wanted, by), by, key=key, chosen=chosen)
    return documents.rows_of("robot")[made]  # type: ignore[no-any-return]


def change_robot(row: Robot, changes: Raw, by: Actor, *, waiting: str = "keep", already_there: str = "ignore") -> Robot:
    """Change a robot by keys of COLUMNS; of name and settings only the keys given, None takes one away.

    `waiting` "keep" leaves waiting runs as they were armed, "rearm" arms them anew from the instants they began at.
    Raises Refused("bad_fields") with everything that is wrong.
    """
    wanted = _as_kept(row.kind, {key: _merged(row, key, value) for key, value in changes.items()}, by)
    chosen = {"waiting_runs": waiting, "deals_already_there": already_there}
    version = single_changes.change("robot", str(row.key), wanted, by, chosen=chosen)
    if waiting == "rearm" and row.is_on and (version is None or not _is_asked(version.consequences)):
        _rearm(row, by)
    return row


def _is_asked(consequences: list[Any]) -> bool:
    return any(each["id"].startswith("waiting_runs:") for each in consequences)


def _rearm(row: Robot, by: Actor) -> None:
    """What waits is of an older definition, though this change alone would not have asked."""
    live = documents.live()
    count = setup_counts.counts().waiting.get(str(row.key), 0)
    asked = Consequence("waiting_runs", "robot", str(row.key), (Remedy("rearm"),), "rearm", count=count)
    if count:
        single_changes.follow_at_once(setup_plans.switch(live, live, [(asked, Remedy("rearm"))], by))


def _merged(row: Robot, key: str, value: Any) -> Any:
    if key not in MERGED:
        return value
    both = {**getattr(row, COLUMNS[key]), **{name: texts.in_one_form(each) for name, each in value.items()}}
    return {name: each for name, each in both.items() if each is not None}


def _as_kept(kind: str, wanted: Raw, by: Actor) -> dict[str, Any]:
    """Values in the form in which they are kept; what is wrong stays as it came, for the plan to say."""
    setup, found = setups.current(), dict(wanted)
    if found.get("condition") is not None:
        found["condition"] = kept_condition(found["condition"], by)
    settings = found.get("settings")
    if isinstance(settings, Mapping):
        with suppress(FieldError):
            found["settings"] = kept_settings(kind_of(kind), settings, setup.catalogue, setup.reading(by.user_id))
    return found


def kept_condition(condition: Any, by: Actor) -> Any:
    """A condition with its values as they are kept, if it is one."""
    setup = setups.current()
    with suppress(conditions.ConditionError):
        return conditions.dump(conditions.parse(condition, setup.catalogue, setup.reading(by.user_id)))
    return condition
