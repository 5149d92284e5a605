"""How each kind of field reads what people type and programs send. Numbers are a chapter of their own: amounts.py."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from rules import amounts
from rules.facts import FieldSpec, Value

TEXT_LIMIT = 10_000
LINE_LIMIT = 500
YEARS = range(1900, 2200)  # outside of it is a slip of the finger, and near the ends zones overflow

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # refused by PostgreSQL or by UTF-8
PHONE_MARKS = re.compile(r"[\s().\-–/]")
_EMAIL = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+")
_RUSSIAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_YES, _NO = ("on", "true", "1", "yes"), ("", "off", "false", "0", "no")


class FieldError(Exception):
    """A value that the field does not take. The view words `code` with `facts`."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class ReadContext:
    spec: FieldSpec
    zone: tzinfo
    digits: int


def _text(raw: object, ground: ReadContext) -> Value:
    if not isinstance(raw, str) or _UNSTORABLE.search(raw):
        raise FieldError("not_text")
    limit = LINE_LIMIT if ground.spec.is_line else TEXT_LIMIT
    words = " ".join(raw.split()) if ground.spec.is_line else raw.replace("\r\n", "\n").replace("\r", "\n")
    if len(words) > limit:
        raise FieldError("too_long", limit=limit)
    return words


def _number(raw: object, ground: ReadContext) -> Value:
    return amounts.plain(_decimal(raw, digits=None))


def _money(raw: object, ground: ReadContext) -> Value:
    if isinstance(raw, int) and not isinstance(raw, bool):
        minor = raw
    elif isinstance(raw, str):
        minor = _minor(_decimal(raw, digits=ground.digits), ground.digits)
    else:  # a float has already lost what money must keep
        raise FieldError("not_a_number")
    if minor < 0:
        raise FieldError("negative")
    if minor > amounts.LIMIT:
        raise FieldError("too_large", limit=amounts.LIMIT)
    return minor


def _minor(amount: Decimal, digits: int) -> int:
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise FieldError("too_precise", digits=digits)
    return int(minor)


def _decimal(raw: object, digits: int | None) -> Decimal:
    try:
        amount = amounts.read(raw, digits)
    except amounts.Ambiguous as error:
        raise FieldError("ambiguous_number", either=error.either, other=error.other) from None
    if amount is None:
        raise FieldError("not_a_number")
    if abs(amount) > amounts.LIMIT:
        raise FieldError("too_large", limit=amounts.LIMIT)
    return amount


def _checkbox(raw: object, ground: ReadContext) -> Value:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in (*_YES, *_NO):
        return raw.lower() in _YES
    raise FieldError("not_yes_or_no")


def _select(raw: object, ground: ReadContext) -> Value:
    for option in ground.spec.options:
        if option.key == raw:
            return option.key
    raise FieldError("not_an_option")


def _date(raw: object, ground: ReadContext) -> Value:
    if isinstance(raw, datetime):
        raise FieldError("not_a_date")
    moment = raw if isinstance(raw, date) else _read_moment(raw, "not_a_date")
    if moment.year not in YEARS:
        raise FieldError("date_out_of_range", first=YEARS[0], last=YEARS[-1])
    return date(moment.year, moment.month, moment.day).isoformat()


def _datetime(raw: object, ground: ReadContext) -> Value:
    moment = raw if isinstance(raw, datetime) else _read_moment(raw, "not_a_time")
    if moment.year not in YEARS:
        raise FieldError("date_out_of_range", first=YEARS[0], last=YEARS[-1])
    local = moment if moment.tzinfo else moment.replace(tzinfo=ground.zone)
    return local.astimezone(UTC).isoformat()


def _read_moment(raw: object, code: str) -> datetime:
    if not isinstance(raw, str):
        raise FieldError(code)
    try:
        if russian := _RUSSIAN_DATE.fullmatch(raw):
            day, month, year = map(int, russian.groups())
            return datetime(year, month, day)
        return datetime.fromisoformat(raw)
    except ValueError:
        raise FieldError(code) from None


def _phone(raw: object, ground: ReadContext) -> Value:
    digits = PHONE_MARKS.sub("", raw) if isinstance(raw, str) else ""
    if not re.fullmatch(r"\+?[0-9]{3,15}", digits):
        raise FieldError("not_a_phone")
    return digits


def _email(raw: object, ground: ReadContext) -> Value:
    if not isinstance(raw, str) or len(raw) > 254 or _UNSTORABLE.search(raw) or not _EMAIL.fullmatch(raw):
        raise FieldError("not_an_email")
    return raw


def _user(raw: object, ground: ReadContext) -> Value:
    number = int(raw) if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,18}", raw) else raw
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**18:
        raise FieldError("not_a_user")
    return number


def _stage(raw: object, ground: ReadContext) -> Value:
    if not isinstance(raw, str) or not re.fullmatch(r"[\w-]{1,100}", raw):
        raise FieldError("not_a_stage")
    return raw


READERS: dict[str, Callable[[object, ReadContext], Value]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "checkbox": _checkbox,
    "select": _select,
    "date": _date,
    "datetime": _datetime,
    "phone": _phone,
    "email": _email,
    "user": _user,
    "stage": _stage,
}
