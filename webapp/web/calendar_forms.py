"""The forms of working calendars: whose one is, hours as they are typed, days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from rules.hours import Day, day_of, read_hours, say_hours
from rules.worktime import CalendarError, Span, WorkCalendar
from webapp.access.scopes import Actor
from webapp.errors import Refused, invalid, not_an_option
from webapp.i18n import day_kinds
from webapp.i18n.formats import weekdays
from webapp.i18n.isolates import gettext
from webapp.services import firms, journal
from webapp.services.recounts import Moves
from webapp.web import own_firm
from webapp.web.forms import Form, Kept, Pairs, Posted, check, read_id

ASKS = ("bad_fields", "has_waiting_runs", "stale")
OWNER = Form(names=("owner",))
WEEK = Form(
    names=("zone", "country", "waiting", "year"), entities=("hours",), beside={"weekly": "hours.0"}, refusals=ASKS
)
DAYS = Form(names=("day", "until", "kind", "hours", "waiting", "year"), refusals=ASKS)
REMOVAL = Form(names=("waiting",), refusals=("firms_calendar", *ASKS))

KINDS = ("usual", "closed", "hours")  # of a day
WEEKLY = tuple(f"hours.{number}" for number in range(7))


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


def controls(cal: WorkCalendar) -> dict[str, str]:
    """What stands in the controls of the week."""
    hours = {name: say_hours(each) for name, each in zip(WEEKLY, cal.weekly, strict=True)}
    return {"zone": cal.zone, "country": cal.country or "", **hours}


def options() -> Mapping[str, Pairs]:
    """By control, what can be chosen and how it reads."""
    return {
        "zone": [(each, each) for each in own_firm.zones()],
        "country": [("", gettext("no country")), *countries()],
    }


def check_week(posted: Posted, calendar_id: int, cal: WorkCalendar, by: Actor) -> None:
    """What is changed is as it was shown. Raises Refused."""
    rests = {name: [("", gettext("day off"))] for name in WEEKLY}
    check(posted.changed, Kept(controls(cal), lambda name: _hand(calendar_id, name), {**options(), **rests}), by)


def _hand(calendar_id: int, name: str) -> int | None:
    number = WEEKLY.index(name) if name in WEEKLY else None
    if number is None:
        return journal.last_by("calendar.edited", calendar_id, name)
    return journal.last_by("calendar.edited", calendar_id, "weekly", lambda old, new: old[number] != new[number])


def as_shown(found: Day) -> str:
    """A day that was clicked, as its form says that it was shown."""
    return f"{found.on} {found.kind} {say_hours(found.spans)}".strip()


def check_day(posted: Posted, calendar_id: int, cal: WorkCalendar, by: Actor) -> None:
    """The day that was clicked is what it was. Raises Refused."""
    on = day(posted.text("day"))
    if on is not None and posted.was.text("kind").startswith(f"{on} "):
        found = day_of(cal, on)
        words = ": ".join(filter(None, (day_kinds.words()[found.kind], say_hours(found.spans))))
        now = as_shown(found)
        hand = partial(journal.last_by, "calendar.edited", calendar_id)
        check(posted, Kept({"kind": now}, lambda _: hand(), {"kind": [(now, words)]}), by)


def _pairs(spans: tuple[Span, ...]) -> list[list[str]]:
    return [[opens.isoformat("minutes"), closes.isoformat("minutes")] for opens, closes in spans]


def days(posted: Posted) -> tuple[date, date, str, tuple[Span, ...]]:
    """The first day and the last, what they are to be, and their hours. Raises Refused."""
    first = day(posted.text("day"))
    last = day(posted.text("until")) if posted.text("until") else first
    kind = posted.text("kind")
    if first is None or last is None:
        raise invalid("until" if first else "day", "not_a_date")
    if kind not in KINDS:
        raise not_an_option("kind", KINDS)
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


def typed(posted: Posted) -> list[str]:
    """What was changed in a form of working time, in words."""
    hours = posted.changed.own("hours")
    week = [f"{name}: {hours[str(n)] or gettext('day off')}" for n, name in enumerate(weekdays()) if str(n) in hours]
    said = (posted.text("day"), posted.text("until"), posted.text("hours"))
    return [*week, *filter(None, (posted.changed.text("zone"), posted.changed.text("country"), *said))]


def moves(error: Refused) -> Moves | None:
    """What a refused change would have moved."""
    found = error.facts.get("moves")
    return found if isinstance(found, Moves) else None


def countries() -> list[tuple[str, str]]:
    """Those whose holidays are known here, by their names in the reader's language."""
    return [each for each in own_firm.countries() if firms.with_holidays(each[0])]
