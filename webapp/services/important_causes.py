"""What opens items of what matters now, and what settles them: after each event of a deal or a task it is looked up
whether the causes of its items still stand, whichever way they came to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from rules import conditions
from rules import important as rules
from rules.facts import Snapshot
from rules.worktime import Delay
from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import SqlSelect, execute_core, session
from webapp.models import Conversation, Deal, ImportantItem, Invoice, Message, RobotRun, Task
from webapp.services import important, occasions, placeholders
from webapp.services.events import (
    CallMissed,
    ClientWrote,
    DealAssigned,
    DealEntered,
    DealOpened,
    TaskStepped,
)
from webapp.services.important import Cause
from webapp.snapshots import recipients, setups, signs
from webapp.snapshots import tasks as snapshots
from webapp.snapshots.deals import snapshot_of

CLOCK = Actor(via="clock")
TO_DO = ("new", "in_progress")
_OWN = "-own"


def open_of_run(
    run: RobotRun, deal: Deal, snapshot: Snapshot, people: Iterable[int], facts: Mapping[str, object]
) -> ImportantItem | None:
    """What a robot tells these people of, if it is something to act on. `snapshot` is that of its firing, `facts` are
    those of its text."""
    definition = run.definition
    waits_since = snapshot.value("conversation", "unanswered_since")
    since = waits_since if isinstance(waits_since, datetime) else run.base_at
    kind = _kind(run, deal, since, is_awaited=waits_since is not None)
    if kind is None:
        return None
    told = list(people)
    of_robot = f"r{run.robot_id}-" if kind == "control" else ""
    cause = Cause(
        kind,
        f"{of_robot}d{deal.id}",
        since=since,
        about_id=deal.responsible_id,
        deal_id=deal.id,
        run_id=run.id,
        robot_id=run.robot_id,
        facts=facts,
        take_within=_time_to_take(definition["settings"], kind, is_own=deal.responsible_id in told),
    )
    return important.open_for(told, cause, Actor(via="robot", facts={"name": dict(definition["name"])}))


def _kind(run: RobotRun, deal: Deal, since: datetime, *, is_awaited: bool) -> str | None:
    """As what it stands in their lists: as the cause that its robot names, while that is there, for only what is there
    can be gone later; a client who has been answered meanwhile has no need of anybody, one who waits has."""
    robot_kind, has_ladder = run.definition["kind"], bool(run.definition["settings"].get("take_within"))
    condition = conditions.load(run.definition["condition"])
    named = rules.kind_of(robot_kind, run.start, condition, has_ladder=has_ladder)
    if named is None or (is_awaited and named in rules.OF_ONE_WAIT):
        return named
    now = ImportantItem(kind=named, deal_id=deal.id, run_id=run.id, since=since, opened_at=clock.now())
    if OVER[named](now, deal) is None:
        return named
    return "control" if robot_kind == "control" or has_ladder else None


def _time_to_take(settings: dict[str, Any], kind: str, *, is_own: bool) -> Delay | None:
    """The robot's own, else the firm's. What one is told of one's own deal climbs only where the robot says so."""
    own = settings.get("take_within")
    if own:
        return Delay(own["amount"], own["unit"])
    return firms_time() if kind in rules.LADDER_OF and not is_own else None


def firms_time() -> Delay:
    """How long a level has, where nothing else is set."""
    return Delay(setups.current().firm.take_within, "working_minutes")


def _waiting_since(deal_id: int) -> datetime | None:
    """Since when a client of this deal has waited for an answer."""
    since: datetime | None = execute_core(_WAITING_SINCE, deal=deal_id).scalar()
    return since


_WAITING_SINCE = select(func.min(Conversation.unanswered_since)).where(Conversation.deal_id == bindparam("deal"))


def _open_missed(deal: Deal, by: Actor) -> None:
    """A client called, and nobody took it: whoever is responsible is to call back, and in time, else the next level is
    told. Of calls nothing else opens an item: a second opener would count one call twice."""
    facts = placeholders.facts_of(deal, snapshot_of(deal))
    since = _waiting_since(deal.id) or clock.now()
    cause = Cause("missed_call", f"d{deal.id}", since, deal.responsible_id, deal.id, facts=facts)
    important.open_for(recipients.of_deal(deal).people, replace(cause, take_within=firms_time()), by)


