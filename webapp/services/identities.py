"""Whom an id of another system, a phone or an e-mail identifies: the one reading for whatever finds a client."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, case, func, or_, select

from webapp import phones
from webapp.db import execute_core, session
from webapp.models import Contact, ContactWay, Conversation, Message

IDENTITY = ("external_id", "phone", "email")  # what a contact is found by, in this order
NOBODY: dict[str, str | None] = dict.fromkeys(IDENTITY)


def find(external_id: str | None, phone: str | None, email: str | None) -> Contact | None:
    """The contact that one of these identifies, in this order; by a further phone or e-mail where it is nobody's main
    one. `phone` has its extension with it: several people stand behind the number of a switchboard. Where nobody has
    that very one, and the e-mail is nobody's either, it is who has the number without an extension; and of a number
    without one, as a switchboard shows it, who of those behind it wrote last."""
    found = find_id(external_id, phone, email)
    return None if found is None else session().get_one(Contact, found)


def find_id(external_id: str | None, phone: str | None, email: str | None) -> int | None:
    """The same by number: the contact itself, or the one that it has gone into."""
    if external_id and (known := execute_core(_BY_ID, given=external_id).scalar()) is not None:
        return int(known)
    found, likely = _by_phone(phone) if phone else (None, None)
    for way in _BY_EMAIL if email else ():
        found = found or execute_core(way, given=email).scalar()
    return found or likely


def staying(contact: Contact) -> Contact:
    """The contact itself, or the one that it has gone into."""
    return contact if contact.merged_into_id is None else session().get_one(Contact, contact.merged_into_id)


def _by_phone(phone: str) -> tuple[int | None, int | None]:
    """Whose it is, and whose it may be."""
    number, extension = phones.split(phone)
    likely: int | None = None
    for way in _BY_PHONE:
        row = execute_core(way, number=number, extension=extension).first()
        if row is not None and row.is_exact:
            return row.stays, None
        likely = likely or (row.stays if row is not None else None)
    return None, likely


_STAYS = func.coalesce(Contact.merged_into_id, Contact.id).label("stays")


def _first(way: ColumnElement[bool]) -> Select[int]:
    return select(_STAYS).where(way).order_by(Contact.id).limit(1)


def _behind(number: Any, extension: Any) -> Select[int, bool]:
    """Who may have this phone, kept in these columns; first who has just this."""
    given, own = bindparam("extension", type_=String), func.coalesce(extension, "")
    is_exact = (own == given).label("is_exact")
    last = (
        select(func.max(Message.id))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.contact_id == Contact.id)
        .correlate(Contact)
        .scalar_subquery()
    )
    wrote_last = case((is_exact, 0), else_=func.coalesce(last, 0))
    behind = number == bindparam("number"), or_(given == "", own.in_(("", given)))
    return select(_STAYS, is_exact).where(*behind).order_by(is_exact.desc(), wrote_last.desc(), Contact.id).limit(1)


# By what a contact is found, in the order of IDENTITY: asked at each inquiry, so built once.
_BY_ID = _first(Contact.external_id == bindparam("given"))
_BY_PHONE = (
    _behind(Contact.phone, Contact.phone_extension),
    _behind(ContactWay.value, ContactWay.extension)
    .select_from(Contact)
    .join(ContactWay, ContactWay.contact_id == Contact.id)
    .where(ContactWay.kind == "phone"),
)
_BY_EMAIL = (
    _first(Contact.email == bindparam("given")),
    _first(
        Contact.id.in_(
            select(ContactWay.contact_id).where(ContactWay.value == bindparam("given"), ContactWay.kind == "email")
        )
    ),
)
