"""Robots that change a deal: through the same services as people, and through the same gate.

Where these say no, the deal stays as it is: the journal says why, and the responsible is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rules.facts import Raw, Snapshot, say
from webapp.access.scopes import Actor
from webapp.db import savepoint, session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Contact, Deal, Message, Robot, RobotRun
from webapp.services import (
    contacts,
    conversations,
    deals,
    gate,
    journal,
    notifications,
    placeholders,
    turns,
    values,
    webhook_bodies,
    webhooks,
    wording,
)
from webapp.snapshots import recipients
from webapp.snapshots.setups import current


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: state, reason {code, …}, and the path by which people were found."""

    state: str
    reason: dict[str, Any]
    path: list[Any] = field(default_factory=list)


Effect = Callable[[RobotRun, Deal, Snapshot, Actor], Outcome]


def set_field(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
    """A value into a field of the firm's own; no value takes it away."""
    settings = run.definition["settings"]
    entity, key = settings.get("entity", "deal"), settings["field"]
    before = snapshot.value(entity, key)
    raw = {key: settings.get("value")}
    if entity == "deal":
        deals.edit(deal, {"fields": raw}, by=by)
        now = deal.fields.get(key)
    else:
        now = _contact_with(deal, raw, by).fields.get(key)
    is_same = values.is_same(entity, key, now, before)
    return Outcome("fired", {"code": "already_so" if is_same else "field_set", "entity": entity, "field": key})


def _contact_with(deal: Deal, raw: Raw, by: Actor) -> Contact:
    if deal.contact_id is None:
        raise invalid("contact_id", "no_such_contact")
    lock = {"key_share": True}
    found = session().get_one(Contact, deal.contact_id, with_for_update=lock, populate_existing=True)
    contacts.edit(found, {}, by, own=raw, deal_id=deal.id)
    return found


def change_responsible(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
    """To somebody by name, the head found by the resolver, or whose turn it is among the reps."""
    to = run.definition["settings"]["to"]
    if to == "next_in_turn":
        found, path = turns.next_but(deal, by), []
    else:
        people = recipients.of(to, deal)
        found, path = next(iter(people.people), None), people.path
    if found is None:
        return Outcome("no_recipient", {"code": "no_recipient"}, path)
    if found == deal.responsible_id:
        return Outcome("fired", {"code": "already_so"}, path)
    deals.edit(deal, {"responsible_id": found}, by=by)
    return Outcome("fired", {"code": "handed_over", "people": [found]}, path)


def move(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
    """To the stage that was set up, if it is still there; a lost deal is given the reason."""
    setup, settings = current(), run.definition["settings"]
    stage = setup.stages.get(settings["stage"])
    if stage is None:
        raise invalid("stage", "unknown_stage")
    if stage.id == deal.stage_id:
        return Outcome("fired", {"code": "already_so"})
    reason = say(settings.get("reason") or {}, setup.firm.locale)
    deals.move(deal, stage, by=by, raw={"deal": {"lost_reason": reason}} if reason else None)
    return Outcome("fired", {"code": "moved", "to": stage.id})


def write_to_client(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
    """By the way of a reply. Where there is none, the responsible is told: they know another."""
    name = run.definition["name"]
    facts = placeholders.of_run(run, deal, snapshot)
    written = conversations.write_by_robot(deal, wording.to_client(run.definition["settings"]["text"], facts), name, by)
    if isinstance(written, Message):
        return Outcome("fired", {"code": "client_written_to", "message_id": written.id})
    notifications.tell(
        [deal.responsible_id],
        "run.no_way",
        key=f"no-way-run-{run.id}",
        facts={**facts, "way": {"no_way": written.why_not}},
        deal_id=deal.id,
        run_id=run.id,
    )
    return Outcome("called_off", {"code": "no_way", "why": written.why_not, "by_id": None, "cause": by.cause})


def tell_webhook(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
    """What the deal is now goes to another system, in a delivery of its own."""
    row = webhooks.standing(str(run.definition["settings"].get("to")))
    if row is None:
        raise NotFound("unknown_webhook")
    robot = session().get_one(Robot, run.robot_id)
    said = webhook_bodies.fired(deal, robot.key, run.definition["name"], run.id)
    webhooks.send(row, f"run-{run.id}-webhook", "robot.fired", said, deal_id=deal.id)
    return Outcome("fired", {"code": "webhook_told", "webhook": row.name})


def _or_refused(effect: Effect) -> Effect:
    """The effect, or word of why it was refused: then nothing of it stands."""

    def tried(run: RobotRun, deal: Deal, snapshot: Snapshot, by: Actor) -> Outcome:
        try:
            with savepoint():
                return effect(run, deal, snapshot, by)
        except (Refused, NotFound) as refusal:
            return _refused(run, deal, snapshot, refusal, by)

    return tried


def _refused(run: RobotRun, deal: Deal, snapshot: Snapshot, refusal: Exception, by: Actor) -> Outcome:
    missing = gate.lacked(refusal)
    why = {"why": _code(refusal), "missing": missing, "to": run.definition["settings"].get("stage")}
    journal.write("robot.refused", "deal", deal.id, by, new={"name": dict(run.definition["name"]), **why})
    notifications.tell(
        [deal.responsible_id],
        "run.refused",
        key=f"refused-run-{run.id}",
        facts={
            **placeholders.of_run(run, deal, snapshot),
            "trigger.missing": {"texts": missing},
        },
        deal_id=deal.id,
        run_id=run.id,
    )
    return Outcome("called_off", {"code": "refused", **why, "by_id": None, "cause": by.cause})


def _code(refusal: Exception) -> str:
    problems = refusal.problems.values() if isinstance(refusal, Refused) else ()
    return next((each["code"] for each in problems), str(refusal))


EFFECTS: dict[str, Effect] = {
    "set_field": _or_refused(set_field),
    "change_responsible": _or_refused(change_responsible),
    "move": _or_refused(move),
    "write_to_client": _or_refused(write_to_client),
    "webhook": _or_refused(tell_webhook),
}
