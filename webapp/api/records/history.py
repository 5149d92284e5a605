"""What happened to a deal: the runs of its robots, each with its outcome and reasons, and its journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from webapp.i18n import runs as words
from webapp.i18n.formats import decimal
from webapp.models import JournalEntry, RobotRun
from webapp.snapshots.json_values import shown
from webapp.snapshots.setups import SetupSnapshot

AMOUNTS = ("amount", "balance")
STAGES = ("stage", "to")


class Reason(BaseModel):
    """Why a run ended: a code, the facts, and a sentence in the caller's language."""

    code: str
    message: str
    facts: dict[str, Any]


class FindingRecord(BaseModel):
    """One test of the condition, as it was read when the run came up."""

    entity: str
    field: str
    operator: str
    expected: Any
    actual: Any
    holds: bool


class RunRecord(BaseModel):
    id: int
    deal_id: int
    robot_id: int
    stage: str | None
    start: str
    kind: str
    name: dict[str, str]
    state: str
    created_at: datetime
    due_at: datetime | None
    fired_at: datetime | None
    ended_at: datetime | None
    is_late: bool
    reason: Reason | None
    conditions: list[FindingRecord]
    path: list[dict[str, Any]]
    attempts: int
    error: str | None


class JournalRecord(BaseModel):
    id: int
    deal_id: int | None
    at: datetime
    event: str
    entity: str
    entity_id: int
    field: str | None
    old: Any
    new: Any
    by_id: int | None
    cause: dict[str, Any]


def run(row: RobotRun, setup: SetupSnapshot) -> RunRecord:
    stage = setup.all_stages.get(row.definition["stage_id"])
    return RunRecord(
        id=row.id,
        deal_id=row.deal_id,
        robot_id=row.robot_id,
        stage=stage.key if stage else None,
        start=row.start,
        kind=row.definition["kind"],
        name=dict(row.definition["name"]),
        state=row.state,
        created_at=row.created_at,
        due_at=row.due_at,
        fired_at=row.ended_at if row.state == "fired" else None,
        ended_at=row.ended_at,
        is_late=row.is_late,
        reason=_reason(row.reason, setup),
        conditions=[_finding(each, setup) for each in row.findings],
        path=row.path,
        attempts=row.attempts,
        error=row.error,
    )


def _reason(kept: Mapping[str, Any], setup: SetupSnapshot) -> Reason | None:
    if not kept:
        return None
    facts = {key: _key(value, setup) if key == "to" else value for key, value in kept.items() if key != "code"}
    return Reason(code=kept["code"], message=words.reason(kept, setup), facts=facts)


def _finding(kept: Mapping[str, Any], setup: SetupSnapshot) -> FindingRecord:
    spec = setup.catalogue.get(kept["entity"], kept["field"])
    values = {side: shown(spec, kept[side], setup) for side in ("expected", "actual")}
    return FindingRecord(**{**kept, **values})


def entry(row: JournalEntry, setup: SetupSnapshot) -> JournalRecord:
    return JournalRecord(
        id=row.id,
        deal_id=row.deal_id,
        at=row.at,
        event=row.event,
        entity=row.entity,
        entity_id=row.entity_id,
        field=row.field,
        old=_value(row, row.old, setup),
        new=_value(row, row.new, setup),
        by_id=row.by_id,
        cause=row.cause,
    )


def _value(row: JournalEntry, kept: Any, setup: SetupSnapshot) -> Any:
    """A kept fact in JSON form: amounts are decimal strings here too, and a stage stands by key, as on its deal."""
    if isinstance(kept, dict):
        return {key: _fact(key, each, setup) for key, each in kept.items()}
    if (row.entity, row.field) == ("deal", "stage"):
        return _key(kept, setup)
    spec = setup.catalogue.get(row.entity, row.field) if row.field else None
    return shown(spec, kept, setup) if kept is not None else None


def _fact(name: str, kept: Any, setup: SetupSnapshot) -> Any:
    if name in AMOUNTS:
        return decimal(kept, setup.firm.currency)
    return _key(kept, setup) if name in STAGES else kept


def _key(stage_id: Any, setup: SetupSnapshot) -> Any:
    stage = setup.all_stages.get(stage_id) if isinstance(stage_id, int) else None
    return stage.key if stage else stage_id
