"""What follows from what happened: the only place where events become triggers, runs and notifications.

It is called by the transaction itself before the commit, so no way in can forget it. A chain that is too deep
(rules.chains) is cut and journalled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import bindparam, update

from rules import chains, conditions, triggers
from rules.setup import Stage
from rules.starts import is_watched
from rules.triggers import TriggerSpec
from webapp.access import clients
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.db import Base, execute_later, savepoint, session
from webapp.errors import NotFound, Refused
from webapp.models import Deal, RobotRun
from webapp.services import (
    client_notices,
    deals,
    firing,
    gate,
    important_causes,
    item_people,
    journal,
    next_steps,
    notices_over,
    notifications,
    placeholders,
    runs,
    starts,
    tasks,
)
from webapp.services.events import (
    CallMissed,
    ClientWrote,
    DealAssigned,
    DealChanged,
    DealDeleted,
    DealEntered,
    DealOpened,
    DealRestored,
    DealTakenAlong,
    EmployeeReplied,
    InvoiceIssued,
    InvoicePaid,
    NextStepChanged,
    PeopleChanged,
    TaskStepped,
    TriggerCalled,
)
from webapp.services.occasions import Occasion
from webapp.services.values import Changed
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of

NEXT_STEP = frozenset(("deal", key) for key in ("has_next_step", "next_step_at", "next_step_overdue"))


def react(event: object) -> None:
    """Follow one event. Unknown events have no consequences."""
    reaction = REACTIONS.get(type(event))
    if reaction is not None:
        reaction(event)
        important_causes.follow(event)
        item_people.follow(event)
        notices_over.follow(event)


def _entered(event: DealEntered) -> None:
    deal, setup = event.deal, setups.current()
    stage = setup.all_stages[event.stage_id]
    if event.left_visit_id is not None and event.leaves_waiting:
        _fire_held(event.left_visit_id, event)
        reason = {"code": "left_stage", "to": stage.id}
        runs.call_off(runs.OF_VISIT, reason, event.by, visit=event.left_visit_id)
    if stage.kind != "open":
        runs.call_off(runs.OF_DEAL_ITSELF, {"code": "closed"}, event.by, deal=deal.id)
    robots = starts.listening(stage.id, "entered")
    is_new = event.left_visit_id is None  # whoever made it may have given it a conversation or an invoice since
    facts = None if is_new else event.entered_with
    runs.arm(deal, robots, Occasion("entered", event.at), event.by, snapshot=facts)
    if starts.are_heard(event):
        starts.begin(deal, event, event.by)
    if stage.kind == "lost":
        tasks.cancel_of(deal.id, event.by.by("lost"))


def _fire_held(visit_id: int, event: DealEntered) -> None:
    """Whoever moves the deal on within the time of undo has not taken the first move back: what it set off at once is
    done first, as if that time were over."""
    for run in runs.held(visit_id):
        firing.fire(outbox.take("run", run))
        execute_later(_ENDED, run=run.id, at=event.at)


_RUN = Base.metadata.tables[RobotRun.__tablename__]
_ENDED = update(_RUN).where(_RUN.c.id == bindparam("run")).values(ended_at=bindparam("at"))


def _deleted(event: DealDeleted) -> None:
    runs.call_off(runs.OF_DEAL, {"code": "deleted"}, event.by, deal=event.deal_id)
    tasks.cancel_of(event.deal_id, event.by.by("deleted"))


def _restored(event: DealRestored) -> None:
    important_causes.take_back(event.deal, event.deleted_at, event.by)


def _assigned(event: DealAssigned) -> None:
    deal = event.deal
    next_steps.follow(deal, event.old_id, event.by)
    if event.by.user_id == event.new_id:
        return
    notifications.tell(
        [event.new_id],
        "deal.assigned",
        key=f"assigned-{deal.id}-{deal.version}",
        facts=placeholders.facts_of(deal, snapshot_of(deal)),
        sender_id=event.by.user_id,
        deal_id=deal.id,
    )


def _for_items_alone(_: object) -> None:
    """What matters now follows it, and nothing else."""


def _opened(event: DealOpened) -> None:
    """Another works with somebody's client: the client's own rep and heads are told, though not what the deal is."""
    deal, contact = event.deal, event.contact
    if clients.is_client_of(deal.responsible_id, contact):
        return
    setup = setups.current()
    responsible = setup.name_of(deal.responsible_id)
    department = setup.department_names.get(deal.department_id or 0)
    notifications.tell(
        [each for each in clients.keepers(contact) if each != event.by.user_id],
        "contact.shared",
        key=f"shared-{contact.id}-{deal.id}",
        facts={
            "contact.name": contact.name,
            "contact.rep": setup.name_of(contact.responsible_id),
            "deal.responsible": responsible,
            "deal.department": {"text": dict(department)} if department else responsible,
        },
        sender_id=event.by.user_id,
    )


def _changed(event: DealChanged) -> None:
    runs.recompute(event.deal, event.changed, event.by, event.now or snapshot_of(event.deal))
    if starts.are_heard(event):
        starts.begin(event.deal, event, event.by)
    if listening := _listening("field_changed", event.changed):
        _pull_one(listening, event.deal.id, event.by)


def _step_changed(event: NextStepChanged) -> None:
    deal = _deal(event.deal_id)
    if deal.deleted_at is None:
        runs.recompute(deal, NEXT_STEP, event.by, snapshot_of(deal))
        starts.begin(deal, event, event.by)


def _client_wrote(event: ClientWrote) -> None:
    starts.begin(_deal(event.deal_id), event, event.by)
    if event.is_inquiry:
        _pull_trigger("inquiry_received", event.deal_id, event.by)
    _pull_trigger("client_wrote", event.deal_id, event.by)
    client_notices.tell(event)


def _missed(event: CallMissed) -> None:
    _pull_trigger("call_missed", event.deal_id, event.by)


def _called(event: TriggerCalled) -> None:
    if listening := [each for each in _listening("webhook") if each.id == event.trigger_id]:
        _pull_one(listening, event.deal_id, event.by)


def _replied(event: EmployeeReplied) -> None:
    starts.begin(_deal(event.deal_id), event, event.by)
    if event.is_first:
        _pull_trigger("dialogue_taken", event.deal_id, event.by)


def _issued(event: InvoiceIssued) -> None:
    starts.begin(_deal(event.deal_id), event, event.by)
    _pull_trigger("invoice_issued", event.deal_id, event.by)


def _paid(event: InvoicePaid) -> None:
    deal = _deal(event.deal_id)
    runs.call_off_paid(deal, event.invoice_id, event.by)
    starts.begin(deal, event, event.by)
    if not event.in_full:
        return
    runs.call_off_unpaid(deal, event.invoice_id, event.by)
    _pull_trigger("invoice_paid_in_full", event.deal_id, event.by)


def _task_stepped(event: TaskStepped) -> None:
    if event.deal_id is None:
        return
    starts.begin(_deal(event.deal_id), event, event.by)
    if event.step in ("accepted", "returned"):
        _pull_trigger(f"task_{event.step}", event.deal_id, event.by)


def _pull_trigger(name: str, deal_id: int, by: Actor) -> None:
    if listening := _listening(name):
        _pull_one(listening, deal_id, by)


def _listening(name: str, changed: Changed = frozenset()) -> list[TriggerSpec]:
    return [each for each in setups.current().value.triggers if each.event == name and _hears(each, changed)]


def _pull_one(listening: Sequence[TriggerSpec], deal_id: int, by: Actor) -> None:
    """`listening` are all of one event."""
    deal = _deal(deal_id)
    trigger = _willing(listening[0].event, listening, deal) if deal.deleted_at is None else None
    if trigger is None:
        return
    if chains.is_too_deep(by.depth):
        journal.write("chain.cut", "deal", deal.id, by, new={"trigger_id": trigger.id})
        return
    to = setups.current().stage_by_id(trigger.stage_id)
    hand = by.by("trigger", trigger_id=trigger.id, name=dict(trigger.name), set_off_by=by.user_id)
    try:
        with savepoint():
            deals.move(deal, to, by=hand)
    except (Refused, NotFound) as refusal:
        _refused(deal_id, trigger, to, refusal, hand)


def _hears(trigger: TriggerSpec, changed: Changed) -> bool:
    return trigger.event != "field_changed" or is_watched(trigger.condition, changed)


def _willing(name: str, listening: Sequence[TriggerSpec], deal: Deal) -> TriggerSpec | None:
    """The trigger on the event `name` that leads this deal on, if one does."""
    setup, snapshot = setups.current(), snapshot_of(deal)
    holding = [each for each in listening if conditions.evaluate(each.condition, snapshot, setup.catalogue).holds]
    here = setup.stage_by_id(deal.stage_id)  # a deal on an archived stage is led on from its old place
    stages = {each.id: each for each in (*setup.stages_of(deal.pipeline_id), here)}
    return triggers.leads_to(holding, name, [each.facts for each in stages.values()], here.id)


def _refused(deal_id: int, trigger: TriggerSpec, to: Stage, refusal: Exception, by: Actor) -> None:
    """A refused trigger leaves the deal, journals why, and tells the responsible: nothing fails silently."""
    deal = _deal(deal_id)
    missing = gate.lacked(refusal)
    why = {"code": str(refusal), "missing": missing, "to": to.id}
    journal.write("trigger.refused", "deal", deal.id, by, new=why)
    notifications.tell(
        [deal.responsible_id],
        "trigger.refused",
        key=f"refused-{trigger.id}-{deal.id}-{deal.version}",
        facts={
            **placeholders.facts_of(deal, snapshot_of(deal)),
            "trigger.name": {"text": dict(trigger.name)},
            "trigger.to": {"text": dict(to.name)},
            "trigger.missing": {"texts": missing},
        },
        deal_id=deal.id,
    )


def _deal(deal_id: int) -> Deal:
    return session().get_one(Deal, deal_id)


REACTIONS: dict[type[object], Callable[..., None]] = {
    DealEntered: _entered,
    DealDeleted: _deleted,
    DealRestored: _restored,
    DealAssigned: _assigned,
    DealTakenAlong: _for_items_alone,
    PeopleChanged: _for_items_alone,
    DealOpened: _opened,
    DealChanged: _changed,
    ClientWrote: _client_wrote,
    CallMissed: _missed,
    TriggerCalled: _called,
    EmployeeReplied: _replied,
    InvoiceIssued: _issued,
    InvoicePaid: _paid,
    TaskStepped: _task_stepped,
    NextStepChanged: _step_changed,
}
