"""Robots, for admins: read, and changed with an answer to what becomes of the runs that wait."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from rules.robot_kinds import kind_of
from webapp.access.records import require_admin
from webapp.access.viewer import viewer
from webapp.api.records import setup as records
from webapp.api.records.setup import RobotRecord
from webapp.api.routes import reads, writes
from webapp.api.types import Body, Locale, Page, Values
from webapp.api.values import taken_condition, taken_settings
from webapp.queries import listings as found
from webapp.services import robots

ONE = "/robots/<int:robot_id>"
Switch = Annotated[bool, Field(strict=True)]


class RobotChanges(Body):
    """Only what is given is changed; of `settings` only the keys given, null takes one away.

    `mode` says what becomes of runs that wait already: `keep` leaves them as they were armed, `rearm` calls them off
    and arms them anew, counted from when they began. Switching a robot off calls them off in either case.
    """

    name: dict[Locale, str] = Field(default_factory=dict)
    timing: Values
    when: str = Field(default_factory=str)
    condition: dict[str, Any] | None = None
    settings: Values
    is_on: Switch = Field(default_factory=bool)
    once_per_deal: Switch = Field(default_factory=bool)
    also_later: Switch = Field(default_factory=bool)
    mode: Literal["keep", "rearm"] = "keep"


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


@writes("PATCH", ONE, RobotRecord)
def update(robot_id: int, json: RobotChanges) -> RobotRecord:
    """Change a robot."""
    require_admin()
    robot = robots.robot(robot_id, for_update=True)
    changes = {key: value for key, value in json.given.items() if key != "mode"}
    if changes.get("condition") is not None:
        changes["condition"] = taken_condition(changes["condition"])
    if "settings" in changes:
        changes["settings"] = taken_settings(kind_of(robot.kind), changes["settings"], robot.settings)
    return records.robot(robots.change_robot(robot, changes, viewer().actor, waiting=json.mode))
