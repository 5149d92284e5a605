"""Numbers, money, dates and spans of time in the reader's language and zone. Babel's words, not ours."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol, TypeVar

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
)
from babel.units import format_unit

from rules import amounts
from rules.facts import Text, say
from rules.texts import place_in_alphabet
from webapp import clock, phones
from webapp.i18n.catalogue import language, locale, zone
from webapp.i18n.isolates import gettext, ngettext
from webapp.i18n.line_ends import whole
from webapp.snapshots import setups

NARROW = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸", "UAH": "₴", "BYN": "Br", "TRY": "₺", "GEL": "₾"}


def text(words: Text | None) -> str:
    """The firm's own text in the reader's language."""
    return say(words, language(), setups.current().firm.locale) if words else ""


class Named(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def in_alphabet(named: Iterable[N]) -> list[N]:
    """People and the like by name, as the reader's own alphabet goes."""
    return sorted(named, key=lambda each: (in_order(each.name), each.id))


def in_order(name: str) -> str:
    """By what names are sorted, one key among others: their place in the reader's own alphabet."""
    return place_in_alphabet(name, "cyrillic" if language() == "ru" else "latin")


def money(minor: int, currency: str) -> str:
    """An amount of minor units: "₽ 1,000,000"; decimals only when there are any."""
    return _money(int(minor), currency, language())


@functools.lru_cache(maxsize=4096)
def _money(minor: int, currency: str, locale: str) -> str:
    whole, part = divmod(minor, 10 ** get_currency_precision(currency))
    if part == 0 and whole >= 0:
        before, comma, after = _round_money(currency, locale)
        return f"{before}{whole:,}{after}".replace(",", comma)
    return _worded_money(minor, currency, locale)


@functools.cache
def _round_money(currency: str, locale: str) -> tuple[str, str, str]:
    """What stands before, within and after the digits of a round amount: Babel takes long over each single one."""
    million = _worded_money(1_111_111 * 10 ** get_currency_precision(currency), currency, locale)
    before, comma, after = (
        million[: million.index("1")],
        million[million.index("1") + 1],
        million[million.rindex("1") + 1 :],
    )
    return before, comma, after


def _worded_money(minor: int, currency: str, locale: str) -> str:
    digits = get_currency_precision(currency)
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    pattern = pattern.replace(".00", "." + "0" * digits if minor % 10**digits else "")
    worded = format_currency(minor / 10**digits, currency, format=pattern, locale=locale, currency_digits=False)
    mine = get_currency_symbol(currency, locale=locale)
    return _parted(worded.replace(mine, NARROW.get(currency) or (mine if len(mine) == 1 else currency)))


def _parted(worded: str) -> str:
    """A currency that is named by letters stands apart from its figures: "KWD 1,000"."""
    return re.sub(r"(?<=[A-Za-z])(?=[0-9-])", "\u00a0", worded)


def number(value: float) -> str:
    """A number with all its digits: "1,234,567.25"; a small one too, never as a power of ten."""
    return format_decimal(Decimal(repr(value)).normalize(), decimal_quantization=False, locale=locale())


def percent(share: int) -> str:
    """So many of a hundred: "71%", in Russian apart from its sign."""
    return format_percent(share / 100, locale=locale())


def typed_number(value: float) -> str:
    """A number as one would type it, read back alike in every language: "1234567.25"."""
    return f"{Decimal(repr(value)).normalize():f}"


def disk_size(size: int) -> str:
    """Bytes as one reads them: "70.4 GB"."""
    return whole(format_unit(round(size / 1e9, 1), "digital-gigabyte", "short", locale=locale()))


def file_size(size: int) -> str:
    """Bytes as one reads them: "340 kB", "2.1 MB"."""
    if size < 100_000:
        return whole(format_unit(max(1, round(size / 1e3)), "digital-kilobyte", "short", locale=locale()))
    return whole(format_unit(round(size / 1e6, 1), "digital-megabyte", "short", locale=locale()))


def decimal(minor: int, currency: str) -> str:
    """An amount as a decimal string for forms and the API: "1000000.00"."""
    return amounts.decimal(minor, get_currency_precision(currency))


def typed_money(minor: int, currency: str) -> str:
    """An amount as one would type it, in groups that are read back alike in every language: "84 000", "84 000.50"."""
    units, point, part = decimal(minor, currency).removesuffix(".00").partition(".")
    return f"{int(units):,}".replace(",", "\u00a0") + point + part


def phone(number: str | None, extension: str | None = None) -> str:
    """A number of E.164 in groups, as people read it: "+7 912 555-01-77 ext. 12"."""
    plain, own = phones.split(number or "")
    shown = _in_groups(plain)
    return f"{shown} {phones.BESIDE_A_NUMBER[language()]} {extension or own}" if plain and (extension or own) else shown


@functools.lru_cache(maxsize=4096)
def _in_groups(number: str) -> str:
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def when(at: datetime | None) -> str:
    """An instant, as short as it can be said: today's by its time alone, others with the day."""
    if at is None:
        return ""
    local, today = at.astimezone(zone()), clock.now().astimezone(zone()).date()
    clock_time = _at(at, "HH:mm")
    if local.date() == today:
        return clock_time
    if local.date() == today - timedelta(days=1):
        return gettext("yesterday %(time)s", time=clock_time)
    pattern = "d MMM" if local.year == today.year else "d MMM y"
    return f"{_at(at, pattern)}, {clock_time}"


