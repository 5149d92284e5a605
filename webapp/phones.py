"""Phone numbers as a country writes them, in E.164. The one place that reads them; how they are shown: i18n/formats."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from rules.errors import FieldError
from rules.texts import bare

EXTENSION = ";ext="  # between number and extension, as RFC 3966 writes it
BESIDE_A_NUMBER = {"en": "ext.", "ru": "доб."}  # what stands before an extension; both are read back
LIMIT = 100
WORDS_LIMIT = 300  # signs of what is searched for a number, while others wait: 3 ms at worst
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
_FALSE_CODE = re.compile(r"\+\s*8[\s(\-.]")  # a Russian eight with a plus: no country has the code 8
_OTHER_NUMBER = re.compile(r"[/,;]| (?:and|or|и|или|und|oder) ")
_EXTENSION = re.compile(r"\s*(?:доб|extn?|x|int)(?![a-zа-яё])", re.IGNORECASE)  # after a comma it is no other number
_BEGINNING = re.compile(r"(?:tel|callto|phone|t|тел|т)[.:]+\s*", re.IGNORECASE)
_BESIDE = frozenset(("доб", "ext", "extn", "x", "int", "and", "or", "и", "или", "und", "oder"))  # letters of no name
_SHORTEST = 5  # digits of what may be meant as a number
_FORM = re.compile(r"[0-9+()\s.\-/,;=#*a-zа-яё]+", re.IGNORECASE)


def read(raw: str, country: str | None) -> str:
    """The number in E.164, with ";ext=12" where it has an extension; "" when blank. A number without a country code
    is one of `country`. Raises FieldError, also for what libphonenumber knows to be no number there."""
    typed = _BEGINNING.sub("", bare(raw), count=1)
    if not typed:
        return ""
    if len(typed) > LIMIT or not _FORM.fullmatch(typed):
        raise FieldError("not_a_phone")
    return _read(typed, country)


@lru_cache(maxsize=64)  # what a client left is read four times on its way to their record
def _read(typed: str, country: str | None) -> str:
    if _FALSE_CODE.search(typed):
        raise FieldError("no_such_country_code")
    if _first_of_two(typed, country):
        raise FieldError("two_phones")
    found = _valid(typed, country)
    if found is None:
        raise FieldError("not_a_phone" if country or typed.startswith("+") else "phone_without_country")
    return _written(found)


def first(raw: str, country: str | None) -> str:
    """The first number among what a client left, for nobody is there to be asked; "" when there is none. There may be
    words around it: "whatsapp:", a name, when to call."""
    typed = bare(raw)
    try:
        return _first_of_two(typed, country) or read(typed, country)
    except FieldError:
        return _among_words(typed, country) if len(raw) <= WORDS_LIMIT else ""


@lru_cache(maxsize=64)
def _among_words(typed: str, country: str | None) -> str:
    if _FALSE_CODE.search(typed):
        return ""
    found = next(iter(phonenumbers.PhoneNumberMatcher(typed, country)), None)
    return _written(found.number) if found is not None else ""


def is_meant(raw: str) -> bool:
    """Whether somebody who types this where a name may stand as well means a number, be it a wrong one."""
    typed = _BEGINNING.sub("", bare(raw), count=1).lower()
    is_number = re.match("[+(0-9]", typed) is not None and len(re.sub(r"\D", "", typed)) >= _SHORTEST
    return is_number and _FORM.fullmatch(typed) is not None and _BESIDE.issuperset(re.findall("[a-zа-яё]+", typed))


def whole(number: str | None, extension: str | None) -> str:
    """As `split` takes it apart; "" without a number."""
    return f"{number}{EXTENSION}{extension}" if number and extension else number or ""


def may_be_same(one: str, other: str) -> bool:
    """Two extensions of one number are two phones; a number without one may be that of any of them, as whoever calls
    from behind a switchboard shows it."""
    (number, extension), (its, own) = split(one), split(other)
    return number == its and (extension == own or not extension or not own)


def split(number: str) -> tuple[str, str]:
    """Number and extension."""
    number, _, extension = number.partition(EXTENSION)
    return number, extension


def _first_of_two(typed: str, country: str | None) -> str:
    """ "+49 30 1234567/68" says two numbers, "030/1234567" one."""
    head, _, rest = typed.partition(mark[0]) if (mark := _OTHER_NUMBER.search(typed)) else (typed, "", "")
    if mark is None or not re.search("[0-9]{2}", rest) or _EXTENSION.match(rest):
        return ""
    if mark[0] != "/" and len(re.sub(r"\D", "", rest)) < 5:
        return ""
    found = _valid(head, country)
    return _written(found) if found else ""


def _valid(typed: str, country: str | None) -> PhoneNumber | None:
    """As it stands, else 0049… as +49…: so people dial abroad, wherever they are."""
    for each in (typed, re.sub("^00", "+", typed)):
        try:
            found = phonenumbers.parse(each, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(found):
            return found
    return None


def _written(number: PhoneNumber) -> str:
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return whole(plain, number.extension)
