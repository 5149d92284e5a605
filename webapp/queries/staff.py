"""The people as an admin sees them: accounts, when last seen, and how much open work somebody who leaves has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from rules.tasks import OPEN
from webapp import clock
from webapp.access.passwords import NONE_YET
from webapp.db import SqlRow, session
from webapp.errors import NotFound
from webapp.models import Deal, SignInLink, Stage, Task, User, UserSession
from webapp.snapshots import setups
from webapp.snapshots.setups import PersonFacts


@dataclass(frozen=True, slots=True)
class Employee:
    """One person. `link_until` is when a link that was given and not used yet ends."""

    card: PersonFacts
    phone: str
    has_password: bool
    seen_at: datetime | None
    link_until: datetime | None


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How much of it a person has."""

    deals: int
    tasks: int


def everybody() -> list[Employee]:
    """Who works here by name, then who has left."""
    people = setups.current().people
    found = [_employee(people[row.id], row) for row in session().execute(_rows())]
    return sorted(found, key=lambda each: (not each.card.is_active, each.card.name.casefold()))


def one(user_id: int) -> Employee:
    """Raises NotFound."""
    row = session().execute(_rows().where(User.id == user_id)).first()
    if row is None:
        raise NotFound("user")
    return _employee(setups.current().people[user_id], row)


def open_work(user_id: int) -> OpenWork:
    deals = select(func.count(Deal.id)).join(Stage, Stage.id == Deal.stage_id)
    mine = deals.where(Deal.responsible_id == user_id, Deal.deleted_at.is_(None), Stage.kind == "open")
    tasks = select(func.count(Task.id)).where(Task.assignee_id == user_id, Task.state.in_(OPEN))
    return OpenWork(session().scalar(mine) or 0, session().scalar(tasks) or 0)


def _rows() -> Select[int, str | None, str, datetime | None, datetime | None]:
    seen = select(func.max(UserSession.seen_at)).where(UserSession.user_id == User.id).scalar_subquery()
    alive = (SignInLink.ended_at.is_(None), SignInLink.expires_at > clock.now())
    link = select(func.max(SignInLink.expires_at)).where(SignInLink.user_id == User.id, *alive).scalar_subquery()
    return select(User.id, User.phone, User.password_hash, seen.label("seen_at"), link.label("link_until"))


def _employee(card: PersonFacts, row: SqlRow) -> Employee:
    return Employee(card, row.phone or "", row.password_hash != NONE_YET, row.seen_at, row.link_until)
