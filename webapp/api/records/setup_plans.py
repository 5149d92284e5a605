"""Plans and versions of the set-up as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from rules import setup_changes
from rules.consequences import Consequence, Remedy
from rules.setup_documents import load
from webapp.api.types import Record
from webapp.bounds import PROBLEMS
from webapp.i18n import consequences as words
from webapp.i18n import refusals
from webapp.i18n import setup_changes as difference
from webapp.models import SetupVersion
from webapp.services import setup_acts
from webapp.services.setup_plans import Plan
from webapp.snapshots import setups


class SetupRecord(Record):
    setup: dict[str, Any]
    hash: str


class RemedyRecord(BaseModel):
    """`takes_value`: what is chosen is the key with a value behind it, as "fill:large"."""

    key: str
    text: str
    takes_value: bool = False


class ConsequenceRecord(BaseModel):
    """`chosen` is null where somebody must choose; `is_new`: it was not on the sheet that went stale."""

    id: str
    kind: str
    about: str
    text: str
    count: int
    remedies: list[RemedyRecord]
    chosen: str | None
    is_new: bool = False


class SetupProblemRecord(BaseModel):
    path: str
    code: str
    message: str


class PlanRecord(BaseModel):
    """A plan: what would change, whom that touches, and what is wrong with it."""

    id: int
    hash: str
    note: str
    changes: list[str]
    consequences: list[ConsequenceRecord]
    problems: list[SetupProblemRecord]


class AppliedRecord(BaseModel):
    version: int


class TakebackRecord(BaseModel):
    """`acts`: how many there are to be taken back, as work that follows."""

    acts: int


class VersionLine(BaseModel):
    """`acts`: what its remedies did to records, and could be taken back."""

    version: int
    by: str | None
    at: datetime
    note: str
    changes: list[str]
    acts: int = 0


class VersionRecord(VersionLine):
    setup: dict[str, Any]
    hash: str


def plan(found: Plan, new: frozenset[str] = frozenset()) -> PlanRecord:
    return PlanRecord(
        id=found.row.id,
        hash=found.row.hash,
        note=found.row.note,
        changes=difference.changes(found.changes, found.after),
        consequences=[
            ConsequenceRecord(
                id=each.id,
                kind=each.kind,
                about=each.about,
                text=words.text(each, found.after),
                count=each.count,
                remedies=[_remedy(one, each, found) for one in each.remedies],
                chosen=each.chosen,
                is_new=each.id in new,
            )
            for each in found.consequences
        ],
        problems=[
            SetupProblemRecord(path=each.path, code=each.code, message=refusals.problem(each.code, each.facts))
            for each in found.problems[:PROBLEMS]
        ],
    )


def _remedy(remedy: Remedy, about: Consequence, found: Plan) -> RemedyRecord:
    words_ = words.remedy(remedy, found.after, about)
    return RemedyRecord(key=remedy.key, text=words_, takes_value=remedy.takes_value)


def lines(rows: Sequence[SetupVersion]) -> list[VersionLine]:
    acts = setup_acts.offered([each.id for each in rows])
    return [VersionLine(**_line(each, acts)) for each in rows]


def version(row: SetupVersion) -> VersionRecord:
    return VersionRecord(**_line(row, setup_acts.offered([row.id])), setup=row.setup, hash=row.hash)


def _line(row: SetupVersion, acts: Mapping[int, int]) -> dict[str, Any]:
    changes = [setup_changes.load(each) for each in row.changes]
    return {
        "version": row.id,
        "by": setups.current().name_of(row.by_id) or None,
        "at": row.at,
        "note": row.note,
        "changes": difference.changes(changes, load(row.setup)),
        "acts": acts.get(row.id, 0),
    }
