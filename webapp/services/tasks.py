"""Tasks whose result a head accepts or returns; each step told without further set-up.

Until the work is submitted the acceptor is found anew by the resolver; then it is fixed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from rules import tasks as rules
from rules.facts import Snapshot
from rules.robots import LONGEST
from rules.worktime import CalendarError, Delay, WorkCalendar, after, before
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import emit, instant, session
from webapp.errors import Refused, invalid
from webapp.models import Deal, JournalEntry, RobotRun, Task, TaskReturn
from webapp.services import (
    acceptors,
    journal,
    placeholders,
    task_alarms,
    task_decisions,
    task_notices,
    task_shown,
    texts,
)
from webapp.services.assignees import acceptor, assignee
from webapp.services.events import NextStepChanged, TaskStepped
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as snapshots
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import PersonFacts

OPEN = rules.OPEN
DECIDES = ("accept", "send_back", "cancel")
RESULT_LIMIT = 10_000
TITLE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task to be made. Texts are {en, ru} templates over `facts`."""

    title: dict[str, str]
    text: dict[str, str]
    assignee_id: int
    creator_id: int | None
    acceptor_id: int | None = None
    acceptor_path: list[object] = field(default_factory=list)
    due_at: datetime | None = None
    accept: bool = False
    result_required: bool = False
    remind: Delay | None = None
    facts: dict[str, object] = field(default_factory=dict)
    deal_id: int | None = None
    robot_id: int | None = None
    run_id: int | None = None
    is_next_step: bool = False


def open_task_of(deal_id: int, robot_id: int) -> int | None:
    """The open task that this robot made on this deal, if any."""
    return session().scalar(
        select(Task.id).where(Task.deal_id == deal_id, Task.robot_id == robot_id, Task.state.in_(OPEN)).limit(1)
    )


