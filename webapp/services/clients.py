"""Who a new or an edited deal is with: somebody known who is chosen, or a new contact. A second one of the same name is
made only by somebody who has seen the first, and so is a second one of the same phone or e-mail."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from rules import emails
from rules.errors import FieldError
from rules.facts import Raw
from rules.texts import fold
from webapp import phones
from webapp.access.scopes import Actor
from webapp.db import folding, session
from webapp.errors import invalid
from webapp.models import Contact
from webapp.services import contact_ways, contacts, identities, texts
from webapp.snapshots import setups

NEW = "new"  # chosen instead of a known contact
ANYWAY = "anyway"  # as NEW, by somebody who was told who has this phone or e-mail
ASKED = "contact"  # the control in which `words` are typed


@dataclass(frozen=True, slots=True)
class ClientChoice:
    """As a form has it: an id, NEW, ANYWAY or nothing chosen; a name, a phone or an e-mail as typed in one control, and
    a phone in another."""

    chosen: str = ""
    words: str = ""
    phone: str = ""


def contact_of(choice: ClientChoice, by: Actor) -> int | None:
    """The contact of a deal, made if need be; nobody when nothing was typed or chosen. Raises Refused: namesakes, or a
    contact of another name has this phone or e-mail."""
    if choice.chosen and choice.chosen not in (NEW, ANYWAY):
        return _known(choice.chosen)
    name, ways = _typed(choice.words)
    called = name or contacts.spoken(str(ways.get("phone", ""))) or ways.get("email", "")
    ways |= _beside(choice.phone, further="phone" in ways)
    if not choice.chosen:
        if not called and not ways:
            return None
        if (meant := _meant(name, ways)) is not None:
            return meant.id
    raw = {"name": called, **ways}
    contacts.check_unknown(raw, None, is_sure=choice.chosen == ANYWAY, beside=ASKED)
    if not choice.chosen and name and _namesakes(name):
        raise invalid(ASKED, "namesakes", name=name)
    return contacts.create(raw, by).id


def _typed(words: str) -> tuple[str, dict[str, object]]:
    """A name, and a phone or an e-mail, told by how they are written. Raises Refused for a number or an address that is
    none: a name it is not."""
    try:
        if phones.is_meant(words):
            return "", {"phone": phones.read(words, setups.current().firm.country)}
        if emails.is_meant(words):
            name, address = emails.parted(words)
            return name, {"email": address}
    except FieldError as error:
        raise invalid(ASKED, error.code, **error.facts) from None
    return texts.line(ASKED, words, contacts.NAME_LIMIT, required=False), {}


def _beside(phone: str, *, further: bool) -> Raw:
    """The phone of the other control. Raises Refused."""
    if not contacts.clean({"phone": phone})["phone"]:
        return {}
    return {"more_phones": [phone]} if further else {"phone": phone}


def _meant(name: str, ways: Raw) -> Contact | None:
    """The one contact to whom all this leads, unless another name was typed."""
    main = contacts.clean(ways)
    further = contact_ways.read(ways).get("more_phones", [])
    _, phone, email = contacts.identity(main)
    pairs = [(phone, None), (None, email), *((each, None) for each in further)]
    found = {identities.find(None, *each) for each in pairs if any(each)}
    one = found.pop() if len(found) == 1 else None
    return one if one is not None and (not name or fold(name) == fold(one.name)) else None


def _known(raw: str) -> int:
    contact = session().get(Contact, int(raw)) if raw.isdecimal() and len(raw) < 10 else None
    if contact is None:
        raise invalid(ASKED, "no_such_contact")
    return identities.staying(contact).id


def _namesakes(name: str) -> bool:
    same = folding.equals(Contact.name_folded, name), Contact.merged_into_id.is_(None)
    return session().scalar(select(Contact.id).where(*same).limit(1)) is not None
