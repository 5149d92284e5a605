"""Who writes, as they have written themselves down: nobody is there to be asked, so a phone that cannot be read, words
around an address or a name of any length cost none of their words, and nothing of it is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable

from rules import emails
from rules.errors import FieldError
from rules.facts import Raw
from rules.texts import fold, shortened, storable
from webapp import phones
from webapp.errors import invalid
from webapp.models import Contact
from webapp.services import contact_ways, contacts
from webapp.snapshots import setups, telephony

LEFT_LIMIT = 1000
Reader = Callable[[str], str]


def readable(raw: Raw) -> tuple[Raw, list[str]]:
    """What a client left, so that `contacts.clean` takes it, and what was left out of it, as they wrote it. Whoever has
    no name is called by what they are answered at. An e-mail in which no address is stays as it is, to be refused."""
    country = setups.current().firm.country
    ways: dict[str, tuple[Reader, Reader]] = {
        "phone": (lambda given: phones.first(given, country), lambda given: phones.read(given, country)),
        "email": (lambda given: emails.first(given) or given, emails.read),
    }
    found, left = dict(raw), list[str]()
    for key, (first, whole) in ways.items():
        if isinstance(given := raw.get(key), str):
            found[key] = first(given)
            left += [] if found[key] == given or _is_all(found[key], whole, given) else [storable(given, LEFT_LIMIT)]
    if isinstance(given := raw.get("name"), str) and len(given) <= LEFT_LIMIT:  # a longer one is none, and refused
        name = storable(given, LEFT_LIMIT)
        found["name"] = shortened(name, contacts.NAME_LIMIT) or _instead_of_a_name(found)
        left += [name] if len(name) > contacts.NAME_LIMIT else []
    return found, left


def _is_all(found: object, whole: Reader, given: str) -> bool:
    try:
        return whole(given) == found
    except FieldError:
        return False


def _instead_of_a_name(found: Raw) -> object:
    phone = found.get("phone")
    return (contacts.spoken(phone) if isinstance(phone, str) else "") or found.get("email") or found.get("external_id")


def check_outside(raw: Raw) -> None:
    """A machine says which number wrote or called: one of a colleague's is no client's. Raises Refused naming whose it
    is. What somebody has typed themselves is their own affair."""
    phone, setup = raw.get("phone"), setups.current()
    number = phones.split(phones.read(phone, setup.firm.country))[0] if isinstance(phone, str) else ""
    if number and (whose := telephony.house().get(number)) is not None:
        raise invalid("phone", "of_the_house", name=setup.name_of(whose))


def wrote_from(contact: Contact, raw: Raw) -> str:
    """The address of theirs that they have given, to which a reply goes; "" where it is not known to be theirs: whoever
    writes in a client's name is not answered in the client's stead."""
    email = raw.get("email")
    given = emails.read(email) if isinstance(email, str) else ""
    if not given or given == contact.email:  # of most, with nothing to look up
        return given
    return given if given in contact_ways.all_of(contact, "email") else ""


def called_from(contact: Contact, raw: Raw) -> str:
    """Likewise the number of theirs, in E.164 without an extension: an SMS has none."""
    phone = raw.get("phone")
    given = phones.split(phones.read(phone, setups.current().firm.country))[0] if isinstance(phone, str) else ""
    return given if given in {phones.split(each)[0] for each in contact_ways.all_of(contact, "phone")} else ""


def other_name(contact: Contact, raw: Raw) -> str:
    """The name under which they have written, where it is not the contact's: a phone may be a family's, an address an
    office's. "" where it says nothing more: a part of the name, or a number or an address in its place."""
    name = raw.get("name")
    if not isinstance(name, str) or phones.is_meant(name) or emails.is_meant(name):
        return ""
    return "" if _words(name) <= _words(contact.name) or name == contact.external_id else name


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", fold(name)))
