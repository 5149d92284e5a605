"""One value into a field of many records: of deals that lack what a stage is about to require, or that have chosen an
option that goes. Each record by itself, through the same services as an edit by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from webapp.access.scopes import Actor
from webapp.db import savepoint, session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Company, Contact, Deal
from webapp.services import companies, contacts, deals, values
from webapp.snapshots.setups import current

MOST = 200
BLANK: tuple[object, ...] = (None, "", [])


@dataclass(frozen=True, slots=True)
class MassFillResult:
    """By the deals that were chosen: what somebody else has filled in meanwhile is among none of these; `gone` were
    deleted meanwhile."""

    filled: list[int] = field(default_factory=list)
    refused: list[tuple[int, str, Refused]] = field(default_factory=list)  # id, title, why
    gone: list[int] = field(default_factory=list)

    def __add__(self, more: MassFillResult) -> MassFillResult:
        return MassFillResult(self.filled + more.filled, self.refused + more.refused, self.gone + more.gone)


def fill(entity: str, key: str, raw: object, deal_ids: Iterable[int], by: Actor) -> MassFillResult:
    """Fill in a field of deals that have nothing in it, or of their contacts or companies, each or not by itself.
    What somebody else has filled in meanwhile stays. Raises Refused for a value that the field does not take."""
    spec = current().catalogue.get(entity, key)
    if spec is None or spec.is_built_in:
        raise NotFound("field")
    if values.parsed(entity, {key: raw}, by)[key] is None:
        raise Refused("bad_fields", problems={f"{entity}.{key}": {"code": "blank", "entity": entity, "key": key}})
    ids = list(deal_ids)
    wanted = select(Deal).where(Deal.id.in_(ids), Deal.deleted_at.is_(None)).order_by(Deal.id)
    locked = session().scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()
    found = [(deal.id, deal.title, deal) for deal in locked]
    done = MassFillResult(gone=sorted({*ids} - {each for each, _, _ in found}))
    for deal_id, title, deal in found:
        try:
            with savepoint():
                if _filled(deal, entity, key, raw, by):
                    done.filled.append(deal_id)
        except Refused as why:
            done.refused.append((deal_id, title, why))
    return done


def _filled(deal: Deal, entity: str, key: str, raw: object, by: Actor) -> bool:
    record = holder(deal, entity)
    if record is None:
        raise invalid(f"{entity}.{key}", "deal_without_contact" if deal.contact_id is None else "no_company")
    return record.fields.get(key) in BLANK and _edited(record, key, raw, by)


def holder(deal: Deal, entity: str) -> Deal | Contact | Company | None:
    """What holds a field of a locked deal: itself, or what it belongs to, locked."""
    return deal if entity == "deal" else _beside(deal, entity)


def _beside(deal: Deal, entity: str) -> Contact | Company | None:
    """The deal's contact, or the contact's company, locked."""
    contact = _contact(deal.contact_id)
    if entity == "contact" or contact is None:
        return contact
    if contact.company_id is None:
        return None
    return session().get(Company, contact.company_id, with_for_update=True, populate_existing=True)


def living(deal_id: int) -> Deal | None:
    """A deal that is not deleted, locked."""
    deal = session().get(Deal, deal_id, with_for_update=True, populate_existing=True)
    return deal if deal is not None and deal.deleted_at is None else None


def fill_blank(deal: Deal, entity: str, key: str, raw: object, by: Actor) -> Deal | Contact | Company | None:
    """One value into the field of a locked deal, or of what it belongs to. What holds it now; None where somebody else
    has filled it in. Raises Refused: also where there is nothing that could hold it."""
    with savepoint():
        return holder(deal, entity) if _filled(deal, entity, key, raw, by) else None


def put(record: Deal | Contact | Company, key: str, raw: object, by: Actor) -> None:
    """A value into a locked record. Raises Refused where something is against it, and then nothing of it is written."""
    with savepoint():
        _edited(record, key, raw, by)


def _contact(contact_id: int | None) -> Contact | None:
    lock = {"key_share": True}
    return session().get(Contact, contact_id, with_for_update=lock, populate_existing=True) if contact_id else None


def replace_option(record: Deal | Contact | Company, key: str, old: str, new: str | None, by: Actor) -> bool:
    """Another option, or none, in the place of one that went, in a locked record. Whether there is such a field. Raises
    Refused: what a stage requires is not taken away."""
    spec = current().catalogue.get(record.__tablename__, key)
    kept = record.fields.get(key)
    if spec is None:
        return False
    raw: object = new
    if isinstance(kept, list):
        offered = {each.key for each in spec.choices}
        raw = [each for each in ((new if one == old else one) for one in kept) if each in offered]
    put(record, key, raw, by)
    return True


def _edited(record: Deal | Contact | Company, key: str, raw: object, by: Actor) -> bool:
    if isinstance(record, Deal):
        deals.edit(record, {"fields": {key: raw}}, by=by)
    elif isinstance(record, Contact):
        contacts.edit(record, {}, by, own={key: raw})
    else:
        companies.write(record.id, {key: raw}, by)
    return True
