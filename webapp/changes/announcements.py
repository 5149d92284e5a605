"""Say what changed, after the commit. A message is a hint: the database is the record.

Jobs and changes of a transaction go to Redis in one round trip. Redis away: the rows are there all the same, and what
could not be said, pages are to look up (`publish_missed`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import Flask, current_app

from webapp import clock
from webapp.background import redis_client, scheduled_jobs
from webapp.db import Changes, Owner, Transaction, open_transaction

MAX_ID = 2**31 - 1


def channel(app: Flask) -> str:
    """Where changes are said. Two Dozors may share one Redis: neither hears the other's."""
    return f"dozor:changed:{app.config['SETTINGS'].installation}"


def deal_changed(deal_id: int, *stage_ids: int) -> None:
    """A card, and the columns whose counts it touches."""
    open_transaction().changes.merge(Changes(deals={deal_id: list(stage_ids)}))


def deal_left(deal_id: int, responsible_id: int, department_id: int | None) -> None:
    """Whoever could see the deal through its former owner or department may have to lose its card, and its client."""
    open_transaction().changes.merge(Changes(left={deal_id: [Owner(responsible_id, department_id)]}, clients=[deal_id]))


def client_waits(deal_id: int) -> None:
    """Its client has begun to wait for an answer, goes on to, or no longer does: by a word, or since the deal is over
    or open again."""
    open_transaction().changes.merge(Changes(deals={deal_id: []}, clients=[deal_id]))


def inbox_changed(user_id: int) -> None:
    """Somebody has something new, or read something."""
    open_transaction().changes.merge(Changes(people=[user_id]))


def tasks_changed(task_id: int, deal_id: int | None) -> None:
    """A task's row, prompt and counters; whose turn it is, and until when, stands on its deal's card too."""
    open_transaction().changes.merge(Changes(tasks=[task_id], deals={} if deal_id is None else {deal_id: []}))


def task_left(task_id: int, people: Iterable[int]) -> None:
    """These had to do with it, or were asked to decide it, and may be no longer: it goes from their pages, also where
    they may not see it now."""
    if left := sorted(people):
        open_transaction().changes.merge(Changes(tasks=[task_id], tasks_left={task_id: left}))


def important_changed(item_id: int) -> None:
    """An item of what matters now, in the lists and counters of all in whose list it stands."""
    open_transaction().changes.merge(Changes(important=[item_id]))


def calls_changed(call_id: int) -> None:
    """A call is over, or something was made of it: the list of those that no deal came of."""
    open_transaction().changes.merge(Changes(calls=[call_id]))


def rights_changed(user_id: int | None = None) -> None:
    """Sockets must look again at what this person (None: everybody) may see."""
    open_transaction().changes.merge(Changes(rights=[user_id]))


def draft_changed() -> None:
    """The draft of the set-up, on the pages of other admins."""
    open_transaction().changes.merge(Changes(draft=[True]))


def chart_changed() -> None:
    """Who works where, and over whom, on the pages of other admins; and everybody's rights by it."""
    open_transaction().changes.merge(Changes(chart=[True], rights=[None]))


def setup_changed() -> None:
    """Another version of the set-up is live."""
    open_transaction().changes.merge(Changes(setup=[True], draft=[True]))


def publish(done: Transaction) -> None:
    """What a committed transaction has to say: alarms for the worker, changes for open pages."""
    messages = [(channel(current_app), _encoded(done.changes))] if done.changes else []
    if not scheduled_jobs.send(done.jobs, clock.now(), messages=messages) and messages:
        redis_client.breaker().has_missed_messages = True


def publish_missed() -> None:
    """Called now and then by each process: what it could not say while Redis was away, pages are to look up."""
    breaker = redis_client.breaker()
    if not breaker.has_missed_messages:
        return
    if scheduled_jobs.send((), clock.now(), messages=[(channel(current_app), _MISSED)]):
        breaker.has_missed_messages = False


def decoded(data: bytes) -> Changes:
    """What a message says. Raises ValueError when it is not one of ours."""
    try:
        raw = json.loads(data)
        return Changes(
            deals={_id(key): _ids(ids) for key, ids in raw.get("deals", {}).items()},
            left={_id(key): [_owner(*each) for each in owners] for key, owners in raw.get("left", {}).items()},
            clients=_ids(raw.get("clients", ())),
            people=_ids(raw.get("people", ())),
            tasks=_ids(raw.get("tasks", ())),
            tasks_left={_id(key): _ids(ids) for key, ids in raw.get("tasks_left", {}).items()},
            important=_ids(raw.get("important", ())),
            calls=_ids(raw.get("calls", ())),
            rights=[None if each is None else _id(each) for each in raw.get("rights", ())],
            draft=[True for each in raw.get("draft", ()) if each],
            chart=[True for each in raw.get("chart", ()) if each],
            setup=[True for each in raw.get("setup", ()) if each],
            missed=[True for each in raw.get("missed", ()) if each],
        )
    except (TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError("not a message of changes") from error


def _ids(raw: Iterable[Any]) -> list[int]:
    return [_id(each) for each in raw]


def _id(raw: Any) -> int:
    found = int(raw)
    if not 0 < found <= MAX_ID:
        raise ValueError(f"no id: {found}")
    return found


def _owner(responsible_id: Any, department_id: Any) -> Owner:
    return Owner(_id(responsible_id), None if department_id is None else _id(department_id))


def _encoded(changes: Changes) -> str:
    said = {name: value for name in Changes.__slots__ if (value := getattr(changes, name))}
    return json.dumps(said, separators=(",", ":"))


_MISSED = _encoded(Changes(missed=[True]))
