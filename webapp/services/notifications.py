"""Telling people: a numbered row in their inbox, worded for them only when they read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update

from rules.absences import cover_of
from webapp import clock
from webapp.access.scopes import Actor
from webapp.background.outbox import Overtaken
from webapp.changes import announcements
from webapp.db import Base, add_core, execute_core, execute_together, is_sqlite, new_core, open_transaction, session
from webapp.models import Deal, Delivery, Inbox, Notification
from webapp.services import delivery_plans, digests
from webapp.snapshots import recipients, setups


@dataclass(frozen=True, slots=True)
class Telling:
    """Something said, until it is written into the inboxes of `people`, in the order of their ids."""

    people: list[int]
    meant: frozenset[int]  # the rest stand in for one of these
    row: dict[str, Any]  # of each person's Notification
    also: Collection[str]
    alone: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Over:
    """Whatever was told of a deal, or of none, by now, out of `told`, is true no more, and so not to be read. Which
    those are is only written down where anything is to be read."""

    deal_id: int | None
    told: Callable[[], ColumnElement[bool]]


def tell(
    people: Iterable[int],
    kind: str,
    *,
    key: str,
    facts: dict[str, object],
    text: dict[str, str] | None = None,
    urgency: str = "normal",
    sender_id: int | None = None,
    deal_id: int | None = None,
    task_id: int | None = None,
    run_id: int | None = None,
    also: Collection[str] = (),
    about: str | None = None,
    alone: bool = False,
    until: datetime | None = None,
) -> None:
    """Tell each person once per `key`. `facts` are kept and worded on reading; `text` is the firm's own template. It
    goes out to the addresses that the person has chosen, and to those of the kinds `also`: repeats of one `about`
    together, what is to come `alone` by itself, and what is too much for an hour in the morning's digest. What a
    responsible who is away is told of a deal, whoever stands in is told too.

    It is written at the end of the transaction, with all else that is told in it (`write`). What is true only `until`
    some moment, by which nobody has been told, raises Overtaken there: between a decision and its being written lie
    locks, and whatever stops a process.
    """
    meant = frozenset(people)
    row = {
        "key": key,
        "kind": kind,
        "urgency": urgency,
        "text": text,
        "facts": facts,
        "sender_id": sender_id,
        "deal_id": deal_id,
        "task_id": task_id,
        "run_id": run_id,
        "about": about,
    }
    open_transaction().tellings.append(Telling(sorted(with_cover(meant, deal_id)), meant, row, also, alone, until))


def write(tellings: Sequence[Any]) -> None:
    """What was told in a transaction, as its last writes. An inbox is locked by whoever tells its owner something, so
    each transaction locks those it needs at once, in the order of user ids, and holds them until its commit only: two
    that tell the same people do not wait for each other in a circle, whatever each says first."""
    owners = [_owners(each) for each in tellings]
    _lock({each for theirs in owners for each in theirs}, is_first=any(isinstance(each, Over) for each in tellings))
    told_of = set()
    for each, theirs in zip(tellings, owners, strict=True):
        if not isinstance(each, Over):
            _write(each)
            told_of.add(each.row["deal_id"])
        elif theirs or each.deal_id in told_of:  # nearly always nothing is over
            _read_over(each)


def _owners(one: Telling | Over) -> Collection[int]:
    return one.people if isinstance(one, Telling) else _unread(one)


def _lock(user_ids: Collection[int], *, is_first: bool = False) -> None:
    """`is_first`: before rows that whoever reads them changes, and then the inbox."""
    if len(user_ids) > (0 if is_first else 1) and not is_sqlite():  # of one the number is the lock
        session().execute(_INBOXES.where(_INBOX.c.user_id.in_(user_ids))).all()


def _write(one: Telling) -> None:
    places = [(user_id, _place_for(user_id, one.row["key"])) for user_id in one.people]
    now = clock.now()
    if one.until is not None and one.until <= now:
        raise Overtaken(one.row["key"])
    told = [
        new_core(Notification, **one.row | _own(one, user_id), user_id=user_id, seq=seq, created_at=now)
        for user_id, seq in places
        if seq is not None
    ]
    for each in told:
        add_core(each)
    digests.put(delivery_plans.plan(told, one.also, alone=one.alone))


def _own(one: Telling, user_id: int) -> dict[str, Any]:
    """For who stands in: the item is in the list of whom it is for."""
    facts = one.row["facts"]
    return {} if user_id in one.meant else {"facts": {key: each for key, each in facts.items() if key != "item.id"}}


def with_cover(told: frozenset[int], deal_id: int | None) -> frozenset[int]:
    """And whoever stands in today for the responsible of this deal, if they are among them."""
    deal = session().get(Deal, deal_id) if deal_id is not None else None
    if deal is None or deal.responsible_id not in told:
        return told
    cover = cover_of(setups.current().org, deal.responsible_id, recipients.today())
    return told if cover is None else told | {cover}


def _place_for(user_id: int, key: str) -> int | None:
    """The next number in a person's inbox; None when they have been told `key` before."""
    seq, is_new = _next_seq(user_id, key)
    if is_new:
        announcements.inbox_changed(user_id)
        return seq
    session().execute(update(Inbox).where(Inbox.user_id == user_id).values(seq=Inbox.seq - 1, unread=Inbox.unread - 1))
    return None


