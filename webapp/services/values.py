"""Writing field values, of a deal or a contact, typed and journalled. Shared by moves, edits, forms and API."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from rules import fields
from rules.facts import FieldSpec, Raw, Value
from rules.readers import ReadContext
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import Problems, Refused, invalid
from webapp.models import Company, Contact, Deal, JournalEntry
from webapp.services import currency, journal
from webapp.snapshots.setups import current

AMOUNT = FieldSpec("deal", "amount", "money", {}, is_built_in=True)
MOMENT = FieldSpec("deal", "next_step_at", "datetime", {}, is_built_in=True)
Changed = frozenset[tuple[str, str]]
NOTHING: Mapping[str, Value] = {}


def reading(by: Actor) -> ReadContext:
    """How values are read that `by` gives: only somebody who works here is chosen."""
    setup = current()
    working = frozenset(each.id for each in setup.people.values() if each.is_active)
    return replace(setup.reading(by.user_id), people=working)


def parsed(entity: str, raw: Raw, by: Actor, kept: Mapping[str, Value] = NOTHING) -> dict[str, Value]:
    """Raw values of the firm's own fields, as `by` types them, as they are kept. What stands in the record already
    (`kept`) may stay there, though nobody can choose it any more. Raises Refused naming every wrong one as
    "deal.phone": it may have the key of a built-in field."""
    if not raw:
        return {}
    catalogue, context = current().catalogue, reading(by)
    clean: dict[str, Value] = {}
    problems: Problems = {}
    for key, value in raw.items():
        spec = catalogue.get(entity, key)
        try:
            if spec is None or spec.is_built_in:
                raise fields.FieldError("unknown_field")
            clean[key] = _read(spec, value, context, kept.get(key))
        except fields.FieldError as error:
            problems[f"{entity}.{key}"] = {"code": error.code, "entity": entity, "key": key, **error.facts}
    if problems:
        raise Refused("bad_fields", problems=problems)
    return clean


def _read(spec: FieldSpec, raw: object, context: ReadContext, kept: Value) -> Value:
    stands = kept if isinstance(kept, list) else [kept]
    if any(each.is_archived and each.key in stands for each in spec.options):
        options = tuple(replace(each, is_archived=each.is_archived and each.key not in stands) for each in spec.options)
        spec = replace(spec, options=options)
    elif spec.kind == "user" and isinstance(kept, int):
        context = replace(context, people={kept, *(context.people or ())})
    return fields.parse(spec, raw, context)


def shown(entity: str, raw: Raw, by: Actor) -> dict[str, Value]:
    """What a form had shown of the firm's own fields, as it is kept. What was kept may not be taken any more, as an
    option that is archived: it still is what was shown. What cannot be read at all is passed over."""
    catalogue, context = current().catalogue, current().reading(by.user_id)
    saw: dict[str, Value] = {}
    for key, value in raw.items():
        spec = catalogue.get(entity, key)
        if spec is None or spec.is_built_in:
            continue
        with suppress(fields.FieldError):
            every = tuple(replace(each, is_archived=False) for each in spec.options)
            saw[key] = fields.parse(replace(spec, options=every), value, context)
    return saw


def money(raw: object, by: Actor, field: str = "amount") -> int | None:
    """An amount as `by` types it, in minor units of the firm's currency; None when blank. Raises Refused naming
    `field`."""
    try:
        read = fields.parse(AMOUNT, raw, current().reading(by.user_id))
    except fields.FieldError as error:
        raise invalid(field, error.code, **error.facts) from None
    return read if isinstance(read, int) else None


def moment(raw: object, by: Actor, field: str) -> datetime | None:
    """A day and time as `by` types it, where their clock stands; None when blank. Raises Refused naming `field`."""
    try:
        read = fields.parse(MOMENT, raw, current().reading(by.user_id))
    except fields.FieldError as error:
        raise invalid(field, error.code, **error.facts) from None
    return datetime.fromisoformat(read) if isinstance(read, str) else None


def write(
    record: Deal | Contact | Company, clean: Mapping[str, Value], by: Actor, deal_id: int | None = None
) -> Changed:
    """Set the firm's own fields of a record to parsed values. Returns what really changed."""
    entity = record.__tablename__
    catalogue, changed, written = current().catalogue, set(), {}
    for key, value in clean.items():
        old = record.fields.get(key)
        if old == value:
            continue
        if not is_same(entity, key, old, value):
            changed.add((entity, key))
            journal.write(f"{entity}.edited", entity, record.id, by, deal_id=deal_id, field=key, old=old, new=value)
        elif not fields.is_blank(old):
            continue
        written[key] = value  # a "no" answers a gate that asks, though it says what nothing had said before
    if any((spec := catalogue.get(entity, key)) is not None and spec.kind == "money" for key in written):
        currency.held()
    if written:
        record.fields = {**record.fields, **written}
    return frozenset(changed)


def is_same(entity: str, key: str, one: Value, other: Value) -> bool:
    """Whether a value of the firm's own field in the place of another is no change."""
    spec = current().catalogue.get(entity, key)
    return one == other if spec is None else fields.is_same(spec.kind, one, other)


def set_column(
    record: Deal | Contact, entity: str, key: str, value: Value, by: Actor, *, column: str | None = None
) -> Changed:
    """Set a built-in field (a column); `key` is its name in the catalogue."""
    column = column or key
    old = getattr(record, column)
    if old == value:
        return frozenset()
    setattr(record, column, value)
    journal.write(f"{entity}.edited", entity, record.id, by, field=key, old=old, new=value)
    return frozenset({(entity, key)})


def check_shown(entity: str, record_id: int, shown: Mapping[str, Value], now: Mapping[str, object], by: Actor) -> None:
    """An editor saw these values as `shown` (both kept ones, by their names in the catalogue). Raises Refused naming
    each that somebody else has changed since; what one has changed oneself, in haste, is no surprise."""
    problems: Problems = {}
    for key, was in shown.items():
        if (was or None) != (now[key] or None) and (who := changed_by(entity, record_id, key)) != by.user_id:
            name = current().name_of(who)
            spec = current().catalogue.get(entity, key)
            place = f"{entity}.{key}" if spec is not None and not spec.is_built_in else key
            problems[place] = {"code": "changed_meanwhile", "who": name, "entity": entity, "key": key, "now": now[key]}
    if problems:
        who_first = next(iter(problems.values()))["who"]
        record = (entity, record_id)
        raise Refused("stale", problems=problems, record=record, by=who_first, event=f"{entity}.edited")


def changed_by(entity: str, record_id: int, key: str) -> int | None:
    """Who gave a record's field its value last, by the journal."""
    return session().scalar(
        select(JournalEntry.by_id)
        .where(JournalEntry.entity == entity, JournalEntry.entity_id == record_id, JournalEntry.field == key)
        .order_by(JournalEntry.id.desc())
        .limit(1)
    )
