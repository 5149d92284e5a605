"""Who calls, and where such a call belongs: as an inquiry, a deal and the history have it."""

from __future__ import annotations

from rules import calls, org
from webapp import phones
from webapp.db import session
from webapp.models import Contact, Deal, PhoneCall
from webapp.snapshots import setups, telephony

NAME_LIMIT = 60


def standing_deal(call: PhoneCall) -> Deal | None:
    """The deal that the call is part of, unless it has been deleted."""
    deal = session().get(Deal, call.deal_id) if call.deal_id else None
    return deal if deal is not None and deal.deleted_at is None else None


def named(caller: str) -> str:
    """By what a caller is known who has a name of the provider's and no number, as a phone of a firm's own net."""
    return f"call {caller[:NAME_LIMIT]}"


def department_of(deal: Deal | None, contact: Contact | None, called: str) -> int | None:
    """The deal's; else that of the number that was called; else that of the contact's own rep."""
    if deal is not None and deal.department_id is not None:
        return deal.department_id
    if (line := telephony.line_of(called)) is not None:
        return line.department_id
    setup = setups.current()
    own = setup.people.get(contact.responsible_id or 0) if contact else None
    first = setup.pipeline_of(None)
    return own.department_id if own and own.department_id else first.department_id if first else None


def number_of(call: PhoneCall) -> str:
    """In E.164; "" where no client's phone can be it: hidden, a name of the provider's, or a number that no country
    has. Such a caller is known by what the provider calls them (`named`)."""
    return phones.first(call.caller, None) if call.caller.startswith("+") else ""


def client_of(call: PhoneCall) -> dict[str, object]:
    """The caller as a client's form would have it: nobody is there to be asked for a name."""
    known = session().get(Contact, call.contact_id) if call.contact_id else None
    name = known.name if known is not None else call.caller or _hidden_name()
    if number := number_of(call):
        return {"name": name, "phone": number}
    if known is not None and known.external_id:
        return {"name": name, "external_id": known.external_id}
    return {"name": name, "external_id": named(call.caller or call.key)}  # who hides is somebody else each time


def _hidden_name() -> str:
    """In the firm's language: it is kept as words."""
    return calls.HIDDEN[setups.current().firm.locale]


def mark_of(call: PhoneCall) -> str:
    """A call where only words can stand, in no language but for who hides."""
    return f"☎ {call.caller or _hidden_name()}"


def pipeline_of(call: PhoneCall) -> str | None:
    """Where the deal stands; else the first pipeline of the department that was called, or of the nearest above it that
    has one."""
    setup = setups.current()
    deal = session().get(Deal, call.deal_id) if call.deal_id else None
    if deal is not None and (standing := setup.pipelines.get(deal.pipeline_id)) is not None:
        return standing.key
    above = org.chain_above(setup.org, call.department_id)
    led = (each.key for place in above for each in setup.pipelines.values() if each.department_id == place.id)
    return next(led, None)
