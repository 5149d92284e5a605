"""What the firm is: its name, language, zone, money, country, what its reps see, and how long people have to act."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from babel.core import get_global
from babel.numbers import get_territory_currencies
from sqlalchemy import select

from rules.errors import FieldError
from rules.important import FIRMS_TIMES
from rules.next_steps import MARKED
from rules.tasks import FIRMS_TIMES as TIMES_TO_ACCEPT
from rules.texts import line
from webapp import phones
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.config import LOCALES
from webapp.db import session
from webapp.errors import Problems, Refused, invalid
from webapp.models import Calendar, Firm
from webapp.services import currency, drafts, journal, money_kept, recounts
from webapp.services.events import people_changed
from webapp.snapshots import setups

NAME_LIMIT = 100
IN_CALENDAR = {"time_zone": "zone", "country": "country"}
REP_SEES = ("own", "department", "all")
MAY_BE_NONE = ("country", "accept_within")


def currencies() -> list[str]:
    """Those that are money somewhere today."""
    return sorted({str(each) for country in phones.COUNTRIES for each in get_territory_currencies(country)})


def zone_named(zone: str) -> str:
    """Its name of today: a browser says Asia/Calcutta, which has been Asia/Kolkata for long. One that the zones of this
    machine do not know yet is left under the name that they know."""
    today = str(get_global("zone_aliases").get(zone, zone))
    return today if today in _zones() else zone


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # a walk through a folder


def country_of(zone: str) -> str | None:
    """In which country clocks are set so, by whichever of its names; None for a zone of several, or of none."""
    aliases, territories = get_global("zone_aliases"), get_global("zone_territories")
    found = territories.get(aliases.get(zone, zone))
    return str(found) if found in phones.COUNTRIES else None


def currency_of(country: str) -> str:
    """What is money there; "" where that is not known: no language says so."""
    spent = get_territory_currencies(country) if country in phones.COUNTRIES else []
    return str(spent[0]) if spent else ""


def problems(wanted: Mapping[str, object]) -> Problems:
    """What is wrong with these facts of a firm, by their names. Where something is to be chosen, "" is nothing."""
    allowed = {
        "locale": ("not_an_option", LOCALES),
        "time_zone": ("unknown_zone", available_timezones()),
        "currency": ("no_such_currency", currencies()),
        "country": ("no_such_country", phones.COUNTRIES),
        "rep_sees": ("not_an_option", REP_SEES),
        "marks_next_step": ("not_an_option", MARKED),
        "take_within": ("not_an_option", [str(each) for each in FIRMS_TIMES]),
        "accept_within": ("not_an_option", [str(each) for each in TIMES_TO_ACCEPT]),
    }
    found: Problems = {
        name: {
            "code": code if wanted[name] != "" else "blank",
            "options": [*map(str, options)] if code == "not_an_option" else [],
        }
        for name, (code, options) in allowed.items()
        if name in wanted and wanted[name] not in options and not (wanted[name] is None and name in MAY_BE_NONE)
    }
    if "firm" in wanted:
        try:
            if not line(wanted["firm"], NAME_LIMIT):
                found["firm"] = {"code": "blank"}
        except FieldError as error:
            found["firm"] = {"code": error.code, **error.facts}
    return found


def has_money() -> bool:
    """Whether any sum was written down: its currency stays from then on."""
    return money_kept.is_kept()


def locked() -> Firm:
    """The firm, which nobody else changes meanwhile, nor its set-up: zone, country and currency say how that is
    read."""
    drafts.lock()
    held = select(Firm).with_for_update(key_share=True)
    return session().scalars(held.execution_options(populate_existing=True)).one()


def change(wanted: Mapping[str, str | None], by: Actor, waiting: str | None = recounts.KEEP) -> None:
    """Some of firm (its name), locale, time_zone, currency, country, rep_sees, marks_next_step, take_within,
    accept_within. Zone and country are those of its calendar too: `waiting` as in `recounts.settle`. Raises Refused
    naming what is wrong."""
    firm = locked()
    if found := problems(wanted):
        raise Refused("bad_fields", problems=found)
    if (other := wanted.get("currency") or firm.currency) != firm.currency:
        _change_currency(other)
    for field, new in wanted.items():
        _set(firm, "name" if field == "firm" else field, _kept(field, new), by)
    if not IN_CALENDAR.keys().isdisjoint(wanted):
        recounts.settle(waiting, {"what": "firm", "id": firm.id}, by)


def _change_currency(other: str) -> None:
    """Asked before anybody has to wait, and again once all who wrote an amount meanwhile have come to an end."""
    if has_money():
        raise invalid("currency", "money_exists")
    currency.take()
    if has_money():
        raise invalid("currency", "money_exists")
    currency.replace(other)
    announcements.setup_changed()


def _kept(field: str, new: str | None) -> str | int | None:
    """As it is stored."""
    if field in ("take_within", "accept_within"):
        return int(new) if new is not None else None
    return line(new, NAME_LIMIT) if field == "firm" else new


def _set(firm: Firm, field: str, new: str | int | None, by: Actor) -> None:
    old = getattr(firm, field)
    if old == new:
        return
    journal.write("firm.edited", "firm", firm.id, by, field=field, old=old, new=new)
    setattr(firm, field, new)
    if field in IN_CALENDAR:
        _follow(firm.calendar_id, IN_CALENDAR[field], old, str(new) if new is not None else None, by)
    setups.changed()
    if field in ("rep_sees", "marks_next_step"):
        announcements.rights_changed()
        people_changed()


def _follow(calendar_id: int, key: str, old: str | None, new: str | None, by: Actor) -> None:
    """The firm's calendar goes along, where it went with the firm before: its hours, or its holidays where those are
    known."""
    calendar = session().get_one(Calendar, calendar_id)
    kept, wanted = (each if key == "zone" else with_holidays(each) for each in (old, new))
    if calendar.definition.get(key) != kept or kept == wanted:
        return
    calendar.definition = {**calendar.definition, key: wanted}
    journal.write("calendar.edited", "calendar", calendar_id, by, field=key, old=kept, new=wanted)


def with_holidays(country: str | None) -> str | None:
    """The country, if its holidays are known here."""
    import holidays  # heavy: only where a firm is changed

    return country if country in holidays.list_supported_countries() else None


def set_country(country: str, by: Actor) -> str:
    """In which country the firm is: numbers without a country code are dialled there. Raises Refused."""
    new = country.strip().upper()
    if new not in phones.COUNTRIES:
        raise invalid("country", "no_such_country")
    change({"country": new}, by)
    return new


def mark_next_steps(marked: str, by: Actor) -> None:
    """What cards say of a deal's next step: nothing, that it is overdue, or that it is missing too. Open boards ask
    again. Raises Refused."""
    change({"marks_next_step": marked}, by)
