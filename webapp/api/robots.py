"""Robots, for admins: read, made, and changed with an answer to what becomes of the runs that wait. Each change is a
version of the set-up."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import Field

from rules.robot_kinds import kind_of
from webapp.access.records import require_admin
from webapp.api.records import setup as records
from webapp.api.records.setup import RobotRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Flag, Page, Values, Words
from webapp.api.values import named_stage, taken_condition, taken_settings
from webapp.queries import listings as found
from webapp.services import robots, single_changes

ONE = "/robots/<int:robot_id>"
Already = Literal["ignore", "as_entered_now", "from_true_entry"]
Channels = Annotated[list[Literal["sms"]], Field(max_length=10)]  # besides Dozor: settings.sms by another name
ANSWERS = ("mode", "already_there", "channels")


class NewRobot(Body):
    """`stage` null: on any stage. The name is that of its kind, and the key made of the name, unless given.

    `already_there` says what becomes of deals that stand on the stage already, if it starts on entering: they are left
    alone, taken as if they had entered now, or from their true entry.
    """

    kind: str
    stage: str | None = None
    name: Words = Field(default_factory=dict)
    key: str | None = None
    starts: list[str] = Field(default_factory=lambda: ["entered"])
    timing: dict[str, Any] = Field(default_factory=lambda: {"at_once": True})
    when: str = "any"
    condition: dict[str, Any] | None = None
    settings: Values
    is_on: Flag = True
    once_per_deal: Flag = False
    also_later: Flag = False
    channels: Channels = Field(default_factory=list)
    already_there: Already = "ignore"


class RobotChanges(Body):
    """Only what is given is changed; of `settings` only the keys given, null takes one away.

    `mode` says what becomes of runs that wait already: `keep` leaves them as they were armed, `rearm` calls them off
    and arms them anew, counted from when they began. Switching a robot off calls them off in either case.
    `already_there` as for a new one, when it is switched on.
    """

    stage: str | None = None
    name: Words = Field(default_factory=dict)
    starts: list[str] = Field(default_factory=list)
    timing: Values
    when: str = Field(default_factory=str)
    condition: dict[str, Any] | None = None
    settings: Values
    is_on: Flag = Field(default_factory=bool)
    once_per_deal: Flag = Field(default_factory=bool)
    also_later: Flag = Field(default_factory=bool)
    channels: Channels = Field(default_factory=list)
    mode: Literal["keep", "rearm"] = "keep"
    already_there: Already = "ignore"


@reads("/robots", Page[RobotRecord])
def index() -> Page[RobotRecord]:
    """Robots by stage, in their order."""
    require_admin()
    return Page[RobotRecord](items=[records.robot(each) for each in found.robots()])


@reads(ONE, RobotRecord)
def show(robot_id: int) -> RobotRecord:
    """One robot."""
    require_admin()
    return records.robot(robots.robot(robot_id))


@writes("POST", "/robots", RobotRecord, HTTPStatus.CREATED)
def create(json: NewRobot) -> Answer[RobotRecord]:
    """Another robot."""
    who = require_admin()
    given = _taken(json.kind, {name: getattr(json, name) for name in NewRobot.model_fields if name != "key"}, {})
    if not given["name"]:
        del given["name"]
    row = robots.add_robot(given, who.actor, key=json.key or "", already_there=json.already_there)
    return lambda: records.robot(row)


@writes("PATCH", ONE, RobotRecord)
def update(robot_id: int, json: RobotChanges) -> Answer[RobotRecord]:
    """Change a robot."""
    who = require_admin()
    robot = robots.robot(robot_id, for_update=True)
    changes = _taken(robot.kind, json.given, robot.settings)
    robots.change_robot(robot, changes, who.actor, waiting=json.mode, already_there=json.already_there)
    return lambda: records.robot(robots.robot(robot_id))


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def archive(robot_id: int) -> None:
    """Take it away: its waiting runs are called off."""
    who = require_admin()
    single_changes.archive("robot", str(robots.robot(robot_id).key), who.actor)


def _taken(kind: str, given: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """As services take it, without what becomes of runs and deals."""
    taken = {key: value for key, value in given.items() if key not in ANSWERS}
    if taken.get("stage") is not None:
        taken["stage"] = named_stage(taken["stage"]).id
    if taken.get("condition") is not None:
        taken["condition"] = taken_condition(taken["condition"])
    if given.get("channels") or (given.get("channels") == [] and kept.get("sms")):
        taken["settings"] = {**taken.get("settings", {}), "sms": "sms" in given["channels"]}
    if "settings" in taken:
        taken["settings"] = taken_settings(kind_of(kind), taken["settings"], kept)
    return taken
