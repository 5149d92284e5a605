"""Two contacts side by side: whom one could turn out to be, and what would go along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from rules import emails
from rules.rights import Scope
from webapp.access import clients, filters
from webapp.db import SqlRow, folding, session
from webapp.i18n.catalogue import language
from webapp.models import Contact, Conversation, Deal, PhoneCall
from webapp.queries import mentions
from webapp.queries.contacts import MOST_CHOICES, selected


@dataclass(frozen=True, slots=True)
class GoesAlong:
    """How many of its belongings the viewer sees."""

    deals: int
    conversations: int
    calls: int


def choices(contact: Contact, words: str, scope: Scope) -> Sequence[SqlRow]:
    """Whom this contact could turn out to be, of those that this viewer may change; for blank words its namesakes,
    and whose e-mail may be the same as it was kept before."""
    alike = folding.equals(Contact.name_folded, contact.name), Contact.email.in_(emails.kept_as(contact.email or ""))
    found = mentions.contact(words) if words else or_(*alike[: 2 if contact.email else 1])
    order = (
        folding.equals(Contact.name_folded, contact.name).desc(),
        folding.alphabetical(Contact.name_folded, language()),
        Contact.id,
    )
    wanted = selected().where(found, clients.merged_with(scope, contact)).order_by(*order)
    return session().execute(wanted.limit(MOST_CHOICES)).all()


def goes_along(contact: Contact, scope: Scope) -> GoesAlong:
    """What moves with this contact, as far as this viewer may see it."""
    deals = select(func.count(Deal.id)).where(Deal.contact_id == contact.id, filters.deals(scope))
    talks = select(func.count(Conversation.id)).join(Deal, Deal.id == Conversation.deal_id)
    talks = talks.where(Conversation.contact_id == contact.id, filters.deals(scope))
    calls = select(func.count(PhoneCall.id)).where(PhoneCall.contact_id == contact.id, filters.calls(scope))
    return GoesAlong(*(session().scalar(each) or 0 for each in (deals, talks, calls)))
