"""Who a new or an edited deal is with: somebody known who is chosen, or a new contact. A second one of the same name is
made only by somebody who has seen the first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from webapp.access.scopes import Actor
from webapp.db import folding, session
from webapp.errors import invalid
from webapp.models import Contact
from webapp.services import contacts

NEW = "new"  # chosen instead of a known contact


@dataclass(frozen=True, slots=True)
class ClientChoice:
    """As a form has it: an id or NEW or nothing chosen, a name and a phone as typed."""

    chosen: str = ""
    name: str = ""
    phone: str = ""


def contact_of(choice: ClientChoice, by: Actor) -> int | None:
    """The contact of a deal, made if need be; nobody when nothing was typed or chosen. Raises Refused: namesakes."""
    if choice.chosen and choice.chosen != NEW:
        return _known(choice.chosen)
    if not choice.chosen and not choice.name.strip() and not choice.phone.strip():
        return None
    clean = contacts.clean({"phone": choice.phone}) if choice.phone.strip() else {}
    found = contacts.find(None, clean.get("phone"), None)
    if found is not None:
        return found.id
    if not choice.chosen and _namesakes(choice.name):
        raise invalid("contact", "namesakes", name=choice.name.strip())
    return contacts.create({"name": choice.name, "phone": choice.phone or None}, by).id


def _known(raw: str) -> int:
    contact = session().get(Contact, int(raw)) if raw.isdecimal() and len(raw) < 10 else None
    if contact is None:
        raise invalid("contact", "no_such_contact")
    return contacts.staying(contact).id


def _namesakes(name: str) -> bool:
    same = folding.equals(Contact.name_folded, name), Contact.merged_into_id.is_(None)
    return session().scalar(select(Contact.id).where(*same).limit(1)) is not None
