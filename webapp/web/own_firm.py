"""The form that asks for a new firm: the same at the very first start and in the place of the lesson's firm."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from flask import current_app, request

from webapp import phones
from webapp.access import passwords
from webapp.config import LOCALES
from webapp.i18n.catalogue import language
from webapp.i18n.formats import in_order
from webapp.i18n.isolates import gettext
from webapp.services import firms
from webapp.services.founding import ANOTHER, AdminDraft, FirmDraft
from webapp.web.forms import Posted

NAMES = ("firm", "locale", "time_zone", "country", "currency", "admin", "email", "password")
SECRET = frozenset({"password", "current", "code"})
Pairs = list[tuple[str, str]]


def firm_of(posted: Posted) -> FirmDraft:
    country = posted.text("country")
    return FirmDraft(
        name=posted.text("firm"),
        locale=posted.text("locale"),
        time_zone=posted.text("time_zone"),
        currency=posted.text("currency"),
        country=None if country == ANOTHER else country,
    )


def admin_of(posted: Posted) -> AdminDraft:
    """Hashed before any transaction. Raises Refused: the password is too short, or "busy"."""
    password_hash = passwords.hashed_new(posted.text("password"), request.remote_addr)
    return AdminDraft(posted.text("admin"), posted.text("email"), password_hash)


def choices() -> dict[str, Any]:
    """What a new firm can choose from, and what stands there at first: where the zone of the settings lies. What is not
    known from there is "", and has to be chosen."""
    zone, names = firms.zone_named(current_app.config["SETTINGS"].timezone), Locale.parse(language())
    country = firms.country_of(zone)
    return {
        "zones": zones(),
        "renamed": renamed(),
        "countries": [*countries(), (ANOTHER, gettext("another"))],
        "currencies": currencies(),
        "spent": {**{each: firms.currency_of(each) for each in phones.COUNTRIES}, ANOTHER: "", "": ""},
        "lies_in": {**{each: firms.country_of(each) or "" for each in zones()}, "": ""},
        "first": {
            "locale": names.language if names.language in LOCALES else "en",
            "time_zone": zone,
            "country": country or "",
            "currency": firms.currency_of(country or ""),
        },
    }


@cache
def zones() -> list[str]:
    """Each by one name: which of its names is kept makes no difference."""
    named = {firms.zone_named(each) for each in available_timezones() if "/" in each}
    return sorted(each for each in named if "/" in each and not each.startswith(("Etc", "posix")))


@cache
def renamed() -> dict[str, str]:
    """Other names that a browser may say, and under which each is offered."""
    named = {each: firms.zone_named(each) for each in available_timezones()}
    offered = set(zones())
    return {old: new for old, new in sorted(named.items()) if old != new and new in offered}


def countries() -> Pairs:
    """By their names in the reader's language."""
    names = Locale.parse(language()).territories
    return sorted(((each, names.get(each, each)) for each in phones.COUNTRIES), key=lambda pair: in_order(pair[1]))


def currencies() -> Pairs:
    names = Locale.parse(language()).currencies
    return [(each, f"{each} · {names.get(each, each)}") for each in firms.currencies()]


def languages() -> list[tuple[str, str]]:
    """Each by its own name."""
    return [(each, str(Locale.parse(each).get_display_name(each)).capitalize()) for each in LOCALES]
