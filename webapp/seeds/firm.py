"""A new firm in an empty database: the lesson's, or an empty one with one admin. Each opens its own transactions."""

from __future__ import annotations

from flask import current_app

from webapp import clock
from webapp.access import passwords
from webapp.db import transaction
from webapp.seeds import history, people, set_up, words
from webapp.services import firms, founding, starting_over
from webapp.services.founding import AdminDraft, FirmDraft

ZONE = "Europe/Moscow"


def lesson(locale: str, *, with_deals: bool = True) -> None:
    """The lesson's firm, in Moscow time and roubles; `with_deals` adds a month of its work."""
    password_hash = passwords.hashed(people.PASSWORD)
    with transaction():
        founding.begin(draft(words.FIRM[locale], locale, ZONE), is_lesson=True)
        people.cast(locale, ZONE, clock.now() - history.OPENED, password_hash)
        set_up.write()
    if with_deals:
        history.live(locale)


def empty(
    locale: str,
    email: str,
    name: str,
    password: str,
    *,
    firm: FirmDraft | None = None,
    is_over_lesson: bool = False,
) -> None:
    """A firm with one admin, who leads its one department, and one pipeline; in the time zone of the settings unless
    `firm` says more. `is_over_lesson`: in the place of the lesson's firm."""
    password_hash = passwords.hashed_new(password)
    begin = starting_over.start_over if is_over_lesson else founding.found
    with transaction():
        begin(firm or draft(words.NEW_FIRM[locale], locale), AdminDraft(name, email, password_hash))


def draft(name: str, locale: str, zone: str = "", currency: str = "", country: str = "") -> FirmDraft:
    """What is not said follows from the zone, as on the page: where clocks are set so, and what is money there. "" is
    what does not follow, and has to be said."""
    zone = firms.zone_named(zone or current_app.config["SETTINGS"].timezone)
    said = country.strip()
    where = None if said == founding.ANOTHER else said.upper() or firms.country_of(zone) or ""
    return FirmDraft(name, locale, zone, currency.strip().upper() or firms.currency_of(where or ""), where)
