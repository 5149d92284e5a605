"""What mentions a few letters: one reading of words for the bar, the lists, the board and the API."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from rules import emails, texts
from rules.errors import FieldError
from webapp import phones
from webapp.db import folding
from webapp.models import Company, Contact, ContactWay, Deal, Task
from webapp.snapshots.setups import current

LONGEST = 200  # signs of what is sought, as long as a name: what is typed beyond them finds no less
SHORTEST = 5  # digits of a number that may be whole
_DIALLED = re.compile(r"[0-9 ()+.\-/]+")


def contact(words: str) -> ColumnElement[bool]:
    """SQL over Contact: name, phone, e-mail or company. One that has gone into another is found no more."""
    words = words[:LONGEST]
    stands = Contact.merged_into_id.is_(None)
    if not words:
        return stands
    value = ContactWay.value
    ways = select(ContactWay.contact_id).where(or_(_email(words, value), *_phones(words, value, ContactWay.extension)))
    own = (_email(words, Contact.email), *_phones(words, Contact.phone, Contact.phone_extension))
    companies = select(Company.id).where(company(words))
    beside = (Contact.id.in_(ways), Contact.company_id.in_(companies))
    return and_(stands, or_(folding.contains(Contact.name_folded, words), *own, *beside))


def company(words: str) -> ColumnElement[bool]:
    """SQL over Company: its name."""
    words = words[:LONGEST]
    return folding.contains(Company.name_folded, words) if words else true()


def deal(words: str) -> ColumnElement[bool]:
    """SQL over Deal: its title, its number or its client. The clients are looked for once, not for each deal."""
    words = words[:LONGEST]
    if not words:
        return true()
    clients = select(Contact.id).where(contact(words)).correlate(None)
    number = [Deal.id == int(words)] if words.isdecimal() and len(words) < 10 else []
    return or_(folding.contains(Deal.title_folded, words), Deal.contact_id.in_(clients), *number)


def task(words: str) -> ColumnElement[bool]:
    """SQL over Task and Deal: the task's title, the deal's or the assignee's name."""
    words = words[:LONGEST]
    if not words:
        return true()
    named = texts.fold(words)
    people = [each.id for each in current().people.values() if named in texts.fold(each.name)]
    titles = Deal.title_folded, Task.title_folded
    return or_(Task.assignee_id.in_(people), *(folding.contains(each, words) for each in titles))


def _email(words: str, column: Any) -> ColumnElement[bool]:
    """A piece of an address, or a whole one as it is copied: "mailto:…", "Anna <…>", a domain as machines write it."""
    piece: ColumnElement[bool] = column.contains(texts.bare(words).lower(), autoescape=True)
    try:
        emails.read(words)
    except FieldError:
        return piece
    return or_(piece, column.in_(emails.kept_as(words)))


def _phones(words: str, column: Any, extension: Any) -> list[ColumnElement[bool]]:
    """A piece of a phone number, however it is written: kept are digits alone, in the international way, while people
    dial at home with an eight or a nought before it. Or a whole one as it is copied: "tel:…"; with an extension it is
    not somebody's who has another."""
    words = texts.bare(words)
    digits = re.sub(r"\D", "", words)
    number, own = phones.split(phones.first(words, current().firm.country)) if len(digits) >= SHORTEST else ("", "")
    whole = [and_(column == number, func.coalesce(extension, "").in_(("", own)) if own else true())] if number else []
    if len(digits) < 3 or not _DIALLED.fullmatch(words):
        return whole
    pieces = [digits] + [digits[1:]] * (digits[0] in "80" and len(digits) > 3)
    return [*whole, *(column.contains(each) for each in pieces)]
