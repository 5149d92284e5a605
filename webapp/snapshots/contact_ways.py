"""Further phones and e-mails of contacts, as they are read: by contact and kind, in their order."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from webapp import phones
from webapp.db import among, execute_core
from webapp.models import ContactWay

KINDS = {"more_phones": "phone", "more_emails": "email"}  # by what they are called in forms and in the API
Ways = dict[str, list[str]]


_OF_CONTACTS = (
    select(ContactWay.contact_id, ContactWay.kind, ContactWay.value, ContactWay.extension)
    .where(among(ContactWay.contact_id, "contacts"))
    .order_by(ContactWay.id)
)


def of(contact_ids: Collection[int]) -> dict[int, Ways]:
    """Those of each of these contacts by the keys of KINDS; a number with an extension is said as "+7…;ext=12"."""
    found: dict[int, Ways] = {each: {key: [] for key in KINDS} for each in contact_ids}
    if not found:
        return found
    keys = {kind: key for key, kind in KINDS.items()}
    for way in execute_core(_OF_CONTACTS, contacts=sorted(found)):
        found[way.contact_id][keys[way.kind]].append(phones.whole(way.value, way.extension))
    return found
