"""What stands around every page: the numbers in the bar; work that this person is asked to accept, and calls, which are
asked for only where the numbers say that there are any."""

from __future__ import annotations

from dataclasses import dataclass

from rules.rights import Scope
from webapp.queries import calls, inbox, tasks
from webapp.queries.calls import CallCard
from webapp.queries.inbox import Counters
from webapp.queries.tasks import PROMPTS, Prompts


@dataclass(frozen=True, slots=True)
class Around:
    counters: Counters
    prompts: Prompts
    calls: list[CallCard]


def around(scope: Scope, most: int = PROMPTS) -> Around:
    """Up to `most` prompts."""
    found = inbox.counters(scope)
    prompts = tasks.prompts(scope, most) if found.to_accept else Prompts()
    return Around(found, prompts, calls.cards(scope) if found.calls else [])
