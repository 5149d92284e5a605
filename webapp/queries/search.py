"""Deals and contacts by a few letters: what the search in the bar offers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from webapp.actors import Scope
from webapp.db import session
from webapp.models import Contact, Deal
from webapp.queries.filters import mentions

MOST = 8
DIALLED = re.compile(r"[\d\s()+.–-]+")


@dataclass(frozen=True, slots=True)
class Found:
    deals: Sequence[Any]
    contacts: Sequence[Any]


def found(scope: Scope, words: str, most: int = MOST) -> Found:
    """The newest deals that the viewer may see and the contacts that mention `words`; of a number, also that deal."""
    if not words:
        return Found([], [])
    own_number = [Deal.id == int(words)] if words.isdecimal() and len(words) < 10 else []
    phones = _phones(words)
    deals = session().execute(
        select(Deal.id, Deal.title, Deal.stage_id, Contact.name)
        .outerjoin(Contact, Contact.id == Deal.contact_id)
        .where(Deal.deleted_at.is_(None), scope.deals(), or_(mentions(words), *own_number, *phones))
        .order_by(Deal.id.desc())
        .limit(most)
    )
    columns = (Contact.name, Contact.email)
    contacts = session().execute(
        select(Contact.id, Contact.name, Contact.phone, Contact.email)
        .where(or_(*(column.icontains(words, autoescape=True) for column in columns), *phones))
        .order_by(Contact.name, Contact.id)
        .limit(most)
    )
    return Found(deals.all(), contacts.all())


def _phones(words: str) -> list[ColumnElement[bool]]:
    """A piece of a phone number, however it is written: kept are digits alone, in the international way, while people
    dial at home with an eight or a nought before it."""
    digits = re.sub(r"\D", "", words)
    if len(digits) < 3 or not DIALLED.fullmatch(words):
        return []
    pieces = [digits] + [digits[1:]] * (digits[0] in "80" and len(digits) > 6)
    return [Contact.phone.contains(each) for each in pieces]
