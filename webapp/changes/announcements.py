"""Say what changed, after the commit. A message is a hint: the database is the record."""

from __future__ import annotations

import json
from typing import Any

from webapp import clock
from webapp.background import redis_client, scheduled_jobs
from webapp.background.after_commit import CHANNEL, pending


def deal_changed(deal_id: int, *stage_ids: int) -> None:
    """A card, and the columns whose counts it touches."""
    change = _pending().setdefault("deals", {}).setdefault(str(deal_id), [])
    change.extend(each for each in stage_ids if each not in change)


def deal_left(deal_id: int, responsible_id: int, department_id: int | None) -> None:
    """Whoever could see the deal through its former owner or department may have to lose its card."""
    _pending().setdefault("left", {}).setdefault(str(deal_id), []).append([responsible_id, department_id])


def inbox_changed(user_id: int) -> None:
    """Somebody has something new, or read something."""
    people = _pending().setdefault("people", [])
    if user_id not in people:
        people.append(user_id)


def tasks_changed(task_id: int) -> None:
    """A task's row, prompt and counters."""
    tasks = _pending().setdefault("tasks", [])
    if task_id not in tasks:
        tasks.append(task_id)


def rights_changed(user_id: int | None = None) -> None:
    """Sockets must look again at what this person (None: everybody) may see."""
    _pending().setdefault("rights", []).append(user_id)


def _pending() -> dict[str, Any]:
    return pending().changes


def publish_missed() -> None:
    """Called now and then by each process: what it could not say while Redis was away, pages are to look up."""
    breaker = redis_client.breaker()
    if breaker.has_missed_messages and scheduled_jobs.send(
        (), clock.now(), messages=[(CHANNEL, json.dumps({"missed": [True]}))]
    ):
        breaker.has_missed_messages = False
