"""A new firm in an empty database: the lesson's, or an empty one with one admin. Each opens its own transactions."""

from __future__ import annotations

from typing import Any

import holidays
from babel.core import get_global
from babel.numbers import get_territory_currencies
from flask import current_app

from webapp import clock
from webapp.access import passwords
from webapp.db import session, transaction
from webapp.models import Calendar, Firm
from webapp.seeds import automation, history, people, pipeline, words
from webapp.services import accounts
from webapp.snapshots import setups

ZONE = "Europe/Moscow"
WEEK = [[["09:00", "18:00"]]] * 5 + [[], []]


def lesson(locale: str, *, with_deals: bool = True) -> None:
    """The lesson's firm, in Moscow time and roubles; `with_deals` adds a month of its work."""
    password_hash = passwords.hashed(people.PASSWORD)
    with transaction():
        _firm(words.FIRM[locale], locale, ZONE, is_lesson=True)
        homes = people.cast(locale, ZONE, clock.now() - history.OPENED, password_hash)
        stages = pipeline.sales(homes["sales"])
        pipeline.fields(stages)
        session().flush()
        automation.robots(stages)
        automation.triggers(stages)
        setups.changed()
    if with_deals:
        history.live(locale)


def empty(locale: str, email: str, name: str, password: str) -> None:
    """A firm with one admin, who leads its one department, and the six stages; in the time zone of the settings."""
    zone = current_app.config["SETTINGS"].timezone
    password_hash = passwords.hashed_new(password)
    with transaction():
        _firm(words.NEW_FIRM[locale], locale, zone, is_lesson=False)
        sales = people.departments("sales")["sales"]
        admin = accounts.create(
            accounts.address(email), name, password_hash, locale=locale, zone=zone, at=clock.now(), is_admin=True
        )
        accounts.place(admin, sales, "head")
        pipeline.sales(sales)
        setups.changed()


def _firm(name: str, locale: str, zone: str, *, is_lesson: bool) -> None:
    """The firm and its calendar. Where its clock stands says in which country it is: its money, holidays, phones."""
    country = get_global("zone_territories").get(zone)
    calendar = Calendar(name=words.CALENDAR[locale], definition=_calendar(zone, country))
    session().add(calendar)
    session().flush()
    session().add(
        Firm(
            name=name,
            locale=locale,
            time_zone=zone,
            currency=_currency(country, locale),
            country=country,
            calendar_id=calendar.id,
            is_lesson=is_lesson,
        )
    )


def _calendar(zone: str, country: str | None) -> dict[str, Any]:
    """Monday to Friday, 9 to 18, in the JSON form of rules.worktime."""
    known = country if country in holidays.list_supported_countries() else None
    return {"zone": zone, "weekly": WEEK, "country": known, "closed": [], "hours": {}}


def _currency(country: str | None, locale: str) -> str:
    spent = get_territory_currencies(country) if country else []
    return str(spent[0]) if spent else ("RUB" if locale == "ru" else "USD")
