"""What a transaction carries besides its rows: events to follow before the commit, and what is said after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self


class ScheduledJob(NamedTuple):
    """An alarm for a row of work: `kind` is one of the outbox's."""

    kind: str
    row_id: int
    due_at: datetime


class Owner(NamedTuple):
    """Through whom a deal could be seen before it was handed over."""

    responsible_id: int
    department_id: int | None


@dataclass(slots=True)
class Changes:
    """What open pages are told. Each list holds a thing once, in the order in which it came."""

    deals: dict[int, list[int]] = field(default_factory=dict)  # a deal's card, and the stages whose heads it touches
    left: dict[int, list[Owner]] = field(default_factory=dict)  # deals, and who could see them through this owner
    clients: list[int] = field(default_factory=list)  # deals whose client waits for an answer now, or no longer does
    people: list[int] = field(default_factory=list)  # whose inbox
    tasks: list[int] = field(default_factory=list)
    tasks_left: dict[int, list[int]] = field(default_factory=dict)  # tasks, and who had to do with them until now
    important: list[int] = field(default_factory=list)  # items of what matters now
    calls: list[int] = field(default_factory=list)  # that are over: whether a deal came of them
    rights: list[int | None] = field(default_factory=list)  # whose rights; None: everybody's
    draft: list[bool] = field(default_factory=list)  # of the set-up: admins' pages
    chart: list[bool] = field(default_factory=list)  # who works where, and over whom: admins' pages
    setup: list[bool] = field(default_factory=list)  # what is live has another version: everybody's pages
    missed: list[bool] = field(default_factory=list)  # something could not be said: pages are to look it up

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)

    def merge(self, news: Self) -> None:
        """Add what another message says."""
        for name in self.__slots__:
            if not (more := getattr(news, name)):  # it says one thing of a dozen
                continue
            known = getattr(self, name)
            if isinstance(known, dict):
                for key, values in more.items():
                    _extend(known.setdefault(key, []), values)
            else:
                _extend(known, more)

    def copy(self) -> Self:
        """The same, apart: what is added to one is not added to the other."""
        twin = type(self)()
        twin.merge(self)
        return twin


def _extend(known: list[Any], news: list[Any]) -> None:
    known.extend(each for each in news if each not in known)


@dataclass(slots=True)
class Transaction:
    """One open transaction. When its events were followed, `tellings` are written, as the last before the commit: they
    lock rows that many others want. After it `jobs` and `changes` are published first, then `later` is called. `at` is
    when all of it happened (`instant` of session.py), `added` what was written past the mapper (`add_core`)."""

    events: list[object] = field(default_factory=list)
    tellings: list[object] = field(default_factory=list)
    jobs: list[ScheduledJob] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    later: list[Callable[[], None]] = field(default_factory=list)
    at: datetime | None = None
    added: list[object] = field(default_factory=list)

    def copy(self) -> Transaction:
        """As it stands now, for a savepoint to go back to."""
        return Transaction(
            list(self.events),
            list(self.tellings),
            list(self.jobs),
            self.changes.copy(),
            list(self.later),
            self.at,
            list(self.added),
        )

    def restore(self, saved: Transaction) -> None:
        """Back to a copy: what was noted since is forgotten."""
        for name in self.__slots__:
            setattr(self, name, getattr(saved, name))
