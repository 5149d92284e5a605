"""How each kind of field reads what people type and programs send. Texts, numbers and e-mails are chapters of their
own: texts.py, amounts.py, emails.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from rules import amounts, emails, links, texts
from rules.errors import FieldError
from rules.facts import FieldSpec, Value

YEARS = range(1900, 2200)  # outside of it is a slip of the finger, and near the ends zones overflow

PHONE_MARKS = re.compile(r"[\s().\-–/]")
_RUSSIAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
SEVERAL = ","  # between the keys of several options in one text; no key has it
_YES, _NO = ("on", "true", "1", "yes"), ("", "off", "false", "0", "no")


@dataclass(frozen=True, slots=True)
class ReadContext:
    """Facts about who types. `zone` is where their clock stands, `digits` how many decimals the firm's currency has,
    `phone` reads a phone number as the firm's country writes it (a blank one is ""), or raises FieldError. `stages` are
    the whole keys of a set-up that is only being written, where a new stage has no id; None: stages come by id.
    `people` are those who may be chosen; None: whoever, as in a set-up, which checks by itself at whom it points."""

    zone: tzinfo
    digits: int
    phone: Callable[[str], str]
    stages: Collection[str] | None = None
    people: Collection[int] | None = None


def text(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    return texts.line(raw) or None


def long_text(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    return texts.text(raw) or None


def number(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    amount = _decimal(raw, digits=None)
    if abs(amount) > amounts.LIMIT:
        raise FieldError("too_large", limit=amounts.LIMIT)
    return amounts.plain(amount)


def money(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    """A string is typed by a person, in units ("1 000,50"); an integer counts minor units already."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return _within_limits(raw, digits=0)
    if not isinstance(raw, str):  # a float has already lost what money must keep
        raise FieldError("not_a_number")
    return minor_units(_decimal(raw, digits=context.digits), context.digits)


def minor_units(amount: Decimal, digits: int) -> int:
    """An amount in minor units. Raises FieldError when there are more decimals than the currency has."""
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise FieldError("too_precise", digits=digits)
    return _within_limits(int(minor), digits)


def _within_limits(minor: int, digits: int) -> int:
    """Minor units that may be kept; the limit is told in what was typed, units with so many `digits` of minor ones."""
    if minor < 0:
        raise FieldError("negative")
    if minor > amounts.LIMIT:
        raise FieldError("too_large", limit=amounts.LIMIT // 10**digits)
    return minor


def _decimal(raw: object, digits: int | None) -> Decimal:
    try:
        amount = amounts.read(raw, digits)
    except amounts.Ambiguous as error:
        raise FieldError("ambiguous_number", either=error.either, other=error.other) from None
    if amount is None:
        raise FieldError("not_a_number")
    return amount


def checkbox(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in (*_YES, *_NO):
        return raw.lower() in _YES
    raise FieldError("not_yes_or_no")


def select(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    for option in spec.choices:
        if option.key == raw:
            return option.key
    raise FieldError("not_an_option", options=tuple(each.key for each in spec.choices))


def multi_select(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    """Keys of options as a list, or as a form sends them: in one text with commas. Kept in the order of the options."""
    keys = [each.strip() for each in raw.split(SEVERAL)] if isinstance(raw, str) else raw
    if not isinstance(keys, list | tuple):
        raise FieldError("not_a_list")
    chosen = {select(each, spec, context) for each in keys if each != ""}
    return [each.key for each in spec.choices if each.key in chosen] or None


def day(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    found = read_day(raw)
    return found.isoformat() if found else None


def read_day(raw: object) -> date | None:
    """A date as typed or sent; None when blank. Raises FieldError."""
    if isinstance(raw, datetime):
        raise FieldError("not_a_date")
    if isinstance(raw, str) and texts.is_blank(raw):
        return None
    moment = raw if isinstance(raw, date) else _read_moment(raw, "not_a_date")
    _check_year(moment)
    return date(moment.year, moment.month, moment.day)


def instant(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    moment = read_moment(raw)
    local = moment if moment.tzinfo else moment.replace(tzinfo=context.zone)
    return local.astimezone(UTC).isoformat()


def read_moment(raw: object) -> datetime:
    """A day and a time as typed or sent, without a zone where none was said. Raises FieldError."""
    moment = raw if isinstance(raw, datetime) else _read_moment(raw, "not_a_time")
    _check_year(moment)
    return moment


def _check_year(moment: date) -> None:
    if moment.year not in YEARS:
        raise FieldError("date_out_of_range", first=YEARS[0], last=YEARS[-1])


def _read_moment(raw: object, code: str) -> datetime:
    if not isinstance(raw, str):
        raise FieldError(code)
    raw = texts.bare(raw)
    try:
        if russian := _RUSSIAN_DATE.fullmatch(raw):
            day, month, year = map(int, russian.groups())
            return datetime(year, month, day)
        return datetime.fromisoformat(raw)
    except ValueError:
        raise FieldError(code) from None


def phone(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    if not isinstance(raw, str) or not texts.is_storable(raw):
        raise FieldError("not_a_phone")
    return context.phone(raw) or None


def email(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    return emails.read(raw) or None


def link(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    return links.read(raw) or None


def user(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    person = _id(raw, "not_a_user")
    if context.people is not None and person not in context.people:
        raise FieldError("no_such_person")
    return person


def stage(raw: object, spec: FieldSpec, context: ReadContext) -> Value:
    if context.stages is None:
        return _id(raw, "not_a_stage")
    if isinstance(raw, str) and raw in context.stages:
        return raw
    raise FieldError("not_a_stage")


def _id(raw: object, problem: str) -> int:
    number = int(raw) if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,18}", raw) else raw
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 10**18:
        raise FieldError(problem)
    return number
