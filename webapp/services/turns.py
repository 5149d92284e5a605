"""Whose turn it is: among the reps who take a pipeline's new inquiries, and among those who are given what somebody
else is to lose."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from rules import org
from rules.absences import cover_of
from rules.setup import Pipeline
from webapp.access.scopes import Actor
from webapp.db import advisory_lock, execute_core, session
from webapp.errors import NotFound
from webapp.models import Contact, Deal, JournalEntry
from webapp.services import journal
from webapp.snapshots import recipients
from webapp.snapshots.setups import current

# Asked at each inquiry of somebody new, so built once.
_TAKEN = (
    select(JournalEntry.new)
    .where(
        JournalEntry.entity == "pipeline",
        JournalEntry.entity_id == bindparam("pipeline"),
        JournalEntry.event == "pipeline.inquiry_turn_taken",
        JournalEntry.field == bindparam("among"),
    )
    .order_by(JournalEntry.id.desc())
    .limit(1)
)
_BEFORE_TURNS_WERE_WRITTEN = (
    select(Deal.responsible_id)
    .where(Deal.pipeline_id == bindparam("pipeline"), Deal.source != "manual")
    .order_by(Deal.id.desc())
    .limit(1)
)


def next_in_turn(contact: Contact, pipeline: Pipeline, by: Actor, department_id: int | None = None) -> int:
    """The contact's own rep, unless they have not come in yet, or are away and nobody stands in for them; else the
    reps of that department, or of the pipeline's, who are there take turns, by their ids. Whose turn it was is written
    down as it is taken, among those who take turns with each other: deals are handed over, deleted, and made by
    programs in between."""
    own = current().people.get(contact.responsible_id or 0)
    if own is not None and own.id in org.those_here(current().org) and not _is_uncovered(own.id):
        return own.id
    turn = _who_take_turns(pipeline, department_id)
    advisory_lock(f"turn in pipeline {pipeline.id}")
    among = str(department_id or pipeline.department_id or "")
    last = execute_core(_TAKEN, pipeline=pipeline.id, among=among).scalar()
    if last is None:
        last = execute_core(_BEFORE_TURNS_WERE_WRITTEN, pipeline=pipeline.id).scalar()
    found = _after(last, turn)
    journal.write("pipeline.inquiry_turn_taken", "pipeline", pipeline.id, by, field=among, new=found)
    return found


def _after(last: object, turn: Sequence[int]) -> int:
    return next((each for each in turn if not isinstance(last, int) or each > last), turn[0])


def _is_uncovered(rep_id: int) -> bool:
    return rep_id in recipients.away() and cover_of(current().org, rep_id, recipients.today()) is None


def _who_take_turns(pipeline: Pipeline, department_id: int | None = None) -> list[int]:
    """Reps of the department who are there; else those who are away; else whoever works here. Those who were invited
    and have not come in yet are left out, unless nobody else works here."""
    setup, away = current(), recipients.away()
    chart = setup.org
    where = department_id or pipeline.department_id
    departments = org.subtree(chart, where) if where else frozenset(chart.departments)
    leaders = {person for each in chart.departments.values() for person in (*each.heads, *each.deputies)}
    here = org.those_here(chart)
    active = [each for each in setup.people.values() if each.id in here]
    reps = [each.id for each in active if each.id not in leaders and each.department_ids & departments]
    turn = [each for each in reps if each not in away] or reps or [each.id for each in active]
    if not turn:
        raise NotFound("nobody works here")
    return turn


def next_but(deal: Deal, by: Actor) -> int | None:
    """Whose turn it is to be given a deal that its responsible is to lose: a turn of its own, beside that of new
    inquiries. None: there is nobody else."""
    turn = [each for each in _who_take_turns(current().all_pipelines[deal.pipeline_id]) if each != deal.responsible_id]
    if not turn:
        return None
    advisory_lock(f"turn of handing over in pipeline {deal.pipeline_id}")
    taken = (JournalEntry.entity == "pipeline", JournalEntry.entity_id == deal.pipeline_id)
    said = select(JournalEntry.new).where(*taken, JournalEntry.event == "pipeline.turn_taken")
    last = session().scalar(said.order_by(JournalEntry.id.desc()).limit(1))
    found = _after(last, turn)
    journal.write("pipeline.turn_taken", "pipeline", deal.pipeline_id, by, new=found)
    return found
