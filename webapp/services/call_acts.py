"""What people make of a call: a deal, one of a client's own, or nothing. Once, whoever is quicker: said again alike
nothing is done, and whoever says otherwise reads who was quicker and with what."""

from __future__ import annotations

from collections.abc import Sequence

from rules import rights
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import NotFound, Refused, not_an_option
from webapp.models import CallLeg, Contact, Deal, PhoneCall
from webapp.services import call_history, callers, calls, contacts, inquiries, journal
from webapp.snapshots import setups

SETTLED_AS = ("called_back", "no_client")


def make_deal(call_id: int, by: Actor) -> Deal:
    """Somebody says that this caller is a client: a deal of theirs, once. Raises NotFound for whom it is not there,
    Refused when it is settled."""
    call, legs = _seen(call_id, by)
    deal = callers.standing_deal(call)
    if deal is None or not (by.scope and by.scope.may_read(deal.responsible_id, deal.department_id)):
        _check_unsettled(call)
        deal = _deal_of(call, by)
        if call.answered_by_id is not None:
            calls.talk(call)
        call_history.tell(call, legs)
        calls.show(legs)
        announcements.calls_changed(call.id)
    return deal


def belongs_to(call_id: int, contact: Contact, by: Actor) -> PhoneCall:
    """The caller is this contact, whose blank number is filled where `by` may do so. It goes on with the contact's open
    deal, where `by` sees that one; else it is settled without. Raises NotFound, Refused."""
    call, legs = _seen(call_id, by)
    has_deal = callers.standing_deal(call) is not None
    if call.contact_id == contact.id and (has_deal or call.settled_as == "contact"):
        return call
    _check_open(call)
    call.contact_id = contact.id
    deal = inquiries.open_deal(contact)
    if number := callers.number_of(call):
        contacts.fill(contact, {"phone": number}, by)
    if deal is not None and by.scope and by.scope.may_read(deal.responsible_id, deal.department_id):
        call.deal_id = deal.id
        if call.answered_by_id is not None:
            calls.talk(call)
        call_history.tell(call, legs)
    return _settled(call, legs, "contact", by)


def check_seen(call_id: int, by: Actor) -> None:
    """Before a contact is looked up for it. Raises NotFound, and Refused where it is settled without one."""
    call, _ = _seen(call_id, by)
    if call.settled_as != "contact":
        _check_unsettled(call)


def settle(call_id: int, how: str, by: Actor) -> PhoneCall:
    """No deal comes of it: one of SETTLED_AS. Raises NotFound, Refused."""
    if how not in SETTLED_AS:
        raise not_an_option("how", SETTLED_AS)
    call, legs = _seen(call_id, by)
    if call.settled_as == how:
        return call
    _check_open(call)
    return _settled(call, legs, how, by)


def _check_open(call: PhoneCall) -> None:
    """Raises Refused: it is settled, or has its deal."""
    _check_unsettled(call)
    if callers.standing_deal(call) is not None:
        raise Refused("call_settled", who="", settled_as="deal", contact="")


def _check_unsettled(call: PhoneCall) -> None:
    """Raises Refused, by which one reads who has said whose call it was."""
    if call.settled_at is not None:
        contact = session().get(Contact, call.contact_id) if call.contact_id else None
        who, name = setups.current().name_of(call.settled_by_id), contact.name if contact else call.caller
        raise Refused("call_settled", who=who, settled_as=call.settled_as, contact=name)


def _settled(call: PhoneCall, legs: Sequence[CallLeg], how: str, by: Actor) -> PhoneCall:
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
