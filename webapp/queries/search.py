"""Deals and contacts by a few letters: what the search in the bar offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from rules.rights import Scope
from webapp.access import filters
from webapp.db import SqlRow, folding, session
from webapp.i18n.catalogue import language
from webapp.models import Contact, Deal
from webapp.queries import contacts, mentions
from webapp.queries.paging import Key, Listed, Turn, rows_at

MOST = 8


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The first of what was found; `is_more`: the page has further ones."""

    deals: Sequence[SqlRow]
    contacts: Sequence[SqlRow]
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class SearchPage:
    """All that was found, a page of either."""

    deals: Listed[SqlRow]
    contacts: Listed[SqlRow]


def found(scope: Scope, words: str, deals: Turn, people: Turn) -> SearchPage:
    """As `search`, to its end."""
    if not words:
        return SearchPage(*(Listed([], 0, "", "") for _ in range(2)))
    wanted = _deals(scope, words)
    rows, onward, back = rows_at(wanted, (Key(Deal.__table__.c.id, falls=True),), deals)
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    return SearchPage(Listed(rows, total, onward, back), contacts.listed(words, people))


def search(scope: Scope, words: str, most: int = MOST) -> SearchResults:
    """The newest deals that the viewer may see and the contacts that mention `words`."""
    if not words:
        return SearchResults([], [])
    deals = session().execute(_deals(scope, words).order_by(Deal.id.desc()).limit(most + 1)).all()
    people = session().execute(
        select(Contact.id, Contact.name, Contact.phone, Contact.phone_extension, Contact.email)
        .where(mentions.contact(words))
        .order_by(folding.alphabetical(Contact.name_folded, language()), Contact.id)
        .limit(most + 1)
    )
    named = people.all()
    return SearchResults(deals[:most], named[:most], len(deals) > most or len(named) > most)


def _deals(scope: Scope, words: str) -> Select[*tuple[Any, ...]]:
    wanted = select(Deal.id, Deal.title, Deal.stage_id, Contact.name)
    clients = wanted.outerjoin(Contact, Contact.id == Deal.contact_id)
    return clients.where(filters.deals(scope), mentions.deal(words))
