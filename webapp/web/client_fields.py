"""The firm's own fields of a client as forms show them: the contact's, and those of the company that a form is about.
Whatever a form shows here it sends along, so that whoever comes second is told (services/companies.py)."""

from __future__ import annotations

from collections.abc import Iterable

from rules.facts import FieldSpec
from webapp.db import session
from webapp.i18n import field_words
from webapp.models import Company, Contact
from webapp.snapshots import setups

NOT_YET = "0"  # the id of a company that is chosen by a name that none has


def specs_of(entities: Iterable[str]) -> list[FieldSpec]:
    """The firm's own."""
    every = setups.current().catalogue
    return [spec for entity in entities for spec in every.of(entity) if not spec.is_built_in]


def shown(specs: Iterable[FieldSpec], contact: Contact, company: Company | None) -> dict[str, str]:
    """What stands in their controls, by name."""
    currency = setups.current().firm.currency
    kept = {"contact": contact.fields, "company": company.fields if company else {}}
    return {
        f"{each.entity}.{each.key}": field_words.typed(each, kept[each.entity].get(each.key), currency)
        for each in specs
    }


def asked_on_a_move(contact_id: int | None, asked: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The same of the fields that a stage asks for, and of which company it is where one of them is a company's."""
    contact = session().get(Contact, contact_id) if contact_id else None
    if contact is None:
        return {}
    names = set(asked)
    specs = [each for each in specs_of(("contact", "company")) if (each.entity, each.key) in names]
    company = session().get(Company, contact.company_id) if contact.company_id else None
    is_of_company = any(each.entity == "company" for each in specs)
    return {**({"company_id": id_of(company)} if is_of_company else {}), **shown(specs, contact, company)}


def id_of(company: Company | None) -> str:
    """As a form names it."""
    return str(company.id) if company else NOT_YET
