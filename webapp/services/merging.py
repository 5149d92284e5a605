"""Two contacts that turned out to be one person become one: what is kept of both, and all that belongs to them. The one
that goes is emptied and leads to the one that stays; the journal keeps what is kept nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select, update

from rules import merging
from rules.facts import Snapshot, Value
from rules.merging import Pair
from webapp import phones
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import emit, session
from webapp.errors import invalid, not_an_option
from webapp.models import Contact, Conversation, Deal, PhoneCall
from webapp.services import contact_ways, contacts, gate, journal, values
from webapp.services.events import DealChanged
from webapp.snapshots import contact_ways as ways_kept
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import current

COLUMNS = {"name": "name", "phone": "phone", "email": "email", "external_id": "external_id", "company": "company_id"}
OWN = "contact."  # before the key of one of the firm's own fields
FURTHER = {"phone": "more_phones", "email": "more_emails"}
MERGED: values.Changed = frozenset({("deal", "contact")})


def choices() -> list[str]:
    """What may be chosen: columns by their names, the firm's own fields as "contact.vip"."""
    return [*COLUMNS, *(OWN + each.key for each in current().catalogue.of("contact") if not each.is_built_in)]


def pairs(goes: Contact, into: Contact, take: Collection[str]) -> list[Pair]:
    """What becomes of each value. Raises Refused for a name of nothing that may be chosen."""
    if unknown := [each for each in take if each not in choices()]:
        raise not_an_option(f"take.{[*take].index(unknown[0])}", choices())
    return merging.pairs(choices(), _values(into), _values(goes), take)


def merge(goes: Contact, into: Contact, take: Collection[str], by: Actor) -> Contact:
    """Make one contact of two that are locked; blanks of `into` are filled, of what both have the names in `take` say
    what comes from `goes`. A phone or an e-mail that does not stay the main one is kept as a further one."""
    if goes is into:
        raise invalid("into", "same_contact")
    its, theirs = _deals(into), _deals(goes)
    before = [(deal, snapshot_of(deal)) for deal in (*its, *theirs) if deal.deleted_at is None]
    what = pairs(goes, into, take)
    more = _further(goes, what)
    changed = _set_out(goes, into, what, more, by)
    _hand_on(goes, into, theirs, by)
    left = {each.key: each.left for each in what if each.left is not None}
    told = {"from": goes.id, "into": into.id, "name": goes.name, "left": left}
    journal.write("contact.merged", "contact", goes.id, by, new=told)
    journal.write("contact.merged", "contact", into.id, by, new=told)
    session().flush()
    for deal, snapshot in before:
        journal.write("contact.merged", "contact", into.id, by, deal_id=deal.id, new=told)
        _follow(deal, snapshot, into, changed if deal in its else _every_value(), by)
    return into


def _values(contact: Contact) -> dict[str, Value]:
    columns: dict[str, Value] = {key: getattr(contact, column) for key, column in COLUMNS.items()}
    columns["phone"] = contact_ways.main_of(contact, "phone") or None
    return {**columns, **{OWN + key: value for key, value in contact.fields.items()}}


def _deals(contact: Contact) -> Sequence[Deal]:
    theirs = select(Deal).where(Deal.contact_id == contact.id).order_by(Deal.id)
    return session().scalars(theirs.with_for_update().execution_options(populate_existing=True)).all()


def _further(goes: Contact, what: list[Pair]) -> dict[str, list[str]]:
    """Numbers and addresses that the one that stays has beside the main ones from now on."""
    more = dict(ways_kept.of([goes.id])[goes.id])
    for each in what:
        if each.key in FURTHER and isinstance(each.left, str):
            more[FURTHER[each.key]] = [each.left, *more[FURTHER[each.key]]]
    return more


def _set_out(goes: Contact, into: Contact, what: list[Pair], more: dict[str, list[str]], by: Actor) -> values.Changed:
    """First the one is emptied: two contacts never have one phone. Of two ids of another system it gets the one that
    does not stay, so that whoever sends that finds the one that stays."""
    for each in (goes, into):
        _stay_with_their_addresses(each)
    contact_ways.forget(goes, by)
    emptied: dict[str, Value] = {each.key: None for each in what if each.key != "name"}
    leads_on = {each.key: each.left for each in what if each.key == "external_id"}
    _write(goes, {**emptied, **leads_on}, by)
    changed = _write(into, {each.key: each.stays for each in what if each.is_taken}, by)
    for key, ways in more.items():
        changed |= contact_ways.gather(into, key, ways, by)
    changed |= contact_ways.write(into, {}, by)
    if into.responsible_id is None:
        values.set_column(into, "contact", "responsible", goes.responsible_id, by, column="responsible_id")
    values.set_column(goes, "contact", "responsible", None, by, column="responsible_id")
    return changed


def _stay_with_their_addresses(contact: Contact) -> None:
    """Whoever has written from the one's address or number is answered there, whichever becomes the main one."""
    theirs, by_mail = Conversation.contact_id == contact.id, Conversation.channel == "email"
    write = update(Conversation).where(theirs)
    session().execute(write.where(by_mail, Conversation.email.is_(None)).values(email=contact.email))
    session().execute(write.where(~by_mail, Conversation.phone.is_(None)).values(phone=contact.phone))


def _write(contact: Contact, wanted: dict[str, Value], by: Actor) -> values.Changed:
    changed: values.Changed = frozenset()
    for key, column in COLUMNS.items():
        if key in wanted and key != "phone":
            changed |= values.set_column(contact, "contact", key, wanted[key], by, column=column)
    if "phone" in wanted:
        number, extension = phones.split(str(wanted["phone"] or ""))
        changed |= values.set_column(contact, "contact", "phone", number or None, by)
        changed |= values.set_column(contact, "contact", "phone_extension", extension or None, by)
    own = {key.removeprefix(OWN): value for key, value in wanted.items() if key.startswith(OWN)}
    return changed | values.write(contact, own, by)


def _hand_on(goes: Contact, into: Contact, deals: Sequence[Deal], by: Actor) -> None:
    """All that belongs to the one is the other's from now on, and whoever was led to the one."""
    for deal in deals:
        values.set_column(deal, "deal", "contact", into.id, by.with_facts(is_merge=True), column="contact_id")
        deal.version += 1
    contacts.show_in_conversations(goes)
    for model in (Conversation, PhoneCall):
        session().execute(update(model).where(model.contact_id == goes.id).values(contact_id=into.id))
    session().execute(update(Contact).where(Contact.merged_into_id == goes.id).values(merged_into_id=into.id))
    goes.merged_into_id = into.id
    goes.version += 1
    into.version += 1


def _every_value() -> values.Changed:
    return MERGED | {("contact", spec.key) for spec in current().catalogue.of("contact")}


def _follow(deal: Deal, before: Snapshot, into: Contact, changed: values.Changed, by: Actor) -> None:
    gate.check_edit(deal, before, into)
    announcements.deal_changed(deal.id, deal.stage_id)
    if changed:
        emit(DealChanged(deal, changed, by))
