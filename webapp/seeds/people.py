"""Who works in the lesson's firm, and the org chart over them."""

from __future__ import annotations

from datetime import datetime

from webapp.seeds import words
from webapp.services import accounts, founding

PASSWORD = "lesson"
HOMES = {
    "admin": None,
    "head": "sales",
    "north": "sales_north",
    "south-deputy": "sales_south",
    "rep1": "sales_north",
    "rep2": "sales_north",
    "rep3": "sales_south",
}
POSTS = (("sales", "head", "head"), ("sales_north", "head", "north"), ("sales_south", "deputy", "south-deputy"))


def departments() -> dict[str, int]:
    """The lesson's departments, all under the first. Ids by key."""
    ids: dict[str, int] = {}
    for key, name in words.DEPARTMENTS.items():
        ids[key] = founding.department(key, name, next(iter(ids.values()), None))
    return ids


def cast(locale: str, zone: str, at: datetime, password_hash: str) -> dict[str, int]:
    """The lesson's departments and people, all with one password. Ids of the departments by key."""
    homes = departments()
    posts = {person: kind for _, kind, person in POSTS}
    for hue, (key, department) in enumerate(HOMES.items()):
        user_id = accounts.create(
            f"{key}@dozor.example",
            words.PEOPLE[key][locale],
            password_hash,
            locale=locale,
            zone=zone,
            at=at,
            hue=hue,
            is_admin=key == "admin",
        )
        if department is not None:
            accounts.place(user_id, homes[department], posts.get(key))
    return homes