def create_by_robot(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Task:
    """The task of robot Task: assignee the responsible, creator a named user or the head found by the resolver."""
    settings = run.definition["settings"]
    doer = recipients.reached(run.definition["kind"], settings, deal)
    assignee_id = doer.people[0] if doer.people else deal.responsible_id
    creator = recipients.of(settings.get("creator", "head"), deal)
    acceptor = creator if assignee_id not in creator.people[:1] else recipients.head_of(assignee_id, deal.department_id)
    due = settings.get("due")
    remind = settings.get("remind")
    now = instant()
    return create(
        TaskDraft(
            title=settings["title"],
            text=settings["text"],
            assignee_id=assignee_id,
            creator_id=creator.people[0] if creator.people else None,
            acceptor_id=acceptor.people[0] if acceptor.people else None,
            acceptor_path=acceptor.path,
            due_at=after(calendar_of(assignee_id), now, Delay(due["amount"], due["unit"])) if due else None,
            accept=bool(settings.get("accept")),
            result_required=bool(settings.get("result_required")),
            remind=Delay(remind["amount"], remind["unit"]) if remind else None,
            facts=placeholders.of_run(run, deal, snapshot),
            deal_id=deal.id,
            robot_id=run.robot_id,
            run_id=run.id,
        ),
        by,
    )


def create_by_hand(
    title: str,
    text: str,
    assignee_id: int,
    by: Actor,
    *,
    deal: Deal | None = None,
    due_at: datetime | None = None,
    working_days: int | None = None,
    accept: bool = False,
    acceptor_id: int | None = None,
    result_required: bool = False,
    remind: Delay | None = None,
) -> Task:
    """A person's own task, for oneself or for somebody of one's departments; due at a moment, or in so many working
    days of whoever does it; `remind`: so long before that. With `accept` the work is accepted by `acceptor_id`, whom to
    name is to want it accepted, else by its creator, or by the head when it is the creator's own."""
    setup = setups.current()
    title, text = texts.line("title", title, TITLE_LIMIT), texts.text("text", text, RESULT_LIMIT, required=False)
    person = assignee(assignee_id, by, "assignee_id")
    due_at, accept = _due_by_hand(person, due_at, working_days), accept or acceptor_id is not None
    if remind is not None:
        _reminded_at(person.id, due_at, remind)
    acceptor_id, path = _acceptor_by_hand(person, acceptor_id, deal.department_id if deal else person.department_id, by)
    return create(
        TaskDraft(
            title={setup.firm.locale: title},
            text={setup.firm.locale: text},
            assignee_id=person.id,
            creator_id=by.user_id,
            acceptor_id=acceptor_id,
            acceptor_path=path,
            due_at=due_at,
            accept=accept,
            result_required=result_required,
            remind=remind,
            facts=placeholders.facts_of(deal, snapshot_of(deal)) if deal else {},
            deal_id=deal.id if deal else None,
        ),
        by,
    )


def _due_by_hand(assignee: PersonFacts, due_at: datetime | None, working_days: int | None) -> datetime | None:
    if working_days is None:
        if due_at is not None and due_at <= clock.now():
            raise invalid("due_at", "in_the_past")
        return due_at
    if due_at is not None:
        raise invalid("working_days", "one_deadline")
    if not 0 < working_days <= LONGEST["working_days"]:
        raise invalid("working_days", "bad_amount", limit=LONGEST["working_days"])
    return after(calendar_of(assignee.id), instant(), Delay(working_days, "working_days"))


def _acceptor_by_hand(
    assignee: PersonFacts, chosen_id: int | None, department_id: int | None, by: Actor
) -> tuple[int | None, list[object]]:
    if chosen_id is not None:
        return acceptor(chosen_id, assignee.id, by, "acceptor_id").id, []
    if assignee.id != by.user_id:
        return by.user_id, []
    head = recipients.head_of(assignee.id, department_id)
    return next(iter(head.people), None), head.path


def create(draft: TaskDraft, by: Actor) -> Task:
    """A new task; assignee and creator are told, its alarms are set."""
    task = Task(
        key=f"run-{draft.run_id}" if draft.run_id else None,
        deal_id=draft.deal_id,
        robot_id=draft.robot_id,
        run_id=draft.run_id,
        title=draft.title,
        text=draft.text,
        facts=draft.facts,
        assignee_id=draft.assignee_id,
        creator_id=draft.creator_id,
        acceptor_id=draft.acceptor_id if draft.accept else None,
        acceptor_path=draft.acceptor_path,
        accept=draft.accept,
        is_next_step=draft.is_next_step,
        result_required=draft.result_required,
        due_at=draft.due_at,
        created_at=instant(),
    )
    session().add(task)
    session().flush()
    if not task.is_next_step:  # of which the deal tells in its own words
        new = {"title": task.title} | ({"path": task.acceptor_path} if task.acceptor_path else {})
        journal.write("task.created", "task", task.id, by, deal_id=task.deal_id, new=new)
    task_notices.tell(task, "task.created", [draft.assignee_id, draft.creator_id], by)
    if draft.due_at is not None:
        set_alarms(task, draft.due_at, draft.remind)
    _stepped(task, "created", by)
    return task


def set_alarms(task: Task, due_at: datetime, remind: Delay | None) -> None:
    """Its deadline is told of before it comes, and when it has passed."""
    coming = rules.coming_at(calendar_of(task.assignee_id), due_at, task.created_at, remind)
    task_alarms.set_both(task, coming, due_at)


def calendar_of(person_id: int | None) -> WorkCalendar:
    """A deadline is counted in the working time of whoever has to keep it."""
    person = setups.current().people.get(person_id) if person_id is not None else None
    return recipients.calendar_for(person.department_id if person else None, person_id)


def delegate(task: Task, to: int, by: Actor, shown: int | None = None) -> None:
    """Whoever does it, wants it or accepts it gives it to somebody else to do; whoever had it is told too. With
    `shown`, only when it is still that person's."""
    must_be_allowed(task, "delegate", by)
    task_shown.check_assignee(task, shown)
    if to == task.assignee_id:
        raise invalid("to", "has_it_already")
    old = task.assignee_id
    hand_over(task, to, by, field="to")
    task_notices.tell(task, "task.given_on", [old], by)


def hand_over(task: Task, to: int, by: Actor, field: str = "assignee_id") -> None:
    """Somebody else is to do the work, and is told; its deadlines stay. Raises Refused naming the `field`."""
    person, old = assignee(to, by, field), task.assignee_id
    task_notices.leaves(task)
    task.assignee_id = person.id
    task.version += 1
    journal.write("task.handed_over", "task", task.id, by, deal_id=task.deal_id, field="assignee", old=old, new=to)
    task_notices.tell(task, "task.handed_over", [person.id], by)
    if task.acceptor_id == person.id:  # nobody accepts their own work
        hand_over_acceptance(task, None, by, besides=None)
    _stepped(task, "handed_over", by, old)


def hand_over_acceptance(task: Task, to: int | None, by: Actor, *, besides: int | None) -> None:
    """Somebody else is to accept the work, and is asked if it has been handed in: `to`, else whoever the resolver names
    over the assignee, were `besides` gone already. Work that nobody else could ever accept is done."""
    task_notices.leaves(task)
    found = recipients.head_of(task.assignee_id, snapshots.department_of(task), without=besides)
    old, is_named = task.acceptor_id, to is not None and to != task.assignee_id
    task.acceptor_id = to if is_named else next(iter(found.people), None)
    task.acceptor_path, task.version = [] if is_named else found.path, task.version + 1
    new = task.acceptor_id
    journal.write(
        "task.acceptance_handed_over", "task", task.id, by, deal_id=task.deal_id, field="acceptor", old=old, new=new
    )
    _stepped(task, "acceptance_handed_over", by, old)
    if task.state != "awaiting_acceptance":
        return
    if new is not None:
        return acceptors.ask(task, by)
    task.state = "done"
    task_alarms.call_off(task)
    journal.write("task.unaccepted", "task", task.id, by, deal_id=task.deal_id)
    _end(task, "task.done", [task.creator_id], by)


def remind(task: Task, ahead: Delay, by: Actor) -> None:
    """Say that the deadline is coming so long before it, instead of when it was to be said."""
    must_be_allowed(task, "remind", by)
    at = _reminded_at(task.assignee_id, task.due_at, ahead)
    task.version += 1
    task_alarms.call_off(task, "deadline_coming")
    task_alarms.set_alarm(task, "deadline_coming", at)
    new = {"amount": ahead.amount, "unit": ahead.unit}
    journal.write("task.reminder_set", "task", task.id, by, deal_id=task.deal_id, new=new)
    announcements.tasks_changed(task.id, task.deal_id)


def _reminded_at(assignee_id: int, due_at: datetime | None, remind: Delay) -> datetime:
    """In the working time of whoever does it, where it is said in such. Raises Refused naming "remind"."""
    if due_at is None:
        raise invalid("remind", "no_deadline")
    if not 0 < remind.amount <= LONGEST[remind.unit]:
        raise invalid("remind", "bad_amount", limit=LONGEST[remind.unit])
    try:
        at = before(calendar_of(assignee_id), due_at, remind)
    except (CalendarError, OverflowError) as error:
        raise invalid("remind", "in_the_past") from error
    if at <= clock.now():
        raise invalid("remind", "in_the_past")
    return at


def start(task: Task, by: Actor) -> None:
    """The assignee takes it in hand."""
    _step(task, "start", by)


def submit(task: Task, result: str, by: Actor, returns: int | None = None) -> None:
    """The assignee reports. With `accept` the head is asked, else it is done: also in a firm of one, where nobody else
    could ever accept it, and the journal says so. With `returns`, only when it has not come back more often."""
    task_shown.check_returns(task, returns)
    result = texts.text("result", result, RESULT_LIMIT, required=task.result_required)
    if task.accept:
        acceptors.find(task)
    _step(task, "submit", by)
    task.result, task.submitted_at = result, instant()
    task_alarms.call_off(task)
    if task.accept and task.state == "done":
        journal.write("task.unaccepted", "task", task.id, by, deal_id=task.deal_id)
    if task.state == "done":
        return _end(task, "task.done", [task.creator_id], by)
    task.acceptance_due_at = rules.acceptance_due_at(calendar_of(task.acceptor_id), instant(), accept_within(task))
    task_alarms.set_alarm(task, "acceptance_overdue", task.acceptance_due_at)
    return acceptors.ask(task, by)


def accept_within(task: Task) -> Delay:
    """As its robot says, else the firm."""
    run = session().get(RobotRun, task.run_id) if task.run_id else None
    within = run.definition["settings"].get("accept_within") if run is not None else None
    if within:
        return Delay(within["amount"], within["unit"])
    return rules.firms_time(setups.current().firm.accept_within)


def accept(task: Task, by: Actor, submission: str = "") -> None:
    """The head accepts the work; the assignee is told. With `submission`, only what they were shown: raises Refused
    when it was handed in anew since."""
    task_shown.check_submission(task, submission)
    _step(task, "accept", by)
    task_alarms.call_off(task)
    _end(task, "task.accepted", [task.assignee_id], by)


def send_back(task: Task, reason: str, by: Actor, submission: str = "") -> None:
    """The head returns the work for rework, with a reason; the assignee is told which. `submission` as for `accept`."""
    task_shown.check_submission(task, submission)
    reason = texts.text("reason", reason, RESULT_LIMIT)
    _step(task, "send_back", by)
    task.returns_count += 1
    task.acceptance_due_at = None
    assert by.user_id is not None
    session().add(TaskReturn(task_id=task.id, by_id=by.user_id, reason=reason, at=instant()))
    task_alarms.call_off(task)
    task_alarms.set_again(task)
    task_notices.tell(task, "task.returned", [task.assignee_id], by, reason=reason)


def cancel(task: Task, by: Actor) -> None:
    """Nobody needs it any more."""
    _step(task, "cancel", by)
    task_alarms.call_off(task)
    _end(task, "task.cancelled", [task.assignee_id, task.creator_id], by)


def cancel_of(deal_id: int, by: Actor) -> None:
    """A lost deal closes its open tasks, both sides told once."""
    for task in session().scalars(select(Task).where(Task.deal_id == deal_id, Task.state.in_(OPEN))).all():
        task_notices.leaves(task)
        task.state = "cancelled"
        task.version += 1
        task_alarms.call_off(task)
        _end(task, "task.cancelled", [task.assignee_id, task.creator_id, task.acceptor_id], by)


def must_be_allowed(task: Task, verb: str, by: Actor) -> None:
    """Raises Refused, naming who was quicker, when this person may not do this with it now."""
    assert by.user_id is not None
    refusal = rules.may(snapshots.facts_of(task), verb, by.user_id, deputies=snapshots.stand_ins(task))
    if refusal is not None:
        raise Refused(refusal, record=("task", task.id), state=task.state, by=_last_hand(task))


def _step(task: Task, verb: str, by: Actor) -> None:
    must_be_allowed(task, verb, by)
    task_notices.leaves(task)
    if verb in DECIDES:
        task_decisions.keep(task, by)
    old = task.state
    task.state = rules.after(snapshots.facts_of(task), verb)
    task.version += 1
    journal.write(
        f"task.{rules.DONE[verb]}", "task", task.id, by, deal_id=task.deal_id, field="state", old=old, new=task.state
    )
    announcements.tasks_changed(task.id, task.deal_id)
    _stepped(task, rules.DONE[verb], by)


def _stepped(task: Task, step: str, by: Actor, was_id: int | None = None) -> None:
    emit(TaskStepped(task.deal_id, task.id, step, by, was_id))


def _last_hand(task: Task) -> str:
    """Who acted on it last: a person who came second is told."""
    last = session().scalar(
        select(JournalEntry.by_id)
        .where(JournalEntry.entity == "task", JournalEntry.entity_id == task.id, JournalEntry.by_id.is_not(None))
        .order_by(JournalEntry.id.desc())
        .limit(1)
    )
    return setups.current().name_of(last)


def _end(task: Task, kind: str, people: list[int | None], by: Actor) -> None:
    task.ended_at = instant()
    if kind == "task.cancelled" and by.user_id is None:
        journal.write(kind, "task", task.id, by, deal_id=task.deal_id, field="state", new="cancelled")
        _stepped(task, "cancelled", by)
    task_notices.tell(task, kind, people, by)
    if task.is_next_step and task.deal_id is not None:
        emit(NextStepChanged(task.deal_id, by))
