"""Whose client a contact is: who may change it, and who is asked when one may not."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, select, true

from rules import rights
from rules.rights import Scope
from webapp.access.viewer import scope_of
from webapp.db import session
from webapp.models import Contact
from webapp.snapshots import recipients, setups


def may_write(scope: Scope, contact: Contact) -> bool:
    """Whether whoever reaches this may change the contact."""
    return rights.may_write_contact(scope, contact.responsible_id, _departments(contact))


def may_merge(scope: Scope, one: Contact, other: Contact) -> bool:
    """Whether whoever reaches this may make one contact of these two."""
    return rights.may_merge_contacts(scope, *((each.responsible_id, _departments(each)) for each in (one, other)))


def merged_with(scope: Scope, contact: Contact) -> ColumnElement[bool]:
    """SQL over Contact, twin of `may_merge`: whom this one could turn out to be."""
    others = Contact.id != contact.id, Contact.merged_into_id.is_(None)
    return and_(*others, written_by(scope)) if may_write(scope, contact) else false()


def written_by(scope: Scope) -> ColumnElement[bool]:
    """SQL over Contact, of those that whoever reaches this may change: the rule is asked of each rep."""
    if scope.is_admin:
        return true()
    people = setups.current().people.values()
    reps = [each.id for each in people if rights.may_write_contact(scope, each.id, each.department_ids)]
    return Contact.responsible_id.in_(reps)


def may_write_company(scope: Scope, company_id: int) -> bool:
    """Whoever may change one of its people may change the company."""
    theirs = select(Contact.id).where(Contact.company_id == company_id, written_by(scope)).limit(1)
    return scope.is_admin or session().scalar(theirs) is not None


def is_client_of(person_id: int, contact: Contact) -> bool:
    """Whether this employee may change the contact."""
    setup = setups.current()
    return may_write(scope_of(setup, setup.people[person_id]), contact)


def keepers(contact: Contact) -> list[int]:
    """Its own rep, and the heads over them: who is told, and who is asked. Without a rep who is here: the admins."""
    people = setups.current().people
    own = people.get(contact.responsible_id or 0)
    if own is None:
        return [each.id for each in people.values() if each.is_admin and each.is_active]
    heads = recipients.head_of(own.id, own.department_id).people
    return [*([own.id] if own.is_active else []), *(each for each in heads if each != own.id)]


def named_keepers(contact: Contact) -> str:
    """Who may change it, to be asked: "Ivan Petrov, Anna Krylova"."""
    return ", ".join(setups.current().name_of(each) for each in keepers(contact))


def _departments(contact: Contact) -> frozenset[int]:
    own = setups.current().people.get(contact.responsible_id or 0)
    return own.department_ids if own is not None else frozenset()
