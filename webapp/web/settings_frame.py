"""The frame of all pages of settings: where else an admin can go from here. A page that is not built is not in it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request

from webapp.i18n import N_

ROOMS = (
    ("/settings/firm", N_("Firm")),
    ("/settings/people", N_("People")),
    ("/settings/org", N_("Org chart")),
    ("/settings/calendars", N_("Calendars")),
    ("/settings/seasons", N_("Seasons")),
    ("/settings/fields", N_("Fields")),
    ("/settings/channels", N_("Channels")),
    ("/form-setup", N_("Web form")),
    ("/settings/versions", N_("Versions")),
    ("/settings/health", N_("Health")),
)


@dataclass(frozen=True, slots=True)
class Room:
    path: str
    words: str
    is_here: bool


def settings_rooms() -> list[Room]:
    """None on a page that is no settings page."""
    here = request.path
    if not here.startswith("/settings/") and here != "/form-setup":
        return []
    built = {each.rule for each in current_app.url_map.iter_rules()}
    return [Room(path, words, _is_within(here, path)) for path, words in ROOMS if path in built]


def _is_within(here: str, path: str) -> bool:
    return here == path or here.startswith(f"{path}/")
