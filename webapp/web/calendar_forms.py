"""The forms of working calendars: whose one is, hours as they are typed, days."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.hours import read_hours
from rules.worktime import CalendarError, Span, WorkCalendar
from webapp.errors import Refused, invalid
from webapp.services import firms
from webapp.services.recounts import Moves
from webapp.web import own_firm
from webapp.web.forms import Form, Posted, read_id

ASKS = ("bad_fields", "has_waiting_runs")
OWNER = Form(names=("owner",))
WEEK = Form(
    names=("zone", "country", "waiting", "year"), entities=("hours",), beside={"weekly": "hours.0"}, refusals=ASKS
)
DAYS = Form(names=("day", "until", "kind", "hours", "waiting", "year"), refusals=ASKS)
REMOVAL = Form(names=("waiting",), refusals=("firms_calendar", *ASKS))

__all__ = ["DAYS", "OWNER", "REMOVAL", "WEEK", "Moves", "countries", "day", "days", "moves", "owner", "week"]


def owner(posted: Posted) -> tuple[int | None, int | None]:
    """The department or the person that was chosen."""
    kind, _, raw = posted.text("owner").partition("-")
    return (read_id(raw), None) if kind == "department" else (None, read_id(raw) if kind == "person" else None)


def week(posted: Posted, kept: WorkCalendar) -> dict[str, Any]:
    """What was changed of zone, country, weekly hours. Raises Refused naming each day that cannot be read."""
    changed, wrong = posted.changed, {}
    wanted: dict[str, Any] = {"zone": changed.text("zone")} if "zone" in changed else {}
    if "country" in changed:
        wanted["country"] = changed.text("country") or None
    weekly = list(kept.weekly)
    for raw, typed in changed.own("hours").items():
        number = read_id(raw)
        if number is None or number > 6:
            raise invalid(f"hours.{raw}", "unknown_key")
        try:
            weekly[number] = read_hours(typed)
        except CalendarError as error:
            wrong[f"hours.{number}"] = {"code": error.code}
    if wrong:
        raise Refused("bad_fields", problems=wrong)
    return {**wanted, "weekly": [_pairs(each) for each in weekly]}


def _pairs(spans: tuple[Span, ...]) -> list[list[str]]:
    return [[opens.isoformat("minutes"), closes.isoformat("minutes")] for opens, closes in spans]


def days(posted: Posted) -> tuple[date, date, str, tuple[Span, ...]]:
    """The first day and the last, what they are to be, and their hours. Raises Refused."""
    first = day(posted.text("day"))
    last = day(posted.text("until")) if posted.text("until") else first
    kind = posted.text("kind")
    if first is None or last is None:
        raise invalid("until" if first else "day", "not_a_date")
    if kind not in ("usual", "closed", "hours"):
        raise invalid("kind", "not_an_option")
    try:
        return first, last, kind, read_hours(posted.text("hours")) if kind == "hours" else ()
    except CalendarError as error:
        raise invalid("hours", error.code) from None


def day(raw: str) -> date | None:
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def moves(error: Refused) -> Moves | None:
    """What a refused change would have moved."""
    found = error.facts.get("moves")
    return found if isinstance(found, Moves) else None


def countries() -> list[tuple[str, str]]:
    """Those whose holidays are known here, by their names in the reader's language."""
    return [each for each in own_firm.countries() if firms.with_holidays(each[0])]
