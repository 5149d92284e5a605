"""Reaction figures: in seconds of working time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import BaseModel

from rules.reaction_times import Episode, Figure
from webapp.api.types import Record
from webapp.queries.reaction_times import Claimed, Figures, Group
from webapp.snapshots.setups import SetupSnapshot


class FigureRecord(Record):
    """`count` ended, with `median` and `p90` in seconds of working time; `waiting` is not over yet. Of `measured`, what
    has a norm and has ended or is late, `within` kept it."""

    count: int
    median: int | None
    p90: int | None
    waiting: int
    measured: int
    within: int


class ReactionRecord(BaseModel):
    """First replies to clients, what matters and was taken, acceptances of work, and stays on stages."""

    reply: FigureRecord
    take: FigureRecord
    acceptance: FigureRecord
    stay: FigureRecord


class GroupRecord(ReactionRecord):
    """Of a person, a department or a stage, as asked; all three are null for what is of none. A department below which
    something happened stands twice, the second time `with_below`: the sum of it and of all below it."""

    person_id: int | None = None
    department_id: int | None = None
    stage: str | None = None
    with_below: bool = False


class WeekRecord(ReactionRecord):
    """What ended in the week that begins on this day."""

    monday: date


class LateRecord(BaseModel):
    """`seconds` are working time up to its end, or to now; its norm was over at `due_at`. `deal_id` and `task_id` are
    null also where it has gone to others since, and the caller may not see it any more."""

    measure: str
    deal_id: int | None
    task_id: int | None
    person_id: int | None
    stage: str | None
    robot_id: int | None
    began_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    seconds: int


class ClaimsRecord(Record):
    """Of `count` answers to clients, so many were only said to have been given, outside of Dozor."""

    count: int
    claimed: int
    share: int | None


class ClaimedRecord(ClaimsRecord):
    """Of whoever gave the answers, of a department or of a stage, as asked."""

    person_id: int | None = None
    department_id: int | None = None
    stage: str | None = None


class FiguresRecord(BaseModel):
    """`late` are the first of `late_count`. What began before `read_since` is not counted."""

    total: ReactionRecord
    items: list[GroupRecord]
    weeks: list[WeekRecord]
    claims: ClaimsRecord
    claimed: list[ClaimedRecord]
    late: list[LateRecord]
    late_count: int
    read_since: datetime | None
    next: str | None = None


def record(found: Figures, setup: SetupSnapshot) -> FiguresRecord:
    return FiguresRecord(
        total=ReactionRecord.model_validate(_reaction(found.total)),
        items=[_group(each, found.by, setup) for each in found.groups],
        weeks=[WeekRecord.model_validate({**_reaction(each.figures), "monday": each.monday}) for each in found.weeks],
        claims=ClaimsRecord.of(found.claims),
        claimed=[_claimed(each, found.by, setup) for each in found.claimed],
        late=[_late(each, setup) for each in found.late],
        late_count=found.late_count,
        read_since=found.read_since,
    )


def _reaction(figures: Mapping[str, Figure]) -> dict[str, FigureRecord]:
    return {name: FigureRecord.of(each) for name, each in figures.items()}


def _group(group: Group, by: str, setup: SetupSnapshot) -> GroupRecord:
    key = _named(group.id, by, setup)
    return GroupRecord.model_validate({**_reaction(group.figures), **key, "with_below": group.with_below})


def _named(id_: int | None, by: str, setup: SetupSnapshot) -> dict[str, int | str | None]:
    return {"stage": setup.name_of_stage(id_)} if by == "stage" else {f"{by}_id": id_}


def _claimed(each: Claimed, by: str, setup: SetupSnapshot) -> ClaimedRecord:
    claims = {"count": each.claims.count, "claimed": each.claims.claimed, "share": each.claims.share}
    return ClaimedRecord.model_validate({**claims, **_named(each.id, by, setup)})


def _late(late: Episode, setup: SetupSnapshot) -> LateRecord:
    return LateRecord(
        measure=late.measure,
        deal_id=late.deal_id,
        task_id=late.task_id,
        person_id=late.person_id,
        stage=setup.name_of_stage(late.stage_id),
        robot_id=late.by_robot.id if late.by_robot else None,
        began_at=late.began_at,
        ended_at=late.ended_at,
        due_at=late.due_at,
        seconds=late.seconds,
    )
