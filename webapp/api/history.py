"""What happened to a deal, and what happens next."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from webapp.access.records import deal_for
from webapp.access.viewer import viewer
from webapp.api.deals import ONE
from webapp.api.records import history as records
from webapp.api.records.history import JournalRecord, RunRecord
from webapp.api.routes import reads
from webapp.api.types import Day, Page, Paging, QueryId, cursor
from webapp.models import RobotRun
from webapp.queries import journal_facts, why_not
from webapp.queries import listings as found
from webapp.queries.run_journal import Wanted
from webapp.snapshots.setups import current


class RunFilters(Paging):
    """Narrows the journal of automation. `person_id` was told, was given the work, or is responsible for the deal;
    `day` is one of the caller's zone."""

    deal_id: QueryId | None = None
    robot_id: QueryId | None = None
    person_id: QueryId | None = None
    day: Day | None = None
    state: Literal["fired", "condition_false", "called_off", "failed", "no_recipient"] | None = None


class RobotAnswer(BaseModel):
    """What became of one robot on a deal: its latest run, by id and state, or why there is none."""

    robot_id: int
    run_id: int | None
    state: str | None
    why: str | None


@reads("/runs", Page[RunRecord])
def index(query: RunFilters) -> Page[RunRecord]:
    """What robots did on all deals that the caller reads, and why: ended runs, the latest armed first."""
    asked = {key: getattr(query, key) for key in ("deal_id", "robot_id", "person_id", "day")}
    wanted = Wanted(**asked, state=query.state or "", zone=viewer().time_zone)
    slice_ = found.all_runs(viewer().scope, wanted, found.Place(query.limit, query.before))
    return _runs(slice_)


@reads(f"{ONE}/robots", Page[RobotAnswer])
def robots(deal_id: int) -> Page[RobotAnswer]:
    """Of each robot of the deal's pipeline what became of it there; also of one whose stage the deal never entered."""
    answers = why_not.of_deal(deal_for(deal_id))
    return Page[RobotAnswer](items=[_answer(each) for each in answers])


def _answer(answer: why_not.Answer) -> RobotAnswer:
    last = answer.last
    why = answer.why if last is None else last.reason
    return RobotAnswer(
        robot_id=answer.robot_id, run_id=last.id if last else None, state=last.state if last else None, why=why or None
    )


@reads(f"{ONE}/runs", Page[RunRecord])
def runs(deal_id: int, query: Paging) -> Page[RunRecord]:
    """Every robot that was armed on this deal, newest first: how it ended and why, or when it will act."""
    deal_for(deal_id)
    return _runs(found.runs(deal_id, found.Place(query.limit, query.before)))


def _runs(slice_: found.Slice[RobotRun]) -> Page[RunRecord]:
    setup, is_admin = current(), viewer().scope.is_admin
    items = [records.run(each, setup, with_error=is_admin) for each in slice_.rows]
    return Page[RunRecord](items=items, next=cursor(slice_.next))


@reads(f"{ONE}/journal", Page[JournalRecord])
def journal(deal_id: int, query: Paging) -> Page[JournalRecord]:
    """Who did what, when and why, newest first."""
    deal_for(deal_id)
    slice_, setup = found.journal(deal_id, found.Place(query.limit, query.before)), current()
    later = journal_facts.of(slice_.rows)
    items = [records.entry(each, setup, later.get(each.id, journal_facts.NONE)) for each in slice_.rows]
    return Page[JournalRecord](items=items, next=cursor(slice_.next))
