"""Where a person works, and over which departments as head or deputy: an admin's to say."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, func, select

from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import invalid
from webapp.models import Department, Membership, Post
from webapp.services import accounts, journal

MEMBER = "member"
PLACES = (MEMBER, *accounts.POSTS)
Places = Mapping[int, str]  # department ids, each with one of PLACES


def set_places(user_id: int, wanted: Places, by: Actor) -> bool:
    """These departments and posts instead of all others; the first department is where new work goes, unless that one
    stays. Whether that is new. Deals stay in the department that they are in. Raises Refused."""
    user = accounts.locked(user_id)
    known = set(session().scalars(select(Department.id).where(Department.id.in_(wanted))))
    if known != set(wanted) or not set(wanted.values()) <= set(PLACES):
        raise invalid("departments", "no_such_department")
    before = accounts.places(user.id)
    _set_homes(user.id, wanted)
    _set_posts(user.id, {each: place for each, place in wanted.items() if place != MEMBER})
    session().flush()
    now = accounts.places(user.id)
    if now == before:
        return False
    journal.write("user.department_changed", "user", user.id, by, old=before, new=now)
    accounts.changed(user.id)
    return True


def of(user_id: int) -> dict[int, str]:
    """Departments and what the person is there, the first department first."""
    homes = select(Membership).where(Membership.user_id == user_id)
    found = dict.fromkeys(
        (each.department_id for each in session().scalars(homes.order_by(~Membership.is_primary, Membership.id))),
        MEMBER,
    )
    posts = select(Post).where(Post.user_id == user_id).order_by(Post.kind.desc())  # a head is no deputy besides
    return found | {each.department_id: each.kind for each in session().scalars(posts)}


def _set_homes(user_id: int, wanted: Places) -> None:
    mine = select(Membership).where(Membership.user_id == user_id).order_by(Membership.id)
    old = {each.department_id: each for each in session().scalars(mine)}
    for department_id, row in old.items():
        if department_id not in wanted:
            session().delete(row)
    stays = [each for each, row in old.items() if row.is_primary and each in wanted]
    first = next(iter([*stays, *wanted]), None)
    for department_id in wanted:
        row = old.get(department_id) or Membership(user_id=user_id, department_id=department_id)
        row.is_primary = department_id == first
        session().add(row)


def _set_posts(user_id: int, wanted: Places) -> None:
    old = {(each.department_id, each.kind) for each in session().scalars(select(Post).where(Post.user_id == user_id))}
    for department_id, kind in old - set(wanted.items()):
        mine = (Post.user_id == user_id, Post.department_id == department_id, Post.kind == kind)
        session().execute(delete(Post).where(*mine))
    for department_id, kind in set(wanted.items()) - old:
        last = func.coalesce(func.max(Post.position), -1)
        behind = select(last + 1).where(Post.department_id == department_id, Post.kind == kind)
        position = session().scalar(behind) or 0
        session().add(Post(user_id=user_id, department_id=department_id, kind=kind, position=position))
