"""Companies: values of the firm's own fields, through the same gate as the deals of their people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select

from rules.facts import Raw, Value
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import emit, session
from webapp.errors import Problems, Refused
from webapp.models import Company, Contact, Deal
from webapp.services import gate, journal, values
from webapp.services.events import DealChanged
from webapp.snapshots.deals import snapshot_of
from webapp.snapshots.setups import current


@dataclass(frozen=True, slots=True)
class CompanyEdit:
    """Raw values of a contact's company. A form says of which company (`drawn_of`; 0: of one that was not there yet)
    it showed which values (`shown`); what names no company is not asked whether it is another by now."""

    own: Raw
    drawn_of: int | None = None
    shown: Raw = field(default_factory=dict)


def edit(contact: Contact, changes: CompanyEdit | Raw, by: Actor, *, deal_id: int | None = None) -> values.Changed:
    """Change the company of a locked contact. A value that the stage of one of its deals requires cannot be blanked.
    Whoever may change the contact may change its company. Raises Refused at each value when there is no company;
    stale."""
    changes = changes if isinstance(changes, CompanyEdit) else CompanyEdit(changes)
    if not changes.own:
        return frozenset()
    if contact.company_id is not None:
        _locked_deals(contact.company_id)
    return write(check(contact, contact.company_id, changes, by), changes.own, by, deal_id=deal_id)


def check(contact: Contact, company_id: int | None, changes: CompanyEdit, by: Actor) -> int:
    """`company_id` is where the contact will work once all is saved: where they do now, or what the same form chose;
    the deals of its people are locked. Raises Refused when that is none, and "stale" when what was shown was of
    another company, or is another value by now."""
    if company_id is None:
        problems: Problems = {
            f"company.{key}": {"code": "no_company", "entity": "company", "key": key} for key in changes.own
        }
        raise Refused("bad_fields", problems=problems)
    kept = locked(company_id)
    is_another = changes.drawn_of not in (None, company_id)
    if is_another and company_id == contact.company_id:
        raise _moved_on(contact, kept)
    if is_another:  # chosen in the form itself, which has shown nothing of it: what is there is not written over unseen
        meant = values.parsed("company", changes.own, by, kept.fields)
        saw: dict[str, Value] = {key: None for key, value in meant.items() if kept.fields.get(key) != value}
    else:
        saw = values.shown("company", {key: changes.shown[key] for key in changes.own if key in changes.shown}, by)
    values.check_shown("company", company_id, saw, {key: kept.fields.get(key) for key in saw}, by)
    return company_id


def _moved_on(contact: Contact, now: Company) -> Refused:
    """Somebody has given the contact another company meanwhile, oneself elsewhere included: these values were typed for
    the people of the one before."""
    who = current().name_of(values.changed_by("contact", contact.id, "company"))
    told = {"code": "changed_meanwhile", "who": who, "entity": "contact", "key": "company", "now": now.name}
    record = ("contact", contact.id)
    return Refused("stale", problems={"company": told}, record=record, by=who, event="contact.edited")


def write(
    company_id: int, own: Raw, by: Actor, *, seen: int | None = None, deal_id: int | None = None
) -> values.Changed:
    """Change a company, through the gate of its people's deals. `seen` is the version that the editor saw. Raises
    Refused."""
    before = [(deal, snapshot_of(deal)) for deal in _locked_deals(company_id)]
    if seen is not None and seen != locked(company_id).version:
        raise journal.stale("company", company_id)
    changed = put(company_id, own, by, deal_id)
    for deal, snapshot in before if changed else ():
        gate.check_edit(deal, snapshot)
        announcements.deal_changed(deal.id, deal.stage_id)
        emit(DealChanged(deal, changed, by))
    return changed


def put(company_id: int, own: Raw, by: Actor, deal_id: int | None = None) -> values.Changed:
    """The values alone: whoever calls has locked the deals of the company's people, and asks the gate of each."""
    company = locked(company_id)
    changed = values.write(company, values.parsed("company", own, by, company.fields), by, deal_id)
    company.version += 1 if changed else 0
    return changed


def locked(company_id: int) -> Company:
    """Once nobody else is changing it."""
    return session().get_one(Company, company_id, with_for_update=True, populate_existing=True)


def of_people(company_id: int) -> ColumnElement[bool]:
    """Over Deal: those of everybody who works there, each of which reads the company's values."""
    return Deal.contact_id.in_(select(Contact.id).where(Contact.company_id == company_id))


def _locked_deals(company_id: int) -> Sequence[Deal]:
    deals = select(Deal).where(of_people(company_id), Deal.deleted_at.is_(None)).order_by(Deal.id)
    return session().scalars(deals.with_for_update().execution_options(populate_existing=True)).all()
