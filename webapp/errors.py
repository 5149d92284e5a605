"""What a person may be told instead of an answer. Codes and facts here; the words are in webapp/i18n/refusals.py."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from rules.gates import Missing
from webapp import bounds

STATUS = {
    "not_yours": 403,
    "another_client": 403,
    "another_company": 403,
    "client_lacks": 403,
    "own_work": 403,
    "stale": 409,
    "merged": 409,
    "has_waiting_runs": 409,
    "firms_calendar": 409,
    "stale_chart": 409,
    "removed_meanwhile": 409,
    "wrong_state": 409,
    "conflict": 409,
    "file_handed_in": 409,
    "held_by_task": 409,
    "too_late": 409,
    "handed_in_anew": 409,
    "returned_anew": 409,
    "step_too_late": 409,
    "no_next_step": 409,
    "item_settled": 409,
    "call_settled": 409,
    "item_taken": 409,
    "item_yours": 409,
    "snoozed_enough": 409,
    "nobody_to_ask": 409,
    "not_asked": 409,
    "has_consequences": 409,
    "idempotency_conflict": 409,
    "too_many": 429,
    "busy": 503,
}


Problem = dict[str, Any]  # {code, …facts}: what their words are filled with
Problems = dict[str, Problem]  # by field


class Refused(Exception):
    """A service says no: the only exception that a user reads.

    `problems` maps a field to {code, …facts}, as many as are said at once; `missing` are the fields that a stage
    asks for; `record` is what another hand has changed meanwhile, by its table and id, for whoever shows it as it is.
    """

    def __init__(
        self,
        reason: str,
        *,
        missing: tuple[Missing, ...] = (),
        problems: Problems | None = None,
        record: tuple[str, int] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.missing = missing
        self.record = record
        self.problems = dict(islice((problems or {}).items(), bounds.PROBLEMS))
        self.facts = facts

    @property
    def status(self) -> int:
        """The HTTP status of this refusal."""
        return STATUS.get(self.reason, 422)


class Counted(Exception):
    """A refusal after which what was written stays: a wrong code is one try less."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class SetupMoved(Exception):
    """What this transaction read of the set-up is no more: all of it is to be done again. No user reads it."""


class NotFound(LookupError):
    """There is no such record for this person: 404, whether it exists or not."""


def invalid(field: str, code: str, **facts: Any) -> Refused:
    """One field is wrong."""
    return Refused("bad_fields", problems={field: {"code": code, **facts}})


def not_an_option(field: str, options: Iterable[object]) -> Refused:
    """One of these was to be chosen, and is named: whoever calls from a program does not see a list."""
    return invalid(field, "not_an_option", options=[str(each) for each in options])
