"""People: what they change of themselves, and what an admin does with accounts."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.config import LOCALES
from webapp.db import session
from webapp.errors import Problems, Refused
from webapp.models import User
from webapp.services import journal, texts
from webapp.snapshots import setups

THEMES = ("auto", "light", "dark")
NAME_LIMIT = 100


def change_profile(user_id: int, *, name: str, locale: str, time_zone: str, theme: str, by: Actor) -> None:
    """A person's name, language, zone and theme. Raises Refused naming what is wrong."""
    wanted = {"name": name, "locale": locale, "time_zone": time_zone, "theme": theme}
    if problems := _problems(wanted):
        raise Refused("bad_fields", problems=problems)
    wanted["name"] = texts.line("name", name, NAME_LIMIT)
    user = session().get_one(User, user_id)
    changed = {key: new for key, new in wanted.items() if getattr(user, key) != new}
    for key, new in changed.items():
        journal.write("user.edited", "user", user.id, by, field=key, old=getattr(user, key), new=new)
        setattr(user, key, new)
    if changed:
        setups.changed()
        announcements.rights_changed(user_id)


def _problems(wanted: Mapping[str, str]) -> Problems:
    wrong: Problems = {}
    try:
        texts.line("name", wanted["name"], NAME_LIMIT)
    except Refused as error:
        wrong |= error.problems
    if wanted["locale"] not in LOCALES:
        wrong["locale"] = {"code": "not_an_option"}
    if wanted["time_zone"] not in available_timezones():
        wrong["time_zone"] = {"code": "unknown_zone"}
    if wanted["theme"] not in THEMES:
        wrong["theme"] = {"code": "not_an_option"}
    return wrong
