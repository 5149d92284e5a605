"""When people last gave a sign (did anything in Dozor, or signed in), and what waits for them meanwhile. What robots
and clients do is nobody's sign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from rules import important as rules
from webapp import clock
from webapp.db import SqlSelect, session
from webapp.models import Conversation, Deal, JournalEntry, Task, UserSession
from webapp.snapshots import setups

READ = 20_000  # the newest entries of the journal are looked at: a whole morning of two hundred people
TO_DO = ("new", "in_progress")


def last_signs(people: Collection[int]) -> dict[int, datetime]:
    """Of each of them, as far as it is known: by a sign-in, or among the entries that are looked at."""
    newest = JournalEntry.id > select(func.max(JournalEntry.id)).scalar_subquery() - READ
    did = select(JournalEntry.by_id, func.max(JournalEntry.at)).where(newest, JournalEntry.by_id.in_(list(people)))
    came = select(UserSession.user_id, func.max(UserSession.created_at)).where(UserSession.user_id.in_(list(people)))
    queries: Iterable[Any] = (did.group_by(JournalEntry.by_id), came.group_by(UserSession.user_id))
    return _each(max, queries)


def silent_since(people: Collection[int]) -> dict[int, datetime]:
    """From when on each of them has given no sign: who has done nothing that is looked at, since the oldest of that;
    who was never here, since something waits for them. Nobody else is among them."""
    setup, since, edge = setups.current(), last_signs(people), _edge()
    if edge is not None:
        since = {each: max(since.get(each, edge), edge) for each in people}
    since |= _waited_since([each for each in people if each not in since])
    zone, chart = setup.firm.time_zone, setup.org.people
    return {each: rules.silent_since(at, chart[each].absences, zone, clock.now()) for each, at in since.items()}


def _waited_since(people: Collection[int]) -> dict[int, datetime]:
    client = _waiting(func.min(Conversation.unanswered_since)).where(Deal.responsible_id.in_(list(people)))
    work = _late(func.min(Task.due_at)).where(Task.assignee_id.in_(list(people)))
    return _each(min, (client, work) if people else ())


def _each(choose: Callable[[datetime, datetime], datetime], queries: Iterable[Any]) -> dict[int, datetime]:
    """The first or the last moment of each person, of rows (person, moment)."""
    found: dict[int, datetime] = {}
    for query in queries:
        for person_id, at in session().execute(query):
            found[person_id] = choose(at, found.get(person_id, at))
    return found


def _edge() -> datetime | None:
    """The time of the newest entry that is not looked at."""
    top = select(func.max(JournalEntry.id)).scalar_subquery()
    older = select(JournalEntry.at).where(JournalEntry.id <= top - READ)
    return session().scalar(older.order_by(JournalEntry.id.desc()).limit(1))


def clients_waiting() -> Counter[int]:
    """Of each responsible, how many clients wait for an answer."""
    return Counter(dict(map(tuple, session().execute(_waiting(func.count(Conversation.id))))))


def tasks_overdue() -> Counter[int]:
    """Of each person, how much of their own work is late."""
    return Counter(dict(map(tuple, session().execute(_late(func.count(Task.id))))))


def _waiting(what: ColumnElement[Any]) -> SqlSelect:
    found: SqlSelect = select(Deal.responsible_id, what).join(Conversation, Conversation.deal_id == Deal.id)
    is_open = Deal.closed_at.is_(None), Deal.deleted_at.is_(None)
    return found.where(Conversation.unanswered_since.is_not(None), *is_open).group_by(Deal.responsible_id)


def _late(what: ColumnElement[Any]) -> SqlSelect:
    found: SqlSelect = select(Task.assignee_id, what).where(Task.state.in_(TO_DO), Task.due_at <= clock.now())
    return found.group_by(Task.assignee_id)