def open_overdue(task: Task, *, is_news: bool = True) -> None:
    """Work is late: whoever does it has it in their list, and whoever wants it in theirs. What is no news adds nothing
    to an item that stands."""
    boss = task.acceptor_id or task.creator_id
    late = {task.assignee_id: _of_task(task, "overdue", f"t{task.id}{_OWN}")}
    if boss not in (None, task.assignee_id):
        assert boss is not None
        late[boss] = _of_task(task, "overdue", f"t{task.id}", firms_time())
    for person_id, cause in late.items():
        if is_news or important.standing(cause.kind, cause.key) is None:
            important.open_for([person_id], cause, CLOCK)


def is_own(item: ImportantItem) -> bool:
    """Whether it is late work in the list of whoever does it, and not of whoever wants it."""
    return item.kind == "overdue" and (item.live_key or "").endswith(_OWN)


def _of_task(task: Task, kind: str, key: str, within: Delay | None = None, next_at: datetime | None = None) -> Cause:
    names = setups.current().name_of
    return Cause(
        kind,
        key,
        since=(task.submitted_at if kind == "acceptance" else task.due_at) or clock.now(),
        about_id=task.assignee_id,
        deal_id=task.deal_id,
        task_id=task.id,
        facts={
            **task.facts,
            "task.title": {"text": dict(task.title)},
            "task.assignee": names(task.assignee_id),
            "task.result": task.result or "",
        },
        take_within=within,
        next_at=next_at,
    )


def follow(event: object) -> None:
    """What an event means to items: those whose cause is gone are settled, what waits for the client comes back."""
    deal_id, by = _deal_of(event), getattr(event, "by", CLOCK)
    if isinstance(event, TaskStepped):
        _follow_task(event)
    if isinstance(event, CallMissed):
        _open_missed(session().get_one(Deal, event.deal_id), event.by)
    if deal_id is None or _is_new(event):
        return
    for item in _live(_OF_DEAL, deal=deal_id):
        if (code := why_over(item)) is not None:
            important.settle(item, {"code": code}, by)
        elif isinstance(event, ClientWrote) and item.state == "snoozed" and item.until_client:
            important.come_back(item, by)


def _is_new(event: object) -> bool:
    """Whether it says of a deal that it was just made: there is no item of it yet."""
    if isinstance(event, DealEntered):
        return event.left_visit_id is None
    if isinstance(event, DealAssigned):
        return event.old_id is None
    return isinstance(event, DealOpened) and event.is_new


def _deal_of(event: object) -> int | None:
    deal = getattr(event, "deal", None)
    found = getattr(event, "deal_id", None) if deal is None else deal.id
    return found if isinstance(found, int) else None


def _follow_task(event: TaskStepped) -> None:
    task = session().get_one(Task, event.task_id)
    if event.step == "handed_over":
        _hand_over_overdue(task, event.by)
    if event.deal_id is None:
        for item in _live(_OF_TASK, task=task.id):
            if (code := why_over(item)) is not None:
                important.settle(item, {"code": code}, event.by)
    if event.step in ("submitted", "acceptance_handed_over") and task.state == "awaiting_acceptance":
        cause = _of_task(task, "acceptance", f"t{task.id}", firms_time(), task.acceptance_due_at)
        important.open_for(sorted(snapshots.deciders(task)), cause, event.by)


def _hand_over_overdue(task: Task, by: Actor) -> None:
    """Late work that somebody else does now is in that person's list, and no longer in that of whoever did it."""
    late = _live(_LATE_OF_TASK, task=task.id)
    for item in late:
        important.settle(item, {"code": "task_handed_over"}, by)
    if late:
        open_overdue(task)


# Asked after each event, so built once.
_LIVE = select(ImportantItem.id).where(ImportantItem.ended_at.is_(None)).order_by(ImportantItem.id).with_for_update()
_OF_DEAL = _LIVE.where(ImportantItem.deal_id == bindparam("deal"))
_OF_TASK = _LIVE.where(ImportantItem.task_id == bindparam("task"))
_LATE_OF_TASK = _OF_TASK.where(ImportantItem.kind == "overdue")


def _live(of: SqlSelect, **bound: int) -> list[ImportantItem]:
    """Locked. Nearly always there is none, and then the mapper is not asked."""
    return [session().get_one(ImportantItem, each.id) for each in execute_core(of, **bound)]


def take_back(deal: Deal, since: datetime, by: Actor) -> None:
    """What was done to the deal at that instant is undone, a move or its deletion: what it has settled stands again."""
    by_that = ImportantItem.reason["code"].as_string().in_(("closed", "left_stage", "deleted"))
    wanted = select(ImportantItem).where(ImportantItem.deal_id == deal.id, ImportantItem.ended_at >= since, by_that)
    for item in session().scalars(wanted.order_by(ImportantItem.id).with_for_update()):
        if why_over(item) is None:
            important.stand_again(item, by)


