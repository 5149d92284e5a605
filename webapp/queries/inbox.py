"""What waits for a person: notifications, clients without an answer, work to accept; and the numbers in the bar."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Integer, ScalarSelect, and_, bindparam, cast, func, select

from rules.rights import Scope
from webapp.access import filters
from webapp.db import execute_core, session
from webapp.models import Contact, Conversation, Deal, Inbox, Message, Notification, Task
from webapp.queries import calls, important
from webapp.queries.filters import of_what_is_there
from webapp.queries.paging import Key, Listed, Turn, rows_at

PAGE = 50


@dataclass(frozen=True, slots=True)
class Counters:
    """`unread` notifications, `clients` without an answer, `tasks` that wait for this person, `important` items that
    nobody has taken; `seq` the last told; of the tasks those `to_accept`; whether there may be `calls` to show."""

    unread: int
    clients: int
    tasks: int
    important: int
    seq: int
    to_accept: int
    calls: bool

    @property
    def waiting(self) -> int:
        return self.unread + self.tasks


@dataclass(frozen=True, slots=True)
class Clients:
    """How many wait for an answer; `whose` and `last` are another when others wait, or for somebody else, or when one
    of them has said more."""

    count: int
    whose: int
    last: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A client who wrote and was not answered."""

    deal_id: int
    deal_title: str
    contact: str
    since: datetime
    last_text: str
    responsible_id: int


def counters(scope: Scope) -> Counters:
    """The numbers in the bar, of this person alone."""
    stood_in = filters.stood_in_for(scope.user_id)
    people = {"me": scope.user_id, "own": sorted(scope.own), "leads": sorted(scope.leads), "stood_in": stood_in}
    row = execute_core(_COUNTERS, **people, **calls.since()).one()
    numbers = (row.unread or 0, row.clients, row.tasks, row.important, row.seq or 0)
    return Counters(*numbers, row.to_accept, bool(row.calls))


def _unanswered(own: filters.Ids, leads: filters.Ids) -> ColumnElement[bool]:
    """SQL over Conversation and Deal: its client waits for an answer, and this person sees to it."""
    is_open = and_(Deal.closed_at.is_(None), Deal.deleted_at.is_(None))
    return and_(Conversation.unanswered_since.is_not(None), is_open, filters.watched(own, leads))


_ME = bindparam("me", type_=Integer)
_LEADS = bindparam("leads", type_=Integer, expanding=True)
_OWN = bindparam("own", type_=Integer, expanding=True)
_STOOD_IN = bindparam("stood_in", type_=Integer, expanding=True)


def _tasks(which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count(Task.id)).outerjoin(Deal, Deal.id == Task.deal_id).where(which).scalar_subquery()


_COUNTERS = select(
    select(Inbox.unread).where(Inbox.user_id == _ME).scalar_subquery().label("unread"),
    select(Inbox.seq).where(Inbox.user_id == _ME).scalar_subquery().label("seq"),
    select(func.count())  # the index alone says which
    .select_from(Conversation)
    .join(Deal, Deal.id == Conversation.deal_id)
    .where(_unanswered(_OWN, _LEADS))
    .scalar_subquery()
    .label("clients"),
    _tasks(filters.waiting(_ME, _STOOD_IN)).label("tasks"),
    _tasks(filters.to_decide(_ME, _STOOD_IN)).label("to_accept"),
    calls.may_be_there().label("calls"),
    important.untaken(_ME).label("important"),
)


_LAST_WORD = select(func.max(Message.id)).where(Message.conversation_id == Conversation.id, Message.direction == "in")
_CLIENTS = (
    select(
        func.count(Conversation.id).label("waiting"),
        func.sum(cast(Conversation.id, BigInteger) * Deal.responsible_id).label("whose"),
        func.max(_LAST_WORD.scalar_subquery()).label("last"),
    )
    .join(Deal, Deal.id == Conversation.deal_id)
    .where(_unanswered(_OWN, _LEADS))
)


def clients(scope: Scope) -> Clients:
    """Who of this person's clients waits for an answer, in short."""
    row = execute_core(_CLIENTS, own=sorted(scope.own), leads=sorted(scope.leads)).one()
    return Clients(row.waiting, int(row.whose or 0), row.last or 0)


def notifications(user_id: int, turn: Turn = Turn(), *, is_unread: bool = False) -> Listed[Notification]:  # noqa: B008
    """A page of a person's notifications, newest first; of all, or of those not read yet."""
    wanted = _told(user_id) & Notification.read_at.is_(None) if is_unread else _told(user_id)
    rows, onward, back = rows_at(
        select(Notification).where(wanted), (Key(Notification.__table__.c.seq, falls=True),), turn
    )
    total = session().scalar(select(func.count(Notification.id)).where(wanted)) or 0
    return Listed([row[0] for row in rows], total, onward, back)


def newest(user_id: int) -> Sequence[Notification]:
    """What a person was told last, newest first."""
    query = select(Notification).where(_told(user_id)).order_by(Notification.seq.desc())
    return session().scalars(query.limit(PAGE)).all()


def _told(user_id: int) -> ColumnElement[bool]:
    return and_(Notification.user_id == user_id, of_what_is_there())


def by_subject(notices: Sequence[Notification]) -> list[list[Notification]]:
    """Those of one task, else of one deal, together where the newest of them stands."""
    found: dict[tuple[str, int], list[Notification]] = {}
    for each in notices:
        about = ("task", each.task_id) if each.task_id else ("deal", each.deal_id)
        found.setdefault((about[0], about[1]) if about[1] else ("", each.id), []).append(each)
    return list(found.values())


def missed(user_id: int, since: int) -> Sequence[Notification]:
    """What a person was told after `since`, oldest first: the replay after a reconnect."""
    return (
        session()
        .scalars(
            select(Notification).where(_told(user_id), Notification.seq > since).order_by(Notification.seq).limit(PAGE)
        )
        .all()
    )


def last(user_ids: Collection[int]) -> dict[int, int]:
    """The seq of the last notification of each of these people."""
    rows = session().execute(select(Inbox.user_id, Inbox.seq).where(Inbox.user_id.in_(user_ids))) if user_ids else ()
    return {row.user_id: row.seq for row in rows}


def unanswered(scope: Scope, turn: Turn = Turn()) -> Listed[Waiting]:  # noqa: B008
    """A page of the clients who wait for an answer, the longest first: own ones, and those of departments that the
    person leads."""
    last = (
        select(Message.text)
        .where(Message.conversation_id == Conversation.id, Message.direction == "in")
        .order_by(Message.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Deal.id, Deal.title, Deal.responsible_id, Contact.name, Conversation.unanswered_since, last)
        .select_from(Conversation)
        .join(Deal, Deal.id == Conversation.deal_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(_unanswered(scope.own, scope.leads))
    )
    talk = Conversation.__table__.c
    rows, onward, back = rows_at(query, (Key(talk.unanswered_since), Key(talk.id)), turn)
    found = [Waiting(row[0], row[1], row[3], row[4], row[5] or "", row[2]) for row in rows]
    return Listed(found, counters(scope).clients, onward, back)
