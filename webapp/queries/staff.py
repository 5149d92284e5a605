"""The people as an admin sees them: accounts, when last seen, and how much open work somebody who leaves has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from rules.robots import RobotSpec
from rules.tasks import OPEN
from webapp import clock
from webapp.access.passwords import NONE_YET
from webapp.db import SqlRow, session
from webapp.errors import NotFound
from webapp.i18n.formats import in_order
from webapp.models import (
    ApiToken,
    Calendar,
    Contact,
    Conversation,
    Deal,
    HandOver,
    SignInLink,
    Stage,
    Task,
    User,
    UserSession,
)
from webapp.queries import absences
from webapp.queries.absences import Away
from webapp.snapshots import recipients, setups
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
class HeldPost:
    """Head or deputy of a department, and who is proposed for it."""

    department_id: int
    kind: str
    proposed: int | None


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How much of it a person has. `conversations` are those of their deals that wait for an answer: they go where
    their deals go. `covers` are absences of others for which they are to stand in, and `away_then` who could not
    either on some of these days. `taker` is proposed for all of it: whoever would be told about them."""

    deals: int
    tasks: int
    acceptances: int
    conversations: int
    clients: int
    posts: tuple[HeldPost, ...]
    robots: tuple[RobotSpec, ...]
    covers: tuple[Away, ...]
    away_then: tuple[str, ...]
    calendar_id: int | None
    keys: int
    taker: int | None


def everybody() -> list[Employee]:
    """Who works here by name, then who has left."""
    people = setups.current().people
    found = [_employee(people[row.id], row) for row in session().execute(_rows())]
    return sorted(found, key=lambda each: (not each.card.is_active, in_order(each.card.name)))


def one(user_id: int) -> Employee:
    """Raises NotFound."""
    row = session().execute(_rows().where(User.id == user_id)).first()
    if row is None:
        raise NotFound("user")
    return _employee(setups.current().people[user_id], row)


def open_work(user_id: int) -> OpenWork:
    deals = select(func.count(Deal.id)).join(Stage, Stage.id == Deal.stage_id)
    mine = deals.where(Deal.responsible_id == user_id, Deal.deleted_at.is_(None), Stage.kind == "open")
    tasks = select(func.count(Task.id)).where(Task.state.in_(OPEN))
    asked = select(func.count(Conversation.id)).join(Deal, Deal.id == Conversation.deal_id)
    work = (Deal.responsible_id == user_id, Deal.deleted_at.is_(None))
    keys = select(func.count(ApiToken.id)).where(ApiToken.user_id == user_id, ApiToken.ended_at.is_(None))
    covers = tuple(each for each in absences.every() if _is_ahead(each, user_id))
    return OpenWork(
        deals=session().scalar(mine) or 0,
        tasks=session().scalar(tasks.where(Task.assignee_id == user_id)) or 0,
        acceptances=session().scalar(tasks.where(Task.acceptor_id == user_id)) or 0,
        conversations=session().scalar(asked.where(*work, Conversation.unanswered_since.is_not(None))) or 0,
        clients=session().scalar(select(func.count(Contact.id)).where(Contact.responsible_id == user_id)) or 0,
        posts=_posts(user_id),
        robots=tuple(each for each in setups.current().value.robots if _names(each.settings, user_id)),
        covers=covers,
        away_then=_away_then(covers, user_id),
        calendar_id=session().scalar(select(Calendar.id).where(Calendar.user_id == user_id)),
        keys=session().scalar(keys) or 0,
        taker=next(iter(recipients.head_of(user_id, setups.current().people[user_id].department_id).people), None),
    )


def _away_then(covers: Iterable[Away], leaves_id: int) -> tuple[str, ...]:
    """Names of colleagues who are away themselves on some day of these absences that is ahead."""
    setup, today = setups.current(), recipients.today()
    spans = [(max(each.first, today), each.last) for each in covers]
    absent = {
        each.id
        for each in setup.org.people.values()
        if any(begin <= last and first <= end for first, last in spans for begin, end in each.absences)
    } - {leaves_id, *(each.person.id for each in covers)}
    return tuple(each.name for each in setup.people.values() if each.id in absent and each.is_active)


def _is_ahead(away: Away, cover_id: int) -> bool:
    return away.cover is not None and away.cover.id == cover_id and away.last >= recipients.today()


def going_over(user_id: int) -> HandOver | None:
    """The latest hand-over of what they had, under way or stopped."""
    theirs = select(HandOver).where(HandOver.user_id == user_id, HandOver.state.in_(("waiting", "failed")))
    return session().scalars(theirs.order_by(HandOver.id.desc()).limit(1)).first()


def _posts(user_id: int) -> tuple[HeldPost, ...]:
    """Each with whom it is proposed to: the first deputy of a department becomes its head."""
    org = setups.current().org
    found = []
    for each in org.departments.values():
        if user_id in each.heads:
            stays = [head for head in each.heads if head != user_id]
            next_one = next((other for other in each.deputies if org.people[other].is_active), None)
            found.append(HeldPost(each.id, "head", None if stays else next_one))
        if user_id in each.deputies:
            found.append(HeldPost(each.id, "deputy", None))
    return tuple(found)


def _names(value: object, user_id: int) -> bool:
    """Whether a robot's settings name this person."""
    if isinstance(value, Mapping):
        return value.get("user") == user_id or any(_names(each, user_id) for each in value.values())
    return isinstance(value, list | tuple) and any(_names(each, user_id) for each in value)


def _rows() -> Select[int, str | None, str, datetime | None, datetime | None]:
    seen = select(func.max(UserSession.seen_at)).where(UserSession.user_id == User.id).scalar_subquery()
    alive = (SignInLink.ended_at.is_(None), SignInLink.expires_at > clock.now())
    link = select(func.max(SignInLink.expires_at)).where(SignInLink.user_id == User.id, *alive).scalar_subquery()
    return select(User.id, User.phone, User.password_hash, seen.label("seen_at"), link.label("link_until"))


def _employee(card: PersonFacts, row: SqlRow) -> Employee:
    return Employee(card, row.phone or "", row.password_hash != NONE_YET, row.seen_at, row.link_until)
