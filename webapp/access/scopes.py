"""Who acts, what they may reach, and by which way in. Services take it as `by`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, or_, true

from webapp.models import Deal


@dataclass(frozen=True, slots=True)
class Scope:
    """Which deals a person reads and writes."""

    user_id: int
    is_admin: bool
    reads: frozenset[int]  # departments whose deals are read
    leads: frozenset[int]  # departments whose deals are written too, with their subtrees
    home: frozenset[int]  # departments the person is a member of
    reads_all: bool = False

    def may_read(self, responsible_id: int, department_id: int | None) -> bool:
        return self.reads_all or responsible_id == self.user_id or department_id in self.reads

    def may_write(self, responsible_id: int, department_id: int | None) -> bool:
        return self.is_admin or responsible_id == self.user_id or department_id in self.leads

    @property
    def writes_as(self) -> str:
        """`may_write` for a page, which shows the cards of many readers alike: the reader may write what names one of
        these among its `writers_of`."""
        names = {f"user-{self.user_id}", *(f"department-{each}" for each in self.leads)}
        return " ".join(sorted(names | {"admin"} if self.is_admin else names))

    def deals(self) -> ColumnElement[bool]:
        """SQL: the deals this person may read."""
        if self.reads_all:
            return true()
        return or_(Deal.department_id.in_(self.reads), Deal.responsible_id == self.user_id)

    @property
    def key(self) -> tuple[Any, ...]:
        """Two people with the same key see the same deals."""
        if self.reads_all:
            return ("all",)
        return (self.user_id, *sorted(self.reads))


def writers_of(responsible_id: int, department_id: int | None) -> str:
    """Who may write such a deal, by the names of `Scope.writes_as`."""
    department = () if department_id is None else (f"department-{department_id}",)
    return " ".join(("admin", *department, f"user-{responsible_id}"))


@dataclass(frozen=True, slots=True)
class Actor:
    """`user_id` None is Dozor itself. `via` is page, api, trigger, robot, form, seed; `depth` counts reactions."""

    user_id: int | None = None
    scope: Scope | None = None
    via: str = "system"
    facts: dict[str, Any] = field(default_factory=dict)
    depth: int = 0

    @property
    def cause(self) -> dict[str, Any]:
        return {"via": self.via, **self.facts}

    def with_facts(self, **facts: Any) -> Actor:
        """The same actor, with more to say about the cause."""
        return replace(self, facts={**self.facts, **facts})

    def by(self, via: str, **facts: Any) -> Actor:
        """The same chain of events, one step deeper, carried on by Dozor."""
        return replace(self, user_id=None, scope=None, via=via, facts=facts, depth=self.depth + 1)


SYSTEM = Actor()
