"""The kinds of field: what each takes, what it can be asked, how it compares.

Stored form is JSON: dates and instants as ISO strings (instants in UTC), money as an integer of minor units, a user
as an id, an option as its key. A new kind: KINDS in facts.py, its operators here, its reader in readers.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Any

from rules.facts import FieldSpec, Value
from rules.readers import PHONE_MARKS, READERS, FieldError, ReadContext

__all__ = ["FieldError", "comparable", "is_blank", "operators_for", "parse", "stored"]

_EQUALITY = ("eq", "ne", "in", "not_in", "empty", "filled")
_ORDER = ("eq", "ne", "gt", "gte", "lt", "lte", "empty", "filled")
_WORDS = ("eq", "ne", "contains", "in", "not_in", "empty", "filled")
_OPERATORS = {
    "text": _WORDS,
    "phone": _WORDS,
    "email": _WORDS,
    "number": _ORDER,
    "money": _ORDER,
    "date": _ORDER,
    "datetime": _ORDER,
    "select": _EQUALITY,
    "user": _EQUALITY,
    "stage": _EQUALITY,
    "checkbox": ("eq", "ne"),  # never empty: untouched means no
}


def parse(spec: FieldSpec, raw: object, *, zone: tzinfo = UTC, digits: int = 2) -> Value:
    """The stored form of what was typed into a form or sent as JSON; None when blank. What is stored parses to itself.

    Money as a string is in units ("1 000,50"), as an integer already in minor ones (100050); `digits` is how many
    decimals the firm's currency has. An instant without a zone is read in `zone`. Phones lose their punctuation and
    nothing else: E.164 needs a country, which rules do not know.
    """
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or (raw == "" and spec.kind != "checkbox"):
        return None
    return READERS[spec.kind](raw, ReadContext(spec, zone, digits))


def is_blank(value: Value) -> bool:
    """Nothing there. A checkbox that says no and a zero are answers, not blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def operators_for(kind: str) -> tuple[str, ...]:
    return _OPERATORS.get(kind, ())


def stored(value: Value) -> Value:
    """A snapshot's value as JSON takes it."""
    return value.isoformat() if isinstance(value, date) else value


def comparable(kind: str, value: Value) -> Any:
    """The value as its kind is compared: casefolded, a real date, an aware instant, a checkbox never None.

    None when there is nothing to compare, also when the value is no longer of this kind. Never raises.
    """
    if kind == "checkbox":
        return bool(value) if value is None or isinstance(value, bool) else None
    if kind in ("number", "money"):
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind == "user":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind in ("date", "datetime"):
        return _moment(kind, value)
    if not isinstance(value, str) or not value:
        return None
    return PHONE_MARKS.sub("", value) if kind == "phone" else value.casefold()


def _moment(kind: str, value: Value) -> date | datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if kind == "date" and isinstance(moment, date):
        return moment.date() if isinstance(moment, datetime) else moment
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
