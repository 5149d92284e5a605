"""Who acts, with what they may reach, and by which way in. Services take it as `by`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rules.rights import Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """`user_id` None is Dozor itself. `via` is page, api, trigger, robot, form, seed; `depth` counts reactions.
    `can_undo`: the person is offered to take the act back, so that robots at once wait as long as the offer stands."""

    user_id: int | None = None
    scope: Scope | None = None
    via: str = "system"
    facts: dict[str, Any] = field(default_factory=dict)
    depth: int = 0
    can_undo: bool = False

    @property
    def cause(self) -> dict[str, Any]:
        return {"via": self.via, **self.facts}

    def with_facts(self, **facts: Any) -> Actor:
        """The same actor, with more to say about the cause."""
        return replace(self, facts={**self.facts, **facts})

    def by(self, via: str, **facts: Any) -> Actor:
        """The same chain of events, one step deeper, carried on by Dozor."""
        deeper = self.depth + 1
        return replace(self, user_id=None, scope=None, via=via, facts=facts, depth=deeper, can_undo=False)


SYSTEM = Actor()
