"""What happened to a deal: the runs of its robots, each with its outcome and reasons, and its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from webapp.i18n import runs as words
from webapp.i18n.formats import decimal
from webapp.models import JournalEntry, RobotRun
from webapp.queries.journal_facts import NONE, LaterFacts
from webapp.snapshots.json_values import shown
from webapp.snapshots.setups import SetupSnapshot

# Which facts are money or a stage: by their event, for by one name another event keeps a person, or a length of time.
AMOUNTS = {("invoice.issued", "amount"), ("invoice.paid", "amount")}
STAGES = {("deal.created", "stage"), ("trigger.refused", "to"), ("robot.refused", "to")}
MOVES = ("deal.moved", "deal.restored")  # from a stage to a stage
EDITED = ("deal.edited", "contact.edited", "company.edited")  # a field of the record, from a value to a value
ENDED_WITH_A_STAGE = ("left_stage", "taken_back", "moved", "refused")  # in `to`, of why a run ended


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
    """`is_held`: it was due before a restore, and waits until whoever runs the machine lets it go on. `error`: of what
    broke, as the program has it; told to admins alone, for it may name what others may not see."""

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
    is_held: bool
    reason: Reason | None
    conditions: list[FindingRecord]
    path: list[dict[str, Any]]
    attempts: int
    error: str | None


class JournalRecord(BaseModel):
    """`reason`: of returned work, why, in the words of whoever returned it. `read_at`: of a word that went out,
    when it was read in Dozor, in the last line about it."""

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
    reason: str | None
    read_at: datetime | None


def run(row: RobotRun, setup: SetupSnapshot, *, with_error: bool) -> RunRecord:
    """`with_error` for admins, as on the page."""
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
        is_held=row.is_held,
        reason=_reason(row.reason, setup),
        conditions=[_finding(each, setup) for each in row.findings],
        path=row.path,
        attempts=row.attempts,
        error=row.error if with_error else None,
    )


def _reason(kept: Mapping[str, Any], setup: SetupSnapshot) -> Reason | None:
    if not kept:
        return None
    facts = {key: each for key, each in kept.items() if key != "code"}
    if "to" in facts and kept["code"] in ENDED_WITH_A_STAGE:
        facts["to"] = _key(facts["to"], setup)
    if "gone" in facts:
        facts["gone"] = [{**each, "expected": _of_field(each, each["expected"], setup)} for each in facts["gone"]]
    return Reason(code=kept["code"], message=words.reason(kept, setup), facts=facts)


def _finding(kept: Mapping[str, Any], setup: SetupSnapshot) -> FindingRecord:
    values = {side: _of_field(kept, kept[side], setup) for side in ("expected", "actual")}
    return FindingRecord(**{**kept, **values})


def _of_field(named: Mapping[str, Any], kept: Any, setup: SetupSnapshot) -> Any:
    """A value of a field as it was kept: also once the field is archived, or money would turn into its minor units."""
    return shown(setup.field_of(named["entity"], named["field"]), kept, setup) if kept is not None else None


def entry(row: JournalEntry, setup: SetupSnapshot, later: LaterFacts = NONE) -> JournalRecord:
    """`later`: what the line is told with and does not keep."""
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
        **asdict(later),
    )


def _value(row: JournalEntry, kept: Any, setup: SetupSnapshot) -> Any:
    """A kept fact in JSON form: amounts are decimal strings here too, and a stage stands by key, as on its deal."""
    if isinstance(kept, dict):
        return {key: _fact(row.event, key, each, setup) for key, each in kept.items()}
    if row.event in MOVES:
        return _key(kept, setup)
    if row.event in EDITED:
        return _of_field({"entity": row.entity, "field": row.field or ""}, kept, setup)
    return kept


def _fact(event: str, name: str, kept: Any, setup: SetupSnapshot) -> Any:
    if (event, name) in AMOUNTS:
        return decimal(kept, setup.firm.currency)
    return _key(kept, setup) if (event, name) in STAGES else kept


def _key(stage_id: Any, setup: SetupSnapshot) -> Any:
    stage = setup.all_stages.get(stage_id) if isinstance(stage_id, int) else None
    return stage.key if stage else stage_id