def coming(at: datetime) -> str:
    """A moment to come, as short as it can be said: "14:30" today, "Fri 10:00" within the week, else with its date."""
    days = (at.astimezone(zone()).date() - clock.now().astimezone(zone()).date()).days
    return weekday_time(at) if 0 < days < 7 else when(at)


def typed_moment(at: datetime) -> str:
    """As a control for day and time has it: in the reader's zone."""
    local = at.astimezone(zone()).replace(tzinfo=None)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def moment(at: datetime | None) -> str:
    """An instant in full, for titles: "Tuesday, 24 November 2026, 10:05"."""
    if at is None:
        return ""
    return _at(at, "EEEE, d MMMM y, HH:mm")


def _at(at: datetime, pattern: str) -> str:
    """The moment in the reader's zone and language."""
    return _worded_at(at.astimezone(zone()).replace(tzinfo=None), pattern, language())


@functools.lru_cache(maxsize=4096)
def _worded_at(local: datetime, pattern: str, _language: str) -> str:
    """A list is shown again and again, and most of its moments with it: Babel takes long over each. The key has no
    zone: moments that are the same in two zones are equal, and their words are not."""
    return format_datetime(local, pattern, locale=locale())


def weekday_time(at: datetime) -> str:
    """ "Mon 09:00": when a pause is over."""
    return _at(at, "ccc HH:mm")


def day(on: date | None) -> str:
    """A date: "24 Nov 2026"."""
    return format_date(on, "d MMM y", locale=locale()) if on else ""


def month(on: date) -> str:
    """The month by its name: "January"."""
    return format_date(on, "LLLL", locale=locale())


def day_of_month(on: date) -> str:
    """A day without its year: "1 January"."""
    return format_date(on, "d MMMM", locale=locale())


def day_of_chart(on: date) -> str:
    """As short as a day can be said without being taken for another: "2 Nov"."""
    return format_date(on, "d MMM", locale=locale())


def weekdays(width: Literal["abbreviated", "wide"] = "wide") -> list[str]:
    """The days of the week, Monday first."""
    names = get_day_names(width, "stand-alone", locale())
    return [names[n] for n in range(7)]


def span(seconds: float) -> str:
    """How long: the two largest units that matter, "1 d 4 h", "6 min 12 s", "14 min"."""
    left = max(int(seconds), 0)
    days, hours, minutes = left // 86400, left // 3600 % 24, left // 60 % 60
    if days:
        parts = [gettext("%(n)s d", n=days), gettext("%(n)s h", n=hours) if hours and days < 7 else ""]
    elif hours:
        parts = [gettext("%(n)s h", n=hours), gettext("%(n)s min", n=minutes) if minutes else ""]
    elif minutes:
        parts = [gettext("%(n)s min", n=minutes), gettext("%(n)s s", n=left % 60) if left % 60 and minutes < 10 else ""]
    else:
        parts = [gettext("%(n)s s", n=left)]
    return " ".join(part for part in parts if part)


def working_span(seconds: float) -> str:
    """The same of working time, which has no days: "27 h 10 min"."""
    left = max(int(seconds), 0)
    hours, minutes = left // 3600, left // 60 % 60
    if hours < 24:
        return span(left)
    return " ".join([gettext("%(n)s h", n=hours), *([gettext("%(n)s min", n=minutes)] if minutes else [])])


def units() -> dict[str, str]:
    """How an amount of each unit of time is written, {} for the number: fuse.js counts in the words of the page."""
    return {
        "d": gettext("%(n)s d", n="{}"),
        "h": gettext("%(n)s h", n="{}"),
        "min": gettext("%(n)s min", n="{}"),
        "s": gettext("%(n)s s", n="{}"),
    }


def countdown(seconds: float) -> str:
    """How long is left on a fuse: "3:48" under an hour, "4 h 5 min", "22 h", "1 d 4 h" over it, for a card is narrow.
    fuse.js says it in the same way."""
    left = max(int(seconds), 0)
    if left < 3600:
        return f"{left // 60}:{left % 60:02d}"
    unit = 60 if left < 36000 else 3600
    return span(left // unit * unit)


def burning(due_at: datetime, pauses: Iterable[Sequence[float]]) -> float:
    """For how many seconds a fuse still burns: what lies in a pause (epoch seconds) does not count. fuse.js counts in
    the same way."""
    now, due = clock.now().timestamp(), due_at.timestamp()
    return max(due - now, 0) - sum(max(0, min(due, end) - max(now, begin)) for begin, end in pauses)


def count(n: int, one: str, many: str) -> str:
    """A number with its noun."""
    return str(ngettext(one, many, n))


def department(known: int) -> str:
    """A department's name; of an archived one it says so."""
    setup = setups.current()
    name = text(setup.department_names.get(known))
    return name if known in setup.departments else gettext("%(name)s (archived)", name=name)


def stage(known: int | str | None) -> str:
    """A stage's name, an archived one's too, by its id; by its key in texts that were kept before stages had ids."""
    stages = setups.current().all_stages
    found = stages.get(known) if isinstance(known, int) else next((s for s in stages.values() if s.key == known), None)
    return text(found.name) if found else str(known or "")
