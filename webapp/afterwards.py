"""What Redis is told once a transaction is committed: alarms to set and what has changed, in one round trip.

Redis away: the rows are there all the same. What it could not be told, pages are to look up (`realtime.make_up`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from webapp import clock, queue
from webapp.db import on_commit, session

CHANNEL = "dozor:changed"


@dataclass(slots=True)
class Afterwards:
    """Of one transaction."""

    wakes: list[queue.Wake] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)

    def tell(self) -> None:
        messages = [(CHANNEL, json.dumps(self.changes))] if self.changes else []
        if not queue.tell(self.wakes, clock.now(), messages=messages) and messages:
            queue.breaker().has_kept_silent = True


def afterwards() -> Afterwards:
    """Of the open transaction. A savepoint that fails may leave something here: an alarm for no row, a change that was
    none, and neither does harm."""
    info = session().info
    if info.get("afterwards_of") is not info["after"]:
        info["afterwards_of"], info["afterwards"] = info["after"], Afterwards()
        on_commit(info["afterwards"].tell)
    found: Afterwards = info["afterwards"]
    return found
