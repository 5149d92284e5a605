"""The only list of kinds of work: what does it, and what is done when its attempts are used up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webapp.outbox import Claim
from webapp.services import robots, tasks


@dataclass(frozen=True, slots=True)
class Work:
    """`do` runs in a transaction of its own and must end the row itself; `give_up` ends it as failed."""

    do: Callable[[Claim], None]
    give_up: Callable[[int, str], None]


WORK: dict[str, Work] = {
    "run": Work(robots.fire, robots.fail),
    "alarm": Work(tasks.sound, tasks.silence),
}
