"""The next step of a deal: a task with a date, one open at a time, for the responsible unless somebody was chosen.

Whoever may write the deal agrees on it, changes, finishes or cancels it. It needs nobody's acceptance. The task is the
record: nothing of it is kept on the deal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from rules.worktime import Delay
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import emit, instant, session
from webapp.errors import Refused, invalid
from webapp.models import Deal, JournalEntry, Task
from webapp.services import journal, placeholders, responsibles, task_alarms, task_notices, tasks, texts
from webapp.services.assignees import assignee
from webapp.services.events import NextStepChanged
from webapp.services.undo import GRACE, WITHIN
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of

REMIND = Delay(30, "minutes")


@dataclass(frozen=True, slots=True)
class StepDraft:
    """What is to be done and when. Nobody chosen: the responsible."""

    title: str
    due_at: datetime | None
    assignee_id: int | None = None


def check_shown(deal: Deal, task_id: int | None, version: int | None) -> None:
    """What is agreed on a locked deal is what was shown: this task (0: none), and so worded. None where nothing says
    what was shown. Raises Refused."""
    step = open_step(deal.id)
    if task_id not in (None, step.id if step else 0) or version not in (None, step.version if step else None):
        who = setups.current().name_of(last_hand(deal.id))
        raise Refused("stale", record=("deal", deal.id), by=who, event="next_step.changed", at="", stage_name={})


def open_step(deal_id: int) -> Task | None:
    """The step that is agreed, locked where it is to be written; the deal must be locked already."""
    return session().scalars(_OPEN, {"deal": deal_id}).first()


_OPEN = (
    select(Task)
    .where(Task.deal_id == bindparam("deal"), Task.is_next_step, Task.ended_at.is_(None))
    .order_by(Task.id.desc())
    .limit(1)
    .with_for_update()
)


def agree(deal: Deal, draft: StepDraft, by: Actor) -> Task:
    """Say what comes next on a locked deal, or say it anew. Raises Refused naming what is wrong."""
    title = texts.line("title", draft.title, tasks.TITLE_LIMIT)
    person_id = _person(deal, draft, by)
    if draft.due_at is None:
        raise invalid("due_at", "blank")
    step = open_step(deal.id)
    if step is not None and step.due_at == draft.due_at and _title(step) == title and step.assignee_id == person_id:
        return step
    if draft.due_at <= clock.now():
        raise invalid("due_at", "in_the_past")
    if step is None:
        return _first(deal, title, draft.due_at, person_id, by)
    return _changed(step, title, draft.due_at, person_id, by)


def _person(deal: Deal, draft: StepDraft, by: Actor) -> int:
    if draft.assignee_id in (None, deal.responsible_id) and responsibles.works_here(deal.responsible_id):
        return deal.responsible_id
    chosen = draft.assignee_id
    if chosen is None:  # of a closed deal that a leaver has left behind
        chosen = by.user_id or deal.responsible_id
    return assignee(chosen, by, "assignee_id").id


def _first(deal: Deal, title: str, due_at: datetime, person_id: int, by: Actor) -> Task:
    step = tasks.create(
        tasks.TaskDraft(
            title={setups.current().firm.locale: title},
            text={},
            assignee_id=person_id,
            creator_id=by.user_id,
            due_at=due_at,
            remind=REMIND,
            facts=placeholders.facts_of(deal, snapshot_of(deal)),
            deal_id=deal.id,
            is_next_step=True,
        ),
        by,
    )
    _say(step, "agreed", None, by)
    return step


def _changed(step: Task, title: str, due_at: datetime, person_id: int, by: Actor) -> Task:
    was, is_new = _facts(step), person_id != step.assignee_id
    _put(step, title, due_at, person_id)
    _say(step, "changed", was, by)
    if is_new:
        task_notices.tell(step, "task.created", [person_id], by)
    return step


def _put(step: Task, title: str, due_at: datetime, person_id: int) -> None:
    task_notices.leaves(step)
    step.title, step.due_at, step.assignee_id = {setups.current().firm.locale: title}, due_at, person_id
    step.version += 1
    task_alarms.call_off(step)
    tasks.set_alarms(step, due_at, REMIND)


def finish(deal: Deal, by: Actor) -> Task:
    """It is done; whoever was to do it and whoever asked for it are told, if it was somebody else."""
    return _ended(deal, "done", by)


def cancel(deal: Deal, by: Actor) -> Task:
    """It is not needed any more."""
    return _ended(deal, "cancelled", by)


def _ended(deal: Deal, state: str, by: Actor) -> Task:
    step = open_step(deal.id)
    if step is None:
        raise Refused("no_next_step", record=("deal", deal.id))
    was = _facts(step)
    _stop(step, state)
    _say(step, state, was, by)
    task_notices.tell(step, f"task.{state}", [step.assignee_id, step.creator_id], by)
    return step


def _stop(step: Task, state: str) -> None:
    step.state, step.ended_at = state, instant()
    step.version += 1
    task_alarms.call_off(step)


def take_back(deal: Deal, by: Actor, act: int | None = None) -> None:
    """Undo the last that was done to the deal's step: for some seconds, by whoever did it, and nothing but `act`, where
    the offer named one (`last_act`)."""
    entry = _last(deal.id)
    if entry is None or entry.by_id != by.user_id or clock.now() - entry.at > WITHIN + GRACE:
        raise Refused("step_too_late", record=("deal", deal.id))
    if act not in (None, entry.id) or entry.event == "next_step.taken_back" or _has_ended_with(deal, entry):
        raise Refused("step_too_late", record=("deal", deal.id))
    step = session().get_one(Task, entry.entity_id, with_for_update=True)
    was, before = _facts(step), entry.old
    if isinstance(before, dict):
        step.state, step.ended_at = before["state"], None
        person_id = before["assignee_id"] if responsibles.works_here(before["assignee_id"]) else deal.responsible_id
        _put(step, before["title"], datetime.fromisoformat(before["due_at"]), person_id)
    else:
        _stop(step, "cancelled")
    _say(step, "taken_back", was, by)


def _has_ended_with(deal: Deal, entry: JournalEntry) -> bool:
    """The deal has been closed since: nothing is open on it again by an undo of what came before."""
    return deal.closed_at is not None and deal.closed_at >= entry.at


def last_act(deal_id: int) -> int | None:
    """By which name it is offered to take back what was done to the deal's step last."""
    entry = _last(deal_id)
    return entry.id if entry else None


