"""Rehearsals of a robot, one that is set up or one that is not yet, over the last days. For admins."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from rules.robot_kinds import ROBOT_KINDS
from rules.robots import RobotSpec
from webapp.access.records import require_admin
from webapp.access.viewer import viewer
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Id, Locale, Paging, Values, cursor
from webapp.api.values import named_stage, taken_condition, taken_settings
from webapp.errors import invalid
from webapp.models import Rehearsal
from webapp.queries import rehearsals as found_by
from webapp.services import rehearsals, robots
from webapp.snapshots import specs
from webapp.snapshots.setups import current

ONE = "/rehearsals/<int:rehearsal_id>"
Switch = Annotated[bool, Field(strict=True)]


class RobotBody(Body):
    """A robot as it might be set up. Without a stage it is one of any stage."""

    kind: str
    stage: str | None = None
    name: dict[Locale, str] = Field(default_factory=lambda: {"en": "Rehearsal"})
    starts: list[str] = Field(default_factory=lambda: ["entered"], max_length=20)
    timing: dict[str, Any]
    when: str = "any"
    condition: dict[str, Any] | None = None
    settings: Values
    once_per_deal: Switch = False
    also_later: Switch = False


class RehearsalBody(Body):
    """Either `robot`, or the `robot_id` of one that is set up; over how many days."""

    robot: RobotBody | None = None
    robot_id: Id | None = None
    days: Annotated[int, Field(strict=True, ge=1, le=rehearsals.MOST_DAYS)] = 30


class Begun(BaseModel):
    id: int


class FiringCounts(BaseModel):
    """Replayed from history, and estimated since not all that was read has one: never one number."""

    replayed: int
    estimated: int


class FiringRecord(BaseModel):
    """One time that it would have acted. `unknown` says why it is an estimate."""

    deal_id: int
    at: datetime
    to: list[int]
    basis: Literal["replayed", "estimated"]
    unknown: list[str]


class RehearsalRecord(BaseModel):
    """`state`: waiting, done, cancelled, failed, replaced (the same person has begun another: what this one found is
    let go); `next` is the cursor of further items."""

    id: int
    state: str
    since: datetime
    until: datetime
    done: int
    of: int
    firings: FiringCounts
    items: list[FiringRecord]
    next: str | None


@writes("POST", "/rehearsals", Begun, HTTPStatus.ACCEPTED)
def create(json: RehearsalBody) -> Answer[Begun]:
    """Begin one; it goes on by itself. What the caller rehearsed before is replaced by it."""
    require_admin()
    if (json.robot is None) == (json.robot_id is None):
        raise invalid("robot", "blank")
    spec = _spec(json.robot) if json.robot else specs.robot_spec(robots.robot(json.robot_id or 0))
    begun = rehearsals.begin(spec, json.days, viewer().actor)
    return lambda: Begun(id=begun.id)


def _spec(body: RobotBody) -> RobotSpec:
    stage = named_stage(body.stage, "robot.stage") if body.stage is not None else None
    raw = body.model_dump(exclude={"stage"})
    raw["condition"] = taken_condition(body.condition) if body.condition is not None else None
    if (kind := ROBOT_KINDS.get(body.kind)) is not None:
        raw["settings"] = taken_settings(kind, body.settings, {})
    return rehearsals.robot_from(raw, stage.id if stage else None)


@reads(ONE, RehearsalRecord)
def show(rehearsal_id: int, query: Paging) -> RehearsalRecord:
    """How far it got, and what it found."""
    require_admin()
    return _record(rehearsals.rehearsal(rehearsal_id), query)


def _record(row: Rehearsal, paging: Paging) -> RehearsalRecord:
    found = found_by.summed_up(row, current().firm.time_zone)
    page = found_by.firings(row, paging.before or 0, paging.limit)
    return RehearsalRecord(
        id=row.id,
        state=row.state,
        since=row.since,
        until=row.until,
        done=row.done,
        of=row.of,
        firings=FiringCounts(replayed=found.replayed, estimated=found.estimated),
        items=[
            FiringRecord(
                deal_id=each.deal_id,
                at=each.at,
                to=each.people,
                basis="estimated" if each.unknown else "replayed",
                unknown=each.unknown,
            )
            for each, _ in page.rows
        ],
        next=cursor(page.next),
    )


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def end(rehearsal_id: int) -> None:
    """Cancel it."""
    require_admin()
    rehearsals.cancel(rehearsal_id)
