"""Companies: values of the firm's own fields, through the same gate as the deals of their people."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from rules.facts import Raw
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import emit, session
from webapp.errors import Refused
from webapp.models import Company, Contact, Deal
from webapp.services import gate, journal, values
from webapp.services.events import DealChanged
from webapp.snapshots.deals import snapshot_of


def edit(contact: Contact, own: Raw, by: Actor, *, deal_id: int | None = None) -> values.Changed:
    """Change the company of a locked contact. A value that the stage of one of its deals requires cannot be blanked.
    Whoever may change the contact may change its company. Raises Refused at each value when there is no company."""
    if not own:
        return frozenset()
    if contact.company_id is None:
        raise Refused(
            "bad_fields",
            problems={f"company.{key}": {"code": "no_company", "entity": "company", "key": key} for key in own},
        )
    return write(contact.company_id, own, by, deal_id=deal_id)


def write(
    company_id: int, own: Raw, by: Actor, *, seen: int | None = None, deal_id: int | None = None
) -> values.Changed:
    """Change a company, through the gate of its people's deals. `seen` is the version that the editor saw. Raises
    Refused."""
    before = [(deal, snapshot_of(deal)) for deal in _locked_deals(company_id)]
    company = session().get_one(Company, company_id, with_for_update=True, populate_existing=True)
    if seen is not None and seen != company.version:
        raise journal.stale("company", company_id)
    changed = values.write(company, values.parsed("company", own, by), by, deal_id)
    if not changed:
        return changed
    company.version += 1
    for deal, snapshot in before:
        gate.check_edit(deal, snapshot)
        announcements.deal_changed(deal.id, deal.stage_id)
        emit(DealChanged(deal, changed, by))
    return changed


def _locked_deals(company_id: int) -> Sequence[Deal]:
    people = select(Contact.id).where(Contact.company_id == company_id)
    deals = select(Deal).where(Deal.contact_id.in_(people), Deal.deleted_at.is_(None)).order_by(Deal.id)
    return session().scalars(deals.with_for_update().execution_options(populate_existing=True)).all()
