"""Contacts: any employee reads them; writes who may write one of their deals, or who made them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import Field

from webapp.access.records import contact_for, contacts_to_merge
from webapp.access.viewer import viewer
from webapp.api.records import contacts as records
from webapp.api.records.contacts import ContactRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Id, Page, Paging, Values, cursor
from webapp.api.values import taken_fields, with_extension
from webapp.models import Contact
from webapp.queries import listings as found
from webapp.services import companies, contacts, journal, merging
from webapp.snapshots.contact_ways import KINDS

ONE = "/contacts/<int:contact_id>"
ASKED = (*contacts.COLUMNS, *KINDS)


class ContactFilters(Paging):
    q: str = ""
    external_id: str | None = None


class NewContact(Body):
    """`phone` and `email` are the main ones; `more_phones` and `more_emails` are those beside them. One that another
    contact has already is refused as `known_contact`, which names that contact; with `anyway` it is taken. So is an
    `external_id` that another has, with `anyway` too: programs know a contact by it. An extension is given beside its
    number, or in it: "+74951234567;ext=12", as in `more_phones`."""

    name: str
    phone: str | None = None
    phone_extension: str | None = None
    email: str | None = None
    more_phones: list[str] = Field(default_factory=list)
    more_emails: list[str] = Field(default_factory=list)
    external_id: str | None = None
    company: str | None = None
    fields: Values
    company_fields: Values
    anyway: bool = False


class ContactChanges(Body):
    """Only what is given is changed; null empties a value. `company_fields` are those of the contact's company;
    `anyway` as in a new contact. The same `phone` again keeps its extension."""

    name: str = Field(default_factory=str)
    phone: str | None = None
    phone_extension: str | None = None
    email: str | None = None
    more_phones: list[str] = Field(default_factory=list)
    more_emails: list[str] = Field(default_factory=list)
    external_id: str | None = None
    company: str | None = None
    fields: Values
    company_fields: Values
    anyway: bool = False
    version: Id | None = None

    def columns(self, contact: Contact) -> dict[str, Any]:
        found = {key: value for key, value in self.given.items() if key in ASKED}
        if "phone" in found or "phone_extension" in self.given:
            phone = found.get("phone", contact.phone)
            own = contact.phone_extension if phone == contact.phone else None
            found["phone"] = with_extension(phone, self.given.get("phone_extension", own))
        return found


@reads("/contacts", Page[ContactRecord])
def index(query: ContactFilters) -> Page[ContactRecord]:
    """Contacts, newest first; `q` looks in names, phones, e-mail addresses and companies, `external_id` is that of the
    caller's own system."""
    slice_ = found.contacts(query.q.strip(), found.Place(query.limit, query.before), query.external_id)
    return Page[ContactRecord](items=records.records(slice_.rows), next=cursor(slice_.next))


@writes("POST", "/contacts", ContactRecord, HTTPStatus.CREATED)
def create(json: NewContact) -> Answer[ContactRecord]:
    """A new contact."""
    raw = {key: getattr(json, key) for key in ASKED}
    raw["phone"] = with_extension(json.phone, json.phone_extension)
    contacts.check_unknown(raw, None, is_sure=json.anyway)
    own = taken_fields("contact", json.fields)
    made = contacts.create(raw, viewer().actor, own=own, company=json.company)
    companies.edit(made, taken_fields("company", json.company_fields), viewer().actor)
    return lambda: records.record(made)


@reads(ONE, ContactRecord)
def show(contact_id: int) -> ContactRecord:
    """One contact."""
    return records.record(contact_for(contact_id))


@writes("PATCH", ONE, ContactRecord)
def update(contact_id: int, json: ContactChanges) -> Answer[ContactRecord]:
    """Change a contact. With `version`: 409 when somebody changed it since."""
    contact = contact_for(contact_id, write=True)
    raw = json.columns(contact)
    contacts.check_unknown(raw, contact, is_sure=json.anyway)
    company = (json.company or "") if "company" in json.given else None
    contacts.edit(
        contact,
        raw,
        viewer().actor,
        own=taken_fields("contact", json.fields),
        company=company,
        seen=json.version,
        of_company=companies.CompanyEdit(taken_fields("company", json.company_fields)),
    )
    return lambda: records.record(contact)


class Merge(Body):
    """`take` names what comes from the one that goes where both have something, as "phone" or "fields.vip"; of the rest
    the one that stays keeps its own. `version` is that of the one that goes, `into_version` of the other."""

    into: Id
    take: list[str] = Field(default_factory=list)
    version: Id | None = None
    into_version: Id | None = None


@writes("POST", f"{ONE}/merges", ContactRecord, HTTPStatus.CREATED)
def merge(contact_id: int, json: Merge) -> Answer[ContactRecord]:
    """This contact turned out to be another one: all that belongs to it goes into that one, which is the answer."""
    goes, into = contacts_to_merge(contact_id, json.into, for_update=True)
    for contact, seen in ((goes, json.version), (into, json.into_version)):
        if seen is not None and seen != contact.version:
            raise journal.stale("contact", contact.id)
    take = ["contact." + each.removeprefix("fields.") if each.startswith("fields.") else each for each in json.take]
    kept = merging.merge(goes, into, take, viewer().actor)
    return lambda: records.record(kept)
