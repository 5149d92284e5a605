"""The own address of a trigger, which another system calls: its secret is made by a press, shown once, kept as a hash,
and no part of the set-up. Each call is written down; what does not fit is never said to the caller."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.access.scopes import Actor
from webapp.access.sessions import hash_token
from webapp.db import emit, savepoint, session
from webapp.errors import NotFound, Refused
from webapp.models import Contact, Deal, Stage, Trigger, TriggerCall
from webapp.services import identities, inquiries, journal, old_secrets
from webapp.services.events import TriggerCalled

KEPT = timedelta(days=90)  # what was called, and the keys by which a call counts once
PART = 1000
HOOK = Actor(via="hook")


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller says: which deal, by its id or by its client's external_id, and a word to it."""

    deal_id: int | None
    external_id: str
    text: str = ""
    key: str = ""  # its Idempotency-Key

    @property
    def named(self) -> str:
        return f"deal_id {self.deal_id}" if self.deal_id is not None else f"external_id {self.external_id}"


def make(trigger_id: int, by: Actor, hours: int = 0) -> str:
    """A new secret; the one before is known for so many hours more. Raises NotFound for a trigger that waits for
    something else."""
    row = _live(trigger_id)
    secret = secrets.token_urlsafe(24)
    old_secrets.replaced("trigger", row.id, row.secret_hash, hours)
    row.secret_hash, row.secret_at = hash_token(secret), clock.now()
    journal.write("trigger.address_made", "trigger", row.id, by, new={"overlap_hours": hours})
    return secret


def end(trigger_id: int, by: Actor) -> None:
    """Whoever calls it finds nothing there any more."""
    row = _live(trigger_id)
    old_secrets.forget("trigger", row.id)
    if row.secret_hash is not None:
        row.secret_hash = row.secret_at = None
        journal.write("trigger.address_ended", "trigger", row.id, by)


def _live(trigger_id: int) -> Trigger:
    row = session().get(Trigger, trigger_id, with_for_update=True)
    if row is None or row.archived_at is not None or row.event != "webhook":
        raise NotFound("trigger")
    return row


def of_secret(secret: str) -> Trigger:
    """Raises NotFound for a secret that is nobody's, and for one whose trigger is archived or waits for something
    else by now."""
    live = Trigger.archived_at.is_(None), Trigger.event == "webhook"
    hashed = hash_token(secret)
    is_its = or_(Trigger.secret_hash == hashed, Trigger.id == old_secrets.owner_of("trigger", hashed))
    row = session().scalars(select(Trigger).where(is_its, *live)).first()
    if row is None:
        raise NotFound("hook")
    return row


def take(trigger: Trigger, call: Call) -> None:
    """Write the call down, and pull the trigger on its deal. With a key that was given before nothing happens; raises
    Refused where it was given for another body, as the API does: one of the two calls would be lost."""
    row = TriggerCall(
        trigger_id=trigger.id,
        at=clock.now(),
        key=hash_token(call.key) if call.key else None,
        outcome="off",
        named=call.named,
        text=call.text,
    )
    try:
        with savepoint():
            session().add(row)
            session().flush()
    except IntegrityError:
        _check_same(row)
        return
    if trigger.is_on:
        _pull(trigger, call, row)


def _check_same(again: TriggerCall) -> None:
    said = select(TriggerCall.named, TriggerCall.text)
    first = said.where(TriggerCall.trigger_id == again.trigger_id, TriggerCall.key == again.key)
    if session().execute(first).one() != (again.named, again.text):
        raise Refused("idempotency_conflict")


def _pull(trigger: Trigger, call: Call, row: TriggerCall) -> None:
    deal = _deal_of(trigger, call)
    if deal is None:
        row.outcome = "unknown"
        return
    row.outcome, row.deal_id = "taken", deal.id
    journal.write("trigger.called", "deal", deal.id, HOOK, new={"name": dict(trigger.name), "text": call.text})
    emit(TriggerCalled(deal.id, trigger.id, HOOK))


def _deal_of(trigger: Trigger, call: Call) -> Deal | None:
    """A deal of the pipeline that the trigger moves in; locked."""
    pipeline_id = session().get_one(Stage, trigger.stage_id).pipeline_id
    if call.deal_id is not None:
        deal = session().get(Deal, call.deal_id, with_for_update=True)
        return deal if deal and deal.deleted_at is None and deal.pipeline_id == pipeline_id else None
    contact: Contact | None = identities.find(call.external_id, None, None)
    return inquiries.open_deal(contact, pipeline_id) if contact else None


def forget_old(now: datetime) -> None:
    """Some of what is older than KEPT."""
    old = select(TriggerCall.id).where(TriggerCall.at < now - KEPT).order_by(TriggerCall.id).limit(PART)
    session().execute(delete(TriggerCall).where(TriggerCall.id.in_(list(session().scalars(old)))))
