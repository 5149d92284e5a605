"""People: what they change of themselves, and what an admin does with accounts."""

from __future__ import annotations

from zoneinfo import available_timezones

from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.config import LOCALES
from webapp.db import session
from webapp.errors import Refused
from webapp.models import User
from webapp.services import journal, texts
from webapp.snapshots import setups

THEMES = ("auto", "light", "dark")


def change_profile(user_id: int, *, name: str, locale: str, time_zone: str, theme: str, by: Actor) -> None:
    """A person's name, language, zone and theme. Raises Refused naming what is wrong."""
    wrong: dict[str, dict[str, object]] = {}
    try:
        name = texts.line("name", name, 100)
    except Refused as error:
        wrong |= error.problems
    if locale not in LOCALES:
        wrong["locale"] = {"code": "not_an_option"}
    if time_zone not in available_timezones():
        wrong["time_zone"] = {"code": "unknown_zone"}
    if theme not in THEMES:
        wrong["theme"] = {"code": "not_an_option"}
    if wrong:
        raise Refused("bad_fields", problems=wrong)
    user = session().get_one(User, user_id)
    wanted = {"name": name, "locale": locale, "time_zone": time_zone, "theme": theme}
    changed = {key: new for key, new in wanted.items() if getattr(user, key) != new}
    for key, new in changed.items():
        journal.write("user.edited", "user", user.id, by, field=key, old=getattr(user, key), new=new)
        setattr(user, key, new)
    if changed:
        setups.changed()
        announcements.rights_changed(user_id)
