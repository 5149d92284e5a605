"""Who works in a new firm, and the org chart over them."""

from __future__ import annotations

from datetime import datetime

from webapp.db import session
from webapp.models import Department, Inbox, Membership, Post, User
from webapp.seeds import words

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


def departments(*keys: str) -> dict[str, int]:
    """The departments with these keys, all under the first. Ids by key."""
    ids: dict[str, int] = {}
    for key in keys:
        row = Department(key=key, name=words.DEPARTMENTS[key], parent_id=ids.get(keys[0]))
        session().add(row)
        session().flush()
        ids[key] = row.id
    return ids


def user(
    email: str,
    name: str,
    password_hash: str,
    *,
    locale: str,
    zone: str,
    at: datetime,
    hue: int = 0,
    is_admin: bool = False,
) -> int:
    """An employee with an empty inbox."""
    row = User(
        email=email.strip().lower(),
        name=name,
        password_hash=password_hash,
        is_admin=is_admin,
        locale=locale,
        time_zone=zone,
        hue=hue,
        created_at=at,
    )
    session().add(row)
    session().flush()
    session().add(Inbox(user_id=row.id, seq=0, unread=0))
    return row.id


def place(user_id: int, department_id: int, post: str | None = None) -> None:
    """Put a person into a department, and with `post` (head, deputy) over it."""
    session().add(Membership(user_id=user_id, department_id=department_id, is_primary=True))
    if post is not None:
        session().add(Post(user_id=user_id, department_id=department_id, kind=post))


def cast(locale: str, zone: str, at: datetime, password_hash: str) -> dict[str, int]:
    """The lesson's departments and people, all with one password. Ids of the departments by key."""
    homes = departments(*words.DEPARTMENTS)
    posts = {person: kind for _, kind, person in POSTS}
    for hue, (key, department) in enumerate(HOMES.items()):
        user_id = user(
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
            place(user_id, homes[department], posts.get(key))
    return homes
