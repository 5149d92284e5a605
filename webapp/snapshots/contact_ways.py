"""Further phones and e-mails of contacts, as they are read: by contact and kind, in their order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from webapp import phones
from webapp.db import session
from webapp.models import ContactWay

KINDS = {"more_phones": "phone", "more_emails": "email"}  # by what they are called in forms and in the API
Ways = dict[str, list[str]]


def values_of(contact_id: int) -> Sequence[str]:
    """Further numbers and addresses of one contact, as they are matched."""
    return session().scalars(select(ContactWay.value).where(ContactWay.contact_id == contact_id)).all()


def of(contact_ids: Collection[int]) -> dict[int, Ways]:
    """Those of each of these contacts by the keys of KINDS; a number with an extension is said as "+7…;ext=12"."""
    found: dict[int, Ways] = {each: {key: [] for key in KINDS} for each in contact_ids}
    if not found:
        return found
    keys = {kind: key for key, kind in KINDS.items()}
    theirs = select(ContactWay).where(ContactWay.contact_id.in_(found)).order_by(ContactWay.id)
    for way in session().scalars(theirs):
        whole = f"{way.value}{phones.EXTENSION}{way.extension}" if way.extension else way.value
        found[way.contact_id][keys[way.kind]].append(whole)
    return found