def last_hand(deal_id: int) -> int | None:
    """Who has done something about the deal's step last."""
    entry = _last(deal_id)
    return entry.by_id if entry else None


def changed_by(step: Task, fact: str) -> int | None:
    """Who gave the step its title, due_at or assignee_id last."""
    own = JournalEntry.entity == "task", JournalEntry.entity_id == step.id, JournalEntry.event.startswith("next_step.")
    lines = select(JournalEntry).where(*own).order_by(JournalEntry.id.desc()).limit(journal.LOOKED_AT)
    found = session().scalars(lines)
    return next((each.by_id for each in found if _of(each.old, fact) != _of(each.new, fact)), None)


def _of(facts: object, fact: str) -> object:
    return facts.get(fact) if isinstance(facts, dict) else None


def _last(deal_id: int) -> JournalEntry | None:
    own = select(JournalEntry).where(JournalEntry.deal_id == deal_id, JournalEntry.event.startswith("next_step."))
    return session().scalars(own.order_by(JournalEntry.id.desc()).limit(1)).first()


def follow(deal: Deal, old_id: int | None, by: Actor) -> None:
    """The deal has gone to somebody else: a step that was the former responsible's goes along."""
    step = open_step(deal.id) if old_id is not None else None  # who has made a deal has agreed on nothing yet
    if step is None or step.due_at is None or step.assignee_id != old_id:
        return
    was = _facts(step)
    _put(step, _title(step), step.due_at, deal.responsible_id)
    _say(step, "changed", was, by)


def _say(step: Task, done: str, was: object, by: Actor) -> None:
    assert step.deal_id is not None
    journal.write(f"next_step.{done}", "task", step.id, by, deal_id=step.deal_id, old=was, new=_facts(step))
    announcements.tasks_changed(step.id, step.deal_id)
    emit(NextStepChanged(step.deal_id, by))


def _facts(step: Task) -> dict[str, object]:
    due = step.due_at.isoformat() if step.due_at else None
    return {"title": _title(step), "due_at": due, "assignee_id": step.assignee_id, "state": step.state}


def _title(step: Task) -> str:
    return str(next(iter(step.title.values()), ""))
