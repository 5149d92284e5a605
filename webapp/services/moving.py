"""Somebody goes to another department: they work there from that moment on, and their open deals of the old one stay as
they are, come along, or go over to somebody, a part at a time. Tasks, clients and work to accept stay with the person,
whose own they are in any department."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select

from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import invalid, not_an_option
from webapp.models import Deal
from webapp.services import deals, leaving, places
from webapp.snapshots import setups

STAY, ALONG, OVER = "stay", "along", "over"
WAYS = (STAY, ALONG, OVER)


@dataclass(frozen=True, slots=True)
class Move:
    """From one department to another, and what becomes of the open deals of the first; `taker` where they go over."""

    leaves: int
    to: int
    deals: str = STAY
    taker: int | None = None


def place(user_id: int, move: Move, by: Actor) -> None:
    """They work there now; a post in the old department is vacant. Raises Refused."""
    _check(user_id, move)
    places.put(user_id, move.to, places.MEMBER, by, leaves=move.leaves)


def _check(user_id: int, move: Move) -> None:
    setup = setups.current()
    if move.leaves not in places.of(user_id):
        raise invalid("leaves", "no_such_department")
    if move.to not in setup.departments or move.to in places.of(user_id):
        raise invalid("department", "no_such_department")
    if move.deals not in WAYS:
        raise not_an_option("deals", WAYS)
    if move.deals == OVER and move.taker is None:
        raise invalid("taker", "blank")
    taker = setup.people.get(move.taker or 0)
    if move.deals == OVER and (taker is None or not taker.is_active or taker.id == user_id):
        raise invalid("taker", "no_such_person")


def step(user_id: int, move: Move, by: Actor) -> tuple[int, bool]:
    """One part: how many deals went, and whether those were the last."""
    if move.deals == STAY:
        return 0, True
    wanted = of_department(user_id, move.leaves).limit(leaving.PART)
    found = session().scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()
    for deal in found:
        _send(deal, move, by)
    session().flush()
    return len(found), len(found) < leaving.PART


def _send(deal: Deal, move: Move, by: Actor) -> None:
    if move.deals == ALONG:
        deals.take_along(deal, move.to, by)
    else:
        deals.edit(deal, {"responsible_id": move.taker or 0}, by=by)


def owner_after(user_id: int, move: Move) -> tuple[int, int | None]:
    """Whose their open deals of the old department are afterwards, and in which department."""
    if move.deals == OVER and move.taker is not None:
        return move.taker, setups.current().people[move.taker].department_id
    return user_id, move.to if move.deals == ALONG else move.leaves


def of_department(user_id: int, department_id: int) -> Select[Deal]:
    """Their open deals there."""
    return leaving.open_deals(user_id).where(Deal.department_id == department_id)