def why_over(item: ImportantItem) -> str | None:
    """None: its cause stands. Else the code of what ended it."""
    deal = session().get(Deal, item.deal_id) if item.deal_id is not None else None
    if deal is not None and deal.deleted_at is not None:
        return "deleted"
    if deal is not None and _was_closed(deal, item) and item.kind not in ("unpaid", "acceptance", "overdue"):
        return "closed"
    over = OVER[item.kind](item, deal)
    return over or (_gone(item, deal) if deal is not None else None)


def _was_closed(deal: Deal, item: ImportantItem) -> bool:
    """Since then; what is told of a deal that was closed before is not over by that."""
    return deal.closed_at is not None and deal.closed_at >= item.opened_at


def _answered(item: ImportantItem, deal: Deal | None) -> str | None:
    """By a reply since it began, or by somebody's word that they have answered elsewhere. That nobody waits is enough
    only where that was the cause."""
    if deal is None or _waiting_since(deal.id) is not None:
        return None
    said = select(Message.claimed).join(Conversation).where(Conversation.deal_id == deal.id, Message.at >= item.since)
    ours = said.where(Message.direction == "out", Message.by_id.is_not(None))
    last = session().execute(ours.order_by(Message.id.desc()).limit(1)).first()
    if last is None:
        return "gone" if item.kind == "late_reply" else None
    return "claimed" if last.claimed else "replied"


def _paid(_: ImportantItem, deal: Deal | None) -> str | None:
    if deal is None or setups.current().stage_by_id(deal.stage_id).kind == "lost":
        return "closed"
    open_one = select(Invoice.id).where(Invoice.deal_id == deal.id, Invoice.paid_minor < Invoice.amount_minor)
    return None if session().scalar(open_one.limit(1)) else "paid"


def _task(item: ImportantItem) -> Task:
    return session().get_one(Task, item.task_id)


def _decided(item: ImportantItem, _: Deal | None) -> str | None:
    task = _task(item)
    return None if task.state == "awaiting_acceptance" else f"task_{_ENDED.get(task.state, 'returned')}"


def _handed_in(item: ImportantItem, _: Deal | None) -> str | None:
    task = _task(item)
    is_late = task.due_at is not None and task.due_at <= clock.now()
    if task.state in TO_DO:
        return None if is_late else "task_put_off"
    return f"task_{ {'awaiting_acceptance': 'submitted'}.get(task.state, task.state) }"


_ENDED = {"done": "accepted", "cancelled": "cancelled"}


def _client_spoke(_: ImportantItem, deal: Deal | None) -> str | None:
    return None if deal is not None and occasions.standing(deal, ["client_silent"]) else "client_wrote"


def _step_agreed(_: ImportantItem, deal: Deal | None) -> str | None:
    return None if deal is not None and occasions.standing(deal, ["no_next_step"]) else "step_agreed"


def _left_stage(item: ImportantItem, deal: Deal | None) -> str | None:
    run = session().get(RobotRun, item.run_id) if item.run_id is not None else None
    is_gone = run is not None and deal is not None and run.visit_id not in (None, deal.visit_id)
    return "left_stage" if is_gone else None


def _gone(item: ImportantItem, deal: Deal) -> str | None:
    """Whether what its robot asks for holds no more."""
    run = session().get(RobotRun, item.run_id) if item.run_id is not None else None
    condition = conditions.load(run.definition["condition"]) if run is not None else None
    if condition is None:
        return None
    holds = conditions.evaluate(condition, snapshot_of(deal), setups.current().catalogue).holds
    return None if holds else "gone"


def _gave_a_sign(item: ImportantItem, _: Deal | None) -> str | None:
    """Whoever was silent has done something since, is not at work any more, or nothing waits for them."""
    person_id = item.about_id or 0
    person = setups.current().people.get(person_id)
    last = signs.last_signs([person_id]).get(person_id)
    if last is not None and last > item.since:
        return "acted"
    if person is None or not person.is_active or person_id in recipients.away():
        return "away"
    return None if signs.clients_waiting()[person_id] or signs.tasks_overdue()[person_id] else "nothing_waits"


OVER: dict[str, Callable[[ImportantItem, Deal | None], str | None]] = {
    "missed_call": _answered,
    "vip": _answered,
    "late_reply": _answered,
    "acceptance": _decided,
    "overdue": _handed_in,
    "unpaid": _paid,
    "control": _left_stage,
    "client_silent": _client_spoke,
    "no_next_step": _step_agreed,
    "silent": _gave_a_sign,
}
