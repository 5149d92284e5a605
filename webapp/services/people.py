"""People: what they change of themselves, and what an admin does with accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict
from zoneinfo import available_timezones

from webapp.access import passwords
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.config import LOCALES
from webapp.db import session
from webapp.errors import Problems, Refused, not_an_option
from webapp.models import User
from webapp.services import accounts, journal, places, texts
from webapp.services.places import Places
from webapp.snapshots import setups

THEMES = ("auto", "light", "dark")
NAME_LIMIT = 100


class PersonEdit(TypedDict, total=False):
    """Some of what an admin sets of a person."""

    name: str
    email: str
    phone: str
    locale: str
    time_zone: str
    is_admin: bool
    places: Places


def change_person(user_id: int, changes: PersonEdit, by: Actor) -> None:
    """All of these or none. Raises Refused naming everything that is wrong, or "only_admin"."""
    acts: dict[str, Callable[[], object]] = {
        "name": lambda: accounts.set_name(user_id, changes["name"], by),
        "email": lambda: accounts.set_email(user_id, changes["email"], by),
        "phone": lambda: accounts.set_phone(user_id, changes["phone"], by),
        "locale": lambda: accounts.set_locale(user_id, changes["locale"], by),
        "time_zone": lambda: accounts.set_time_zone(user_id, changes["time_zone"], by),
        "is_admin": lambda: accounts.set_admin(user_id, by, is_admin=changes["is_admin"]),
        "places": lambda: places.set_places(user_id, changes["places"], by),
    }
    wrong: Problems = {}
    for name in [each for each in acts if each in changes]:
        try:
            acts[name]()
        except Refused as error:
            if error.reason != "bad_fields":
                raise
            wrong |= error.problems
    if wrong:
        raise Refused("bad_fields", problems=wrong)


def invite(changes: PersonEdit, by: Actor) -> int:
    """A new person without a password, who gets in by a link. Raises Refused as `change_person`."""
    email, name = changes.get("email", ""), changes.get("name", "")
    user_id = accounts.add(email, name, passwords.NONE_YET, by, is_admin=changes.get("is_admin", False))
    rest: PersonEdit = {"phone": changes.get("phone", ""), "places": changes.get("places", {})}
    if "locale" in changes:
        rest["locale"] = changes["locale"]
    if "time_zone" in changes:
        rest["time_zone"] = changes["time_zone"]
    change_person(user_id, rest, by)
    return user_id


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
        wrong |= not_an_option("locale", LOCALES).problems
    if wanted["time_zone"] not in available_timezones():
        wrong["time_zone"] = {"code": "unknown_zone"}
    if wanted["theme"] not in THEMES:
        wrong |= not_an_option("theme", THEMES).problems
    return wrong
