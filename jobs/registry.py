"""The only list of kinds of work: what does it, and what is done when its attempts are used up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webapp.background.outbox import Claim
from webapp.services import runs, tasks


@dataclass(frozen=True, slots=True)
class JobKind:
    """`do` runs in a transaction of its own and must end the row itself; `give_up` ends it as failed."""

    do: Callable[[Claim], None]
    give_up: Callable[[int, str], None]


WORK: dict[str, JobKind] = {
    "run": JobKind(runs.fire, runs.fail),
    "alarm": JobKind(tasks.fire_alarm, tasks.fail_alarm),
}
