"""What a robot would do, in words: when, past what, for whom and how they were found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from babel.dates import format_date

from webapp.i18n import N_, catalogue
from webapp.i18n.isolates import gettext

CLOSED = {
    "night": N_("the night"),
    "break": N_("a break"),
    "weekend": N_("the weekend"),
    "holiday": N_("a holiday"),
    "closed": N_("a day off"),
}


def skipped(days: Iterable[tuple[date, str, str | None]]) -> str:
    """What is stepped over: "the night, Sat, Sun, 1 Jan (New Year's Day)"; "" when nothing is."""
    said = dict.fromkeys(_day(*each) for each in days)
    return ", ".join(said)


def _day(day: date, why: str, holiday: str | None) -> str:
    if why in ("night", "break"):
        return gettext(CLOSED[why])
    named = format_date(day, "ccc d MMM", locale=catalogue.locale())
    return f"{named} ({holiday})" if holiday else named
