"""Field values: read, asked, compared, each as its kind in field_kinds.py says.

Stored form is JSON: dates and instants as ISO strings (instants in UTC), money as an integer of minor units, a user
and a stage as an id, an option as its key, several options as a list of theirs.
"""

from __future__ import annotations

from datetime import date

from rules import texts
from rules.errors import FieldError
from rules.facts import FieldSpec, Value
from rules.field_kinds import field_kind
from rules.readers import ReadContext

__all__ = ["FieldError", "ReadContext", "comparable", "is_blank", "is_same", "operators_for", "parse", "stored"]


def parse(spec: FieldSpec, raw: object, context: ReadContext) -> Value:
    """The stored form of what was typed into a form or sent as JSON; None when blank. What is stored parses to itself.

    Money as a string is in units ("1 000,50"), as an integer already in minor ones (100050). An instant without a zone
    is read in the zone of `context`, a national phone number in its country.
    """
    kind = field_kind(spec.kind)
    if isinstance(raw, str):
        if texts.is_beyond(raw, texts.TEXT_LIMIT):
            raise FieldError("too_long", limit=texts.TEXT_LIMIT)
        raw = raw.strip()
    if raw is None or (isinstance(raw, str) and texts.is_blank(raw) and not kind.is_never_empty):
        return None
    return kind.read(raw, spec, context)


def is_blank(value: object) -> bool:
    """Nothing there that one could see. A checkbox that says no and a zero are answers, not blanks."""
    return value is None or value == [] or (isinstance(value, str) and texts.is_blank(value))


def is_same(kind: str, one: Value, other: Value) -> bool:
    """Whether a stored value in the place of another is no change: an untouched checkbox is one that says no."""
    says = field_kind(kind).says
    return says(one) == says(other)


def operators_for(kind: str) -> tuple[str, ...]:
    return field_kind(kind).operators


def stored(value: Value) -> Value:
    """A snapshot's value as JSON takes it."""
    return value.isoformat() if isinstance(value, date) else value


def comparable(kind: str, value: Value) -> object:
    """The value as its kind is compared: casefolded, a real date, an aware instant, a checkbox never None.

    None when there is nothing to compare, also when the value is no longer of this kind. Never raises.
    """
    return field_kind(kind).comparable(value)
