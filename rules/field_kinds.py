"""The kinds of field, each declared in one piece: how it is read, what it can be asked, how it compares, how JSON and
texts have it. How it is worded and its control are its entry in webapp/i18n/field_words.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from rules import amounts, readers, texts
from rules.errors import FieldError
from rules.facts import FieldSpec, Value
from rules.readers import PHONE_MARKS, ReadContext

Fact = str | Mapping[str, object]
_EQUALITY = ("eq", "ne", "in", "not_in", "empty", "filled")
_ORDER = ("eq", "ne", "gt", "gte", "lt", "lte", "empty", "filled")
_WORDS = ("eq", "ne", "contains", "in", "not_in", "empty", "filled")
_AMONG = ("contains", "in", "not_in", "empty", "filled")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,6})?")


def _as_it_is(value: object, *_: object) -> object:
    return value


def _as_words(spec: FieldSpec, value: object, currency: str) -> Fact:
    return str(value)


@dataclass(frozen=True, slots=True)
class FieldKind:
    """`read` makes the stored form of what was typed or sent (see fields.parse). `comparable` makes of a stored value
    what is compared, None when there is nothing to compare; it never raises.

    Of a kind that keeps several values, a condition asks for one of them: `element` is that one's kind.

    Of two stored values that `says` the same of, one in the place of the other is no change.

    `as_json` and `from_json` stand between the API and the stored form; what `from_json` returns is read by `read`.
    `fact` is how a value is kept in a text that is worded later, in its reader's language (webapp/i18n/facts.py).
    """

    key: str
    read: Callable[[object, FieldSpec, ReadContext], Value]
    operators: tuple[str, ...]
    comparable: Callable[[Value], object]
    as_json: Callable[[object, int], object] = _as_it_is
    from_json: Callable[[object, ReadContext], object] = _as_it_is
    fact: Callable[[FieldSpec, object, str], Fact] = _as_words
    says: Callable[[Value], object] = _as_it_is
    is_moment: bool = False  # a timer may count from it
    is_never_empty: bool = False  # untouched it says no
    has_options: bool = False
    element: str = ""
    is_own: bool = True  # the firm may have fields of it


def _words(value: Value) -> str | None:
    return texts.composed(value).casefold() if isinstance(value, str) and value else None


def _among(value: Value) -> frozenset[str] | None:
    """Of what is kept all that was chosen, of what a condition asks for the one."""
    keys = value if isinstance(value, list | tuple) else [value]
    return frozenset(each.casefold() for each in keys if isinstance(each, str) and each) or None


def _dialled(value: Value) -> str | None:
    return PHONE_MARKS.sub("", value) if isinstance(value, str) and value else None


def _number(value: Value) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _id(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _yes(value: Value) -> bool | None:
    return bool(value) if value is None or isinstance(value, bool) else None


def _day(value: Value) -> date | None:
    moment = _moment(value)
    return moment.date() if isinstance(moment, datetime) else moment


def _instant(value: Value) -> datetime | None:
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(value: Value) -> date | datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return moment if isinstance(moment, date) else None


def _money_as_json(value: object, digits: int) -> object:
    return amounts.decimal(value, digits) if isinstance(value, int) else value


def money_from_json(value: object, context: ReadContext) -> int:
    """A decimal string with a point, in minor units. Raises FieldError."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise FieldError("money_as_text")
    return readers.minor_units(Decimal(value), context.digits)


def _instant_from_json(value: object, context: ReadContext) -> object:
    """Read here as it will be read there, so that no way of writing a moment goes without its zone."""
    is_said = value is not None and not (isinstance(value, str) and texts.is_blank(value))
    if is_said and readers.read_moment(value).tzinfo is None:
        raise FieldError("zone_missing")
    return value


def _label(spec: FieldSpec, value: object, currency: str) -> Fact:
    found = next((each.label for each in spec.options if each.key == value), None)
    return {"text": dict(found)} if found else str(value)


def _labels(spec: FieldSpec, value: object, currency: str) -> Fact:
    labels = {each.key: dict(each.label) for each in spec.options}
    keys = value if isinstance(value, list | tuple) else [value]
    return {"texts": [labels.get(str(each), {"en": str(each)}) for each in keys]}


TEXT = FieldKind("text", readers.text, _WORDS, _words)
LONG_TEXT = FieldKind("long_text", readers.long_text, _WORDS, _words)
LINK = FieldKind("link", readers.link, _WORDS, _words)
PHONE = FieldKind("phone", readers.phone, _WORDS, _dialled, fact=lambda spec, value, currency: {"phone": str(value)})
EMAIL = FieldKind("email", readers.email, _WORDS, _words)
NUMBER = FieldKind("number", readers.number, _ORDER, _number, fact=lambda spec, value, currency: {"number": value})
MONEY = FieldKind(
    "money",
    readers.money,
    _ORDER,
    _number,
    as_json=_money_as_json,
    from_json=money_from_json,
    fact=lambda spec, value, currency: {"money": value, "currency": currency},
)
CHECKBOX = FieldKind(
    "checkbox",
    readers.checkbox,
    ("eq", "ne"),
    _yes,
    as_json=lambda value, digits: bool(value),
    fact=lambda spec, value, currency: {"yes": bool(value)},
    says=bool,
    is_never_empty=True,
)
SELECT = FieldKind("select", readers.select, _EQUALITY, _words, fact=_label, has_options=True)
MULTI_SELECT = FieldKind(
    "multi_select",
    readers.multi_select,
    _AMONG,
    _among,
    fact=_labels,
    says=lambda value: frozenset(value) if isinstance(value, list) else value,  # options may be in another order now
    has_options=True,
    element="select",
)
DATE = FieldKind(
    "date", readers.day, _ORDER, _day, fact=lambda spec, value, currency: {"date": str(value)}, is_moment=True
)
DATETIME = FieldKind(
    "datetime",
    readers.instant,
    _ORDER,
    _instant,
    from_json=_instant_from_json,
    fact=lambda spec, value, currency: {"at": str(value)},
    is_moment=True,
)
USER = FieldKind("user", readers.user, _EQUALITY, _id, fact=lambda spec, value, currency: {"user": value})
STAGE = FieldKind(
    "stage", readers.stage, _EQUALITY, _id, fact=lambda spec, value, currency: {"stage": value}, is_own=False
)

FIELD_KINDS: dict[str, FieldKind] = {
    each.key: each
    for each in (
        *(TEXT, LONG_TEXT, NUMBER, MONEY, DATE, DATETIME, CHECKBOX, SELECT, MULTI_SELECT),
        *(USER, PHONE, EMAIL, LINK, STAGE),
    )
}


def _nothing_read(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    raise FieldError("unknown_field")


def field_kind(key: str) -> FieldKind:
    """The kind of a field that is stored. One that is there no more takes nothing and can be asked nothing."""
    return FIELD_KINDS.get(key) or FieldKind(key, _nothing_read, (), lambda value: None)
