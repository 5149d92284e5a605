"""Calendars as they are kept: their JSON form, read strictly or loaded without ever raising. How time is counted in one
is in worktime.py, how one is edited by hand in year_view.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.worktime import MIDNIGHT, PLAIN_WEEK, CalendarError, Span, WorkCalendar, check_country


def calendar_from(raw: Mapping[str, Any]) -> WorkCalendar:
    """A calendar from its JSON form. Raises CalendarError(code) for what cannot be kept."""
    _check_country(raw.get("country"))
    return _read(raw)


def _read(raw: Mapping[str, Any]) -> WorkCalendar:
    _check_zone(raw.get("zone"))
    weekly, closed, hours = raw.get("weekly"), raw.get("closed") or (), raw.get("hours") or {}
    if not isinstance(weekly, list | tuple) or len(weekly) != 7:
        raise CalendarError("not_a_week")
    if not isinstance(closed, list | tuple):
        raise CalendarError("not_a_date", value=str(closed))
    if not isinstance(hours, Mapping):
        raise CalendarError("not_hours", value=str(hours))
    week = tuple(spans_from(day) for day in weekly)
    if not any(week):
        raise CalendarError("never_open")
    return WorkCalendar(
        zone=raw["zone"],
        weekly=week,
        country=raw.get("country") or None,
        closed=frozenset(_day(each) for each in closed),
        hours={_day(each): spans_from(spans) for each, spans in hours.items()},
    )


def load(raw: Mapping[str, Any], zone: str) -> WorkCalendar:
    """A stored calendar. Never raises: a zone that is gone is the firm's, a week without one working hour is a plain
    one of five days, and a country that is gone has no holidays, which is found out only when time is counted in it:
    the library of holidays is a tenth of a process."""
    if not isinstance(raw.get("country"), str | None):
        raw = {**raw, "country": None}
    try:
        return _read(raw)
    except CalendarError as error:
        is_zone = error.code == "unknown_zone" and raw.get("zone") != zone
    return load({**raw, "zone": zone}, zone) if is_zone else WorkCalendar(zone, PLAIN_WEEK)


def _check_zone(zone: Any) -> None:
    try:
        ZoneInfo(zone)
    except (TypeError, ValueError, OSError, ZoneInfoNotFoundError):  # OSError: "Europe" is a folder
        raise CalendarError("unknown_zone", zone=zone) from None


def _check_country(country: Any) -> None:
    try:
        if country:
            check_country(country)
    except (TypeError, NotImplementedError):
        raise CalendarError("unknown_country", country=country) from None


def _day(raw: Any) -> date:
    try:
        return date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise CalendarError("not_a_date", value=str(raw)) from None


def spans_from(raw: Any) -> tuple[Span, ...]:
    """The hours of one day from pairs of times. Raises CalendarError."""
    try:
        spans = tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in raw)
    except (TypeError, ValueError):
        raise CalendarError("not_hours", value=str(raw)) from None
    if any(at.tzinfo or at.second or at.microsecond for span in spans for at in span):
        raise CalendarError("not_hours", value=str(raw))
    last: time | None = None
    for n, (opens, closes) in enumerate(spans):
        goes_past_midnight = n == len(spans) - 1 and (closes < opens or closes == MIDNIGHT)
        if (last is not None and opens < last) or (closes <= opens and not goes_past_midnight):
            raise CalendarError("not_in_order", value=str(raw))
        last = closes
    return spans


def dump(cal: WorkCalendar) -> dict[str, Any]:
    """The JSON form: calendar_from(dump(c)) == c."""

    def spans(each: tuple[Span, ...]) -> list[list[str]]:
        return [[opens.isoformat("minutes"), closes.isoformat("minutes")] for opens, closes in each]

    return {
        "zone": cal.zone,
        "weekly": [spans(day) for day in cal.weekly],
        "country": cal.country,
        "closed": sorted(day.isoformat() for day in cal.closed),
        "hours": {day.isoformat(): spans(each) for day, each in sorted(cal.hours.items())},
    }