def _next_seq(user_id: int, key: str) -> tuple[int, bool]:
    """The next number of a person's inbox, whose row is the lock that keeps the numbers without a gap; and whether they
    have not been told `key` yet, looked up behind that lock."""
    asked = (_STEP, {"user": user_id}), (_TOLD_BEFORE, {"user": user_id, "name": key})
    stepped, told = execute_together(*asked)
    if not stepped:
        session().add(Inbox(user_id=user_id, seq=0, unread=0))
        session().flush()
        stepped, told = execute_together(*asked)
    return stepped.scalar_one(), not told


# Asked for everybody who is told, so built once.
_INBOX = Base.metadata.tables[Inbox.__tablename__]
_INBOXES = select(_INBOX.c.user_id).order_by(_INBOX.c.user_id).with_for_update()
_STEP = (
    update(_INBOX)
    .where(_INBOX.c.user_id == bindparam("user"))
    .values(seq=_INBOX.c.seq + 1, unread=_INBOX.c.unread + 1)
    .returning(_INBOX.c.seq)
)
_IS_UNREAD = Notification.read_at.is_(None)
_ANYTHING = select(Notification.id).where(Notification.deal_id == bindparam("deal"), _IS_UNREAD).limit(1)
_TOLD_BEFORE = select(Notification.id).where(
    Notification.user_id == bindparam("user"), Notification.key == bindparam("name")
)


def read(notification: Notification, by: Actor) -> None:
    """Mark one as read; again is no error. Their inbox comes first, as for whoever tells them that it is over."""
    _lock({notification.user_id}, is_first=True)
    done = session().scalar(
        update(Notification)
        .where(Notification.id == notification.id, Notification.read_at.is_(None))
        .values(read_at=clock.now())
        .returning(Notification.read_at)
    )
    if done is not None:
        notification.read_at = done
        delivery_plans.cancel_read(Delivery.notification_id == notification.id)
        _less_unread(notification.user_id, 1)


def read_all(user_id: int, by: Actor) -> int:
    """Mark everything of a person as read. How many there were."""
    _lock({user_id}, is_first=True)
    done = session().execute(
        update(Notification)
        .where(Notification.user_id == user_id, Notification.read_at.is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    count: int = done.rowcount  # type: ignore[attr-defined]
    if count:
        _less_unread(user_id, count)
        delivery_plans.cancel_read(Delivery.user_id == user_id)
    return count


def is_over(deal_id: int | None, told: Callable[[], ColumnElement[bool]]) -> None:
    """These are true no more: the deal is another's, the client has been answered, the work is accepted. They stay in
    the lists as they were told, read. Done in the order of what is told in this transaction."""
    open_transaction().tellings.append(Over(deal_id, told))


def is_told(kind: str, deal_id: int, person_id: int) -> bool:
    """Whether this transaction tells this person such a thing of this deal."""
    return any(
        isinstance(each, Telling)
        and (each.row["kind"], each.row["deal_id"]) == (kind, deal_id)
        and person_id in each.people
        for each in open_transaction().tellings
    )


def _unread(one: Over) -> Sequence[int]:
    """Who has something of it to read. Of most deals nobody has anything, and then no more is asked."""
    if one.deal_id is not None and execute_core(_ANYTHING, deal=one.deal_id).first() is None:
        return ()
    theirs = select(Notification.user_id).where(Notification.deal_id == one.deal_id, one.told(), _IS_UNREAD)
    return session().scalars(theirs.distinct()).all()


def _read_over(one: Over) -> None:
    done = session().execute(
        update(Notification)
        .where(Notification.deal_id == one.deal_id, one.told(), _IS_UNREAD)
        .values(read_at=clock.now())
        .returning(Notification.id, Notification.user_id)
        .execution_options(synchronize_session=False)
    )
    read = done.all()
    for user_id, count in sorted(Counter(each.user_id for each in read).items()):
        _less_unread(user_id, count)
    if read:
        delivery_plans.cancel_read(Delivery.notification_id.in_([each.id for each in read]))


def _less_unread(user_id: int, count: int) -> None:
    session().execute(
        update(Inbox)
        .where(Inbox.user_id == user_id)
        .values(unread=Inbox.unread - count)
        .execution_options(synchronize_session=False)
    )
    announcements.inbox_changed(user_id)
