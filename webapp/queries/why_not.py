"""Each robot of a deal's pipeline and what became of it on that deal: its last run, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from rules.facts import Text
from rules.robots import RobotSpec
from rules.why_not import Entry, why_not
from webapp.db import session
from webapp.i18n import history
from webapp.i18n import why_not as words
from webapp.models import Deal, JournalEntry, RobotRun, StageVisit
from webapp.queries.deals import RunLine, run_line
from webapp.snapshots import setups
from webapp.snapshots.setups import SetupSnapshot


@dataclass(frozen=True, slots=True)
class Answer:
    """`last` is its latest run; without one `why` says why there is none."""

    robot_id: int
    kind: str
    name: Text
    last: RunLine | None
    why: str = ""


def of_deal(deal: Deal) -> list[Answer]:
    """Of every robot that could act on the deal, in the order of the stages."""
    setup = setups.current()
    latest = select(func.max(RobotRun.id)).where(RobotRun.deal_id == deal.id).group_by(RobotRun.robot_id)
    runs = {each.robot_id: each for each in session().scalars(select(RobotRun).where(RobotRun.id.in_(latest)))}
    entries, skipped = list(_entries(deal, setup)), _skipped(deal.id)
    stages = {each.id: each.facts for each in setup.all_stages.values() if each.pipeline_id == deal.pipeline_id}
    found = []
    for spec in _robots(deal, setup):
        run = runs.get(spec.id)
        why = "" if run else words.words(why_not(spec, stages, entries, skipped), spec.stage_id)
        found.append(Answer(spec.id, spec.kind, spec.name, run_line(run, setup) if run else None, why))
    return found


def _robots(deal: Deal, setup: SetupSnapshot) -> Iterator[RobotSpec]:
    yield from setup.robots_on(None)
    for stage in setup.stages_of(deal.pipeline_id):
        yield from setup.robots_on(stage.id)


def _entries(deal: Deal, setup: SetupSnapshot) -> Iterator[Entry]:
    """The deal's way: where it began, and each move, by the name of who made it."""
    visits = session().scalars(select(StageVisit).where(StageVisit.deal_id == deal.id).order_by(StageVisit.id)).all()
    if visits:
        yield Entry(visits[0].stage_id, visits[0].entered_at)
    moved = select(JournalEntry).where(JournalEntry.deal_id == deal.id, JournalEntry.event == "deal.moved")
    for each in session().scalars(moved.order_by(JournalEntry.id)):
        if isinstance(each.new, int) and isinstance(each.old, int):
            yield Entry(each.new, each.at, each.old, history.who(each, setup))


def _skipped(deal_id: int) -> frozenset[int]:
    noted = select(JournalEntry.entity_id).where(JournalEntry.deal_id == deal_id, JournalEntry.event == "robot.skipped")
    return frozenset(session().scalars(noted))
