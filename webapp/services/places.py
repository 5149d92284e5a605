"""Where a person works, and over which departments as head or deputy: an admin's to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, or_, select

from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import advisory_lock, session
from webapp.errors import Refused, invalid
from webapp.models import Department, Membership, Post
from webapp.services import accounts, journal
from webapp.snapshots import setups

MEMBER = "member"
PLACES = (MEMBER, *accounts.POSTS)
_ORDER = (Post.position, Post.id)
Places = Mapping[int, str]  # department ids, each with one of PLACES


def set_places(user_id: int, wanted: Places, by: Actor) -> bool:
    """These departments and posts instead of all others; the first department is where new work goes, unless that one
    stays. Whether that is new. Deals stay in the department that they are in. Raises Refused."""
    user = accounts.locked(user_id)
    held = of(user.id)
    here = or_(Department.archived_at.is_(None), Department.id.in_(held))  # whoever was there may stay on paper
    known = set(session().scalars(select(Department.id).where(Department.id.in_(wanted), here)))
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


def put(
    user_id: int,
    department_id: int,
    place: str,
    by: Actor,
    *,
    leaves: int | None = None,
    was: Places | None = None,
) -> bool:
    """Into a department as member, head or deputy, out of another one if it says so; `was` are the places that the page
    showed. Whether that is new. Raises Refused: bad_fields, stale_chart."""
    advisory_lock("chart")
    accounts.locked(user_id)
    held = of(user_id)
    _must_be(user_id, was, held)
    rest = {each: kept for each, kept in held.items() if each != leaves}
    return set_places(user_id, {**rest, department_id: place}, by)


def ask_first(user_id: int, department_id: int, by: Actor, *, was: Places | None = None) -> None:
    """Of several heads or deputies this one is asked before the others. Raises Refused("stale_chart")."""
    advisory_lock("chart")
    held = of(user_id)
    _must_be(user_id, was, held)
    if (kind := held.get(department_id)) in accounts.POSTS:
        set_order(department_id, kind, [user_id], by)


def take_out(user_id: int, department_id: int, by: Actor, *, was: Places | None = None) -> bool:
    """Neither works there any more nor leads it. Whether that is new. Raises Refused("stale_chart")."""
    advisory_lock("chart")
    accounts.locked(user_id)
    held = of(user_id)
    _must_be(user_id, was, held)
    return set_places(user_id, {each: kept for each, kept in held.items() if each != department_id}, by)


def leads_of(department_id: int) -> dict[str, list[int]]:
    """Heads and deputies of a department in the order in which they are asked."""
    found: dict[str, list[int]] = {kind: [] for kind in accounts.POSTS}
    for each in session().scalars(select(Post).where(Post.department_id == department_id).order_by(*_ORDER)):
        found[each.kind].append(each.user_id)
    return found


def set_order(department_id: int, kind: str, people: Sequence[int], by: Actor) -> None:
    """In which order several heads or deputies are asked."""
    advisory_lock("chart")
    here = select(Post).where(Post.department_id == department_id, Post.kind == kind).order_by(*_ORDER)
    rows = session().scalars(here).all()
    before = [each.user_id for each in rows]
    wanted = [*(each for each in people if each in before), *(each for each in before if each not in people)]
    if wanted == before:
        return
    for row in rows:
        row.position = wanted.index(row.user_id)
    journal.write("department.order_changed", "department", department_id, by, field=kind, old=before, new=wanted)
    setups.changed()
    announcements.chart_changed()


def _must_be(user_id: int, was: Places | None, held: Places) -> None:
    if was is not None and dict(was) != dict(held):
        name = setups.current().name_of(user_id)
        raise Refused("stale_chart", who=journal.last_hand("user", user_id), name=name)


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
