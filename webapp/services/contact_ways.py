"""Further phones and e-mails of a contact: a client who writes from a second address is the same client.

The main ones stand in the contact, so that all that reads one phone or one e-mail reads those; there are further ones
only where there is a main one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete

from rules import emails
from rules.errors import FieldError
from rules.facts import Raw
from rules.texts import is_beyond
from webapp import phones
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import Problems, Refused, invalid
from webapp.models import Contact, ContactWay
from webapp.services import journal, values
from webapp.snapshots import contact_ways, setups
from webapp.snapshots.contact_ways import KINDS, Ways

MOST = 10
LENGTH = max(phones.LIMIT, emails.LIMIT)


def read(raw: Raw) -> Ways:
    """Those that are given, in their canonical forms, each once: a list, or text with one on a line. Raises Refused
    naming the bad."""
    result: Ways = {}
    problems: Problems = {}
    for key, kind in KINDS.items():
        if key in raw:
            try:
                result[key] = _list(kind, raw[key])
            except FieldError as error:
                problems[key] = {"code": error.code, **error.facts}
    if problems:
        raise Refused("bad_fields", problems=problems)
    return result


def _list(kind: str, raw: object) -> list[str]:
    if isinstance(raw, str) and is_beyond(raw, MOST * LENGTH):
        raise FieldError("too_many", limit=MOST)
    lines = raw.splitlines() if isinstance(raw, str) else raw or []
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        raise FieldError("not_text")
    country, found = setups.current().firm.country, dict[str, None]()
    for each in lines:
        if way := phones.read(each, country) if kind == "phone" else emails.read(each):
            found[way] = None
        if len(found) > MOST:
            raise FieldError("too_many", limit=MOST)
    return list(found)


def write(contact: Contact, raw: Raw, by: Actor) -> values.Changed:
    """Set those that are given. What is the main one is no further one; where the main one is gone, the first of the
    further ones takes its place."""
    given, changed = read(raw), frozenset[tuple[str, str]]()
    before = contact_ways.of([contact.id])[contact.id]
    for key, kind in KINDS.items():
        wanted = given.get(key, before[key])
        main = main_of(contact, kind)
        if wanted and not main:
            changed |= _promote(contact, kind, wanted[0], by)
            main = main_of(contact, kind)
        wanted = [each for each in wanted if each != main]
        if wanted != before[key]:
            changed |= _set(contact, key, before[key], wanted, by)
    return changed


def main_of(contact: Contact, kind: str) -> str:
    """The main phone, its extension with it, or the main e-mail; "" without one."""
    return phones.whole(contact.phone, contact.phone_extension) if kind == "phone" else contact.email or ""


def all_of(contact: Contact, kind: str) -> list[str]:
    """The main one first."""
    return every(contact)[kind]


def every(contact: Contact) -> Ways:
    """Those of each kind, the main one first."""
    further = contact_ways.of([contact.id])[contact.id]
    return {kind: [each for each in (main_of(contact, kind), *further[key]) if each] for key, kind in KINDS.items()}


def gather(contact: Contact, key: str, more: Sequence[str], by: Actor) -> values.Changed:
    """Keep these numbers or addresses too, as they are kept already; the main one is no further one. Raises
    Refused."""
    before = contact_ways.of([contact.id])[contact.id][key]
    have = {main_of(contact, KINDS[key]), *before}
    news = list(dict.fromkeys(each for each in more if each not in have))
    if len(before) + len(news) > MOST:
        raise invalid(key, "too_many", limit=MOST)
    return _set(contact, key, before, [*before, *news], by) if news else frozenset()


def forget(contact: Contact, by: Actor) -> None:
    """None of them is this contact's any more."""
    for key, before in contact_ways.of([contact.id])[contact.id].items():
        if before:
            _set(contact, key, before, [], by)


def learn(contact: Contact, kind: str, value: str, by: Actor) -> None:
    """A phone or an e-mail that a known client turned out to have as well, while there is room."""
    key = next(each for each, its_kind in KINDS.items() if its_kind == kind)
    before = contact_ways.of([contact.id])[contact.id][key]
    if len(before) < MOST:
        _set(contact, key, before, [*before, value], by)
        contact.version += 1


def _promote(contact: Contact, kind: str, value: str, by: Actor) -> values.Changed:
    number, extension = phones.split(value)
    changed = values.set_column(contact, "contact", kind, number, by)
    if kind == "phone":
        changed |= values.set_column(contact, "contact", "phone_extension", extension or None, by)
    return changed


def _set(contact: Contact, key: str, before: list[str], wanted: list[str], by: Actor) -> values.Changed:
    stay = before if before == wanted[: len(before)] else []
    if not stay:
        session().execute(delete(ContactWay).where(ContactWay.contact_id == contact.id, ContactWay.kind == KINDS[key]))
    for each in wanted[len(stay) :]:
        value, extension = phones.split(each)
        session().add(ContactWay(contact_id=contact.id, kind=KINDS[key], value=value, extension=extension))
    session().flush()
    old, new = (", ".join(each) or None for each in (before, wanted))
    journal.write("contact.edited", "contact", contact.id, by, field=key, old=old, new=new)
    return frozenset({("contact", key)})
