"""What Redis is told once a transaction is committed: alarms to set and what has changed, in one round trip.

Redis away: the rows are there all the same. What it could not be told, pages are to look up (`announcements.publish_missed`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from webapp import clock
from webapp.background import redis_client, scheduled_jobs
from webapp.db import after_commit, session

CHANNEL = "dozor:changed"


@dataclass(slots=True)
class Pending:
    """Of one transaction."""

    wakes: list[scheduled_jobs.Alarm] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)

    def tell(self) -> None:
        messages = [(CHANNEL, json.dumps(self.changes))] if self.changes else []
        if not scheduled_jobs.send(self.wakes, clock.now(), messages=messages) and messages:
            redis_client.breaker().has_missed_messages = True


def pending() -> Pending:
    """Of the open transaction. A savepoint that fails may leave something here: an alarm for no row, a change that was
    none, and neither does harm."""
    info = session().info
    if info.get("afterwards_of") is not info["after"]:
        info["afterwards_of"], info["afterwards"] = info["after"], Pending()
        after_commit(info["afterwards"].tell)
    found: Pending = info["afterwards"]
    return found
