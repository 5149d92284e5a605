"""What people make of a call: a deal, one of a client's own, or nothing. Once, whoever is quicker."""

from __future__ import annotations

from collections.abc import Sequence

from rules import rights
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import NotFound, not_an_option
from webapp.models import CallLeg, Contact, Deal, PhoneCall
from webapp.services import call_history, callers, calls, contacts, inquiries, journal

SETTLED_AS = ("called_back", "no_client")


def make_deal(call_id: int, by: Actor) -> Deal:
    """Somebody says that this caller is a client: a deal of theirs, once. Raises NotFound for whom it is not there."""
    call, legs = _seen(call_id, by)
    deal = callers.standing_deal(call)
    if deal is None or not (by.scope and by.scope.may_read(deal.responsible_id, deal.department_id)):
        deal = _deal_of(call, by)
        if call.answered_by_id is not None:
            calls.talk(call)
        call_history.tell(call, legs)
        calls.show(legs)
        announcements.calls_changed(call.id)
    return deal


def belongs_to(call_id: int, contact: Contact, by: Actor) -> PhoneCall:
    """The caller is this contact, whose blank number is filled where `by` may do so. It goes on with the contact's open
    deal, where `by` sees that one; else it is settled without. Raises NotFound."""
    call, legs = _seen(call_id, by)
    if callers.standing_deal(call) is not None:
        return call
    call.contact_id = contact.id
    deal = inquiries.open_deal(contact)
    if call.caller.startswith("+"):
        contacts.fill(contact, {"phone": call.caller}, by)
    if deal is not None and by.scope and by.scope.may_read(deal.responsible_id, deal.department_id):
        call.deal_id = deal.id
        if call.answered_by_id is not None:
            calls.talk(call)
        call_history.tell(call, legs)
    return _settled(call, legs, "contact", by)


def check_seen(call_id: int, by: Actor) -> None:
    """Raises NotFound."""
    _seen(call_id, by)


def settle(call_id: int, how: str, by: Actor) -> PhoneCall:
    """No deal comes of it: one of SETTLED_AS. Raises NotFound, Refused."""
    if how not in SETTLED_AS:
        raise not_an_option("how", SETTLED_AS)
    call, legs = _seen(call_id, by)
    return call if callers.standing_deal(call) is not None else _settled(call, legs, how, by)


def _settled(call: PhoneCall, legs: Sequence[CallLeg], how: str, by: Actor) -> PhoneCall:
    if call.settled_at is None:
        call.settled_at, call.settled_by_id, call.settled_as = clock.now(), by.user_id, how
        facts = {"as": how, "caller": call.caller}
        journal.write("call.settled", "call", call.id, by, deal_id=call.deal_id, new=facts)
        calls.show(legs)
        announcements.calls_changed(call.id)
    return call


def _seen(call_id: int, by: Actor) -> tuple[PhoneCall, Sequence[CallLeg]]:
    """Locked, with its phones. Raises NotFound."""
    call = session().get(PhoneCall, call_id, with_for_update=True, populate_existing=True)
    legs = calls.legs_of(call) if call is not None else ()
    rung = {each.user_id for each in legs}
    if call is None or by.scope is None or not rights.may_see_call(by.scope, rung, call.department_id):
        raise NotFound("call")
    return call, legs


def _deal_of(call: PhoneCall, by: Actor) -> Deal:
    """A deal of whoever asks, for a caller who had none."""
    deal, contact = inquiries.open_for(callers.client_of(call), callers.mark_of(call), by, callers.pipeline_of(call))
    call.deal_id, call.contact_id = deal.id, contact.id
    return deal
