"""The one gate: wherever a deal's stage or a required value changes, it is asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from rules import gates, messages
from rules.facts import Snapshot
from rules.fields import is_blank
from rules.gates import Missing
from rules.setup import Stage
from webapp.access import clients
from webapp.access.scopes import Actor
from webapp.db import execute_core, session
from webapp.errors import Refused
from webapp.models import Contact, Deal, RobotRun, Task
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import current

_OPEN_OF_STAY = (
    select(
        *(Task.title, Task.facts, Task.accept, Task.acceptor_id, Task.assignee_id),
        RobotRun.definition.label("definition"),
    )
    .join(RobotRun, RobotRun.id == Task.run_id)
    .where(RobotRun.visit_id == bindparam("visit"), Task.ended_at.is_(None))
    .order_by(Task.id)
)
LOST_REASON = Missing("deal", "lost_reason", {"en": "Why it was lost", "ru": "Причина провала"}, "text", ())


def lacks(stage: Stage, snapshot: Snapshot) -> tuple[Missing, ...]:
    """What a deal would have to be given to stand on `stage`."""
    if stage.kind == "lost":
        return (LOST_REASON,) if is_blank(snapshot.value("deal", "lost_reason")) else ()
    setup = current()
    stages = [each.facts for each in setup.stages_of(stage.pipeline_id)]
    return gates.missing_fields(setup.catalogue, stages, stage.id, snapshot)


def needs(deal: Deal) -> dict[str, tuple[Missing, ...]]:
    """What the deal lacks for each stage that it could be moved to, by the stage's key."""
    snapshot, stages = snapshot_of(deal), current().stages_of(deal.pipeline_id)
    others = [each for each in stages if each.id != deal.stage_id]
    return {each.key: lacks(each, snapshot.with_values("deal", {"stage": each.id})) for each in others}


def check_entry(stage: Stage, entering: Snapshot, contact_id: int | None, by: Actor) -> None:
    """`entering` is the deal as it would stand there. Raises Refused("required_fields") with exactly what is
    missing, or, when it is of a client whom `by` may not change, "client_lacks" with the name of who may."""
    if missing := lacks(stage, entering):
        facts: dict[str, Any] = {"stage": stage.key, "stage_name": dict(stage.name)}
        if who := _must_be_asked(contact_id, missing, by):
            raise Refused("client_lacks", who=who, missing=missing, **facts)
        raise Refused("required_fields", missing=missing, **facts)


def check_leaving(visit_id: int | None, stage_id: int, to: Stage) -> None:
    """Raises Refused("held_by_task") while work that this stay on the stage has led to holds the deal there until it is
    accepted. Nothing holds a deal that is lost: its tasks end with it."""
    if visit_id is None or to.kind == "lost" or to.id == stage_id:
        return
    for task in execute_core(_OPEN_OF_STAY, visit=visit_id):
        if task.definition["settings"].get("holds_stage"):
            stage = current().stage_by_id(stage_id)
            by = current().name_of(task.acceptor_id if task.accept else task.assignee_id)
            named = messages.named(task.title.values(), task.facts)
            title = {"text": dict(task.title), "facts": named} if named else dict(task.title)
            raise Refused("held_by_task", task=title, who=by, stage_name=dict(stage.name))


def _must_be_asked(contact_id: int | None, missing: tuple[Missing, ...], by: Actor) -> str:
    """Who may give what the client lacks, when `by` may not."""
    if by.scope is None or all(each.entity not in ("contact", "company") for each in missing):
        return ""
    contact = session().get(Contact, contact_id) if contact_id else None
    return clients.named_keepers(contact) if contact is not None and not clients.may_write(by.scope, contact) else ""


def lacked(refusal: Exception) -> list[dict[str, Any]]:
    """What would have to come first, in words of the firm: labels of fields, or the title of work that holds the deal
    with what it names (see `webapp.i18n.facts.said`)."""
    if not isinstance(refusal, Refused):
        return []
    held = refusal.facts.get("task") if refusal.reason == "held_by_task" else None
    return [dict(held)] if held else [dict(each.label) for each in refusal.missing]


def check_edit(deal: Deal, before: Snapshot, contact: Contact | None = None) -> None:
    """After an edit: what the deal's stage requires must not have been taken away. Old gaps are let be."""
    stage = current().stages.get(deal.stage_id)
    if stage is None:
        return
    lacked = {(each.entity, each.key) for each in lacks(stage, before)}
    now = lacks(stage, snapshot_of(deal, contact))
    gone = tuple(each for each in now if (each.entity, each.key) not in lacked)
    if gone:
        raise Refused("required_fields", missing=gone, stage=stage.key, stage_name=dict(stage.name))
