"""Deals and contacts by a few letters: what the search in the bar offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from rules.rights import Scope
from webapp.access import filters
from webapp.db import SqlRow, folding, session
from webapp.i18n.catalogue import language
from webapp.models import Contact, Deal
from webapp.queries import mentions

MOST = 8


@dataclass(frozen=True, slots=True)
class SearchResults:
    deals: Sequence[SqlRow]
    contacts: Sequence[SqlRow]


def search(scope: Scope, words: str, most: int = MOST) -> SearchResults:
    """The newest deals that the viewer may see and the contacts that mention `words`."""
    if not words:
        return SearchResults([], [])
    deals = session().execute(
        select(Deal.id, Deal.title, Deal.stage_id, Contact.name)
        .outerjoin(Contact, Contact.id == Deal.contact_id)
        .where(filters.deals(scope), mentions.deal(words))
        .order_by(Deal.id.desc())
        .limit(most)
    )
    contacts = session().execute(
        select(Contact.id, Contact.name, Contact.phone, Contact.email)
        .where(mentions.contact(words))
        .order_by(folding.alphabetical(Contact.name_folded, language()), Contact.id)
        .limit(most)
    )
    return SearchResults(deals.all(), contacts.all())
