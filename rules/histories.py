"""A deal's past: what happened to it, in order, and how it stood at any moment since. What robots read of a deal today
is read here of then; how rows become happenings is in webapp/snapshots/histories.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.facts import Snapshot, StageFacts

OPEN_TASKS = ("new", "in_progress")
Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened; those of one transaction have the same `at`.

    `kind`: created, entered (`stage_id`), edited (`entity`, `field`, `old`, `new`; `record_id` is the contact's), wrote
    (the client) and answered (an employee; `record_id` is the conversation's, `item_id` the message's, `new` what was
    said), issued and paid (`record_id` is the invoice's, `amount`), task and step (`record_id` is the task's, `new` its
    state), deleted, restored. `is_reaction`: a trigger or robot did it.
    """

    id: int
    at: datetime
    kind: str
    stage_id: int = 0
    entity: str = ""
    field: str = ""
    old: Any = None
    new: Any = None
    record_id: int = 0
    item_id: int = 0
    amount: int = 0
    due_at: datetime | None = None
    is_reaction: bool = False
    is_takeback: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a robot can be started by: since when, and its name among those of its start."""

    start: str
    since: datetime
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    amount: int
    number: str
    due_on: date | None


@dataclass(slots=True)
class Talk:
    """A conversation so far; `first` is the message that waits for an answer, since `since`."""

    channel: str
    since: datetime | None = None
    first: int = 0
    is_replied: bool = False
    said_at: datetime | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class DealHistory:
    """What is known of a deal: its values today, and all that happened since it was made.

    `contacts` are today's values of each contact that it ever had; `company` is not followed back. `is_whole`: it
    begins with the making of the deal. `today` are facts that can only be read as they are now.
    """

    deal_id: int
    created_at: datetime
    happenings: Sequence[Happening]
    deal: Mapping[str, Any]
    contact_id: int | None
    department_id: int | None
    contacts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)
    bills: Mapping[int, Bill] = field(default_factory=dict)
    now: Snapshot = field(default_factory=Snapshot)
    is_whole: bool = True


class Past:
    """A deal as it stood, going forward through its history."""

    def __init__(self, history: DealHistory, stages: Mapping[int, StageFacts], zone: str) -> None:
        self.history, self.stages, self.zone = history, stages, ZoneInfo(zone)
        self.stage_id, self.is_deleted = 0, False
        self.deal = dict(history.deal)
        self.contact_id = history.contact_id
        self.contacts = {each: dict(values) for each, values in history.contacts.items()}
        for each in reversed(history.happenings):
            if each.kind == "edited":
                self._set(each, each.old)
        self.talks: dict[int, Talk] = {}
        self.last_word: tuple[int, datetime, bool] | None = None  # the message, when, whether an employee's
        self.paid: dict[int, int] = {}
        self.tasks: dict[int, tuple[str, datetime | None]] = {}
        self.step_id: int | None = None
        self.last_step: tuple[int, datetime] | None = None

    @property
    def is_open(self) -> bool:
        return self.stage_id in self.stages and self.stages[self.stage_id].kind == "open" and not self.is_deleted

    @property
    def responsible_id(self) -> int:
        return int(self.deal["responsible"])

    def take(self, each: Happening) -> None:
        """Go one happening on."""
        taken = getattr(self, f"_{each.kind}", None)
        if taken is not None:
            taken(each)

    def _entered(self, each: Happening) -> None:
        self.stage_id = each.stage_id

    def _edited(self, each: Happening) -> None:
        self._set(each, each.new)

    def _set(self, each: Happening, value: Any) -> None:
        if each.entity == "contact":
            self.contacts.setdefault(each.record_id, {})[each.field] = value
        elif each.field == "contact":
            self.contact_id = value
        else:
            self.deal[each.field] = value

    def _wrote(self, each: Happening) -> None:
        talk = self._talk(each.record_id)
        if talk.since is None:
            talk.since, talk.first = each.at, each.item_id
        talk.said_at, talk.said = each.at, each.new
        self.last_word = (each.item_id, each.at, False)

    def _answered(self, each: Happening) -> None:
        talk = self._talk(each.record_id)
        talk.since, talk.is_replied = None, True
        self.last_word = (each.item_id, each.at, True)

    def _talk(self, talk_id: int) -> Talk:
        return self.talks.setdefault(talk_id, Talk(self.history.channels.get(talk_id, "")))

    def _issued(self, each: Happening) -> None:
        self.paid[each.record_id] = 0

    def _paid(self, each: Happening) -> None:
        self.paid[each.record_id] = self.paid.get(each.record_id, 0) + each.amount

    def _task(self, each: Happening) -> None:
        due_at = each.due_at or self.tasks.get(each.record_id, ("", None))[1]
        self.tasks[each.record_id] = (each.new, due_at)
        if self.step_id == each.record_id and each.new in ("done", "cancelled"):
            self.step_id, self.last_step = None, (each.record_id, each.at)

    def _step(self, each: Happening) -> None:
        if each.new in OPEN_TASKS:
            self.step_id = each.record_id
        self._task(each)

    def _deleted(self, _: Happening) -> None:
        self.is_deleted = True

    def _restored(self, _: Happening) -> None:
        self.is_deleted = False

    def balance(self, invoice_id: int) -> int:
        return self.history.bills[invoice_id].amount - self.paid[invoice_id] if invoice_id in self.paid else 0

    def snapshot(self, at: datetime, unknown: frozenset[Fact] = frozenset()) -> Snapshot:
        """What rules read of it at that moment; `unknown` facts as they are today."""
        values = {
            "deal": self._deal(at),
            "contact": self._contact(),
            "company": dict(self.history.now.values.get("company", {})),
            "invoices": self._invoices(),
            "conversation": self._conversation(),
        }
        for entity, key in unknown:
            values[entity][key] = self.history.now.value(entity, key)
        return Snapshot(values)

    def _deal(self, at: datetime) -> dict[str, Any]:
        due_at = self.tasks[self.step_id][1] if self.step_id is not None else None
        return {
            **self.deal,
            "stage": self.stage_id,
            "has_contact": self.contact_id is not None,
            "has_next_step": due_at is not None,
            "next_step_at": due_at.isoformat() if due_at else None,
            "next_step_overdue": due_at is not None and due_at <= at,
        }

    def _contact(self) -> dict[str, Any]:
        return dict(self.contacts.get(self.contact_id, {})) if self.contact_id is not None else {}

    def _invoices(self) -> dict[str, Any]:
        owed = {each: self.balance(each) for each in self.paid}
        open_ones = [each for each, left in owed.items() if left > 0]
        unpaid = [self.history.bills[each] for each in open_ones]
        first = min(open_ones, key=lambda each: (self.history.bills[each].due_on or date.max, each), default=None)
        nearest = min((each.due_on for each in unpaid if each.due_on is not None), default=None)
        return {
            "count": len(owed),
            "balance": sum(owed.values()),
            "unpaid": sum(owed.values()) > 0,
            "number": self.history.bills[first].number if first is not None else None,
            "nearest_due_on": nearest.isoformat() if nearest else None,
        }

    def _conversation(self) -> dict[str, Any]:
        if not self.talks:
            return {"replied": False, "unanswered": False}
        latest = self.talks[max(self.talks)]
        return {
            "unanswered": any(each.since is not None for each in self.talks.values()),
            "replied": latest.is_replied,
            "channel": latest.channel,
            "last_client_message_at": latest.said_at.isoformat() if latest.said_at else None,
            "last_text": latest.said,
        }

    def standing(self, start: str) -> list[Occasion]:
        """What stands of a start that stands for a while."""
        found = STANDING.get(start)
        return found(self) if found else []


def _unanswered(past: Past) -> list[Occasion]:
    waiting = [past.talks[each] for each in sorted(past.talks)]
    return [Occasion("unanswered", each.since, f"m{each.first}") for each in waiting if each.since is not None]


def _client_silent(past: Past) -> list[Occasion]:
    if past.last_word is None or not past.last_word[2]:
        return []
    return [Occasion("client_silent", past.last_word[1], f"m{past.last_word[0]}")]


def _invoice_overdue(past: Past) -> list[Occasion]:
    owed = [(each, past.history.bills[each].due_on) for each in sorted(past.paid) if past.balance(each) > 0]
    return [
        Occasion("invoice_overdue", datetime.combine(due_on + timedelta(days=1), time.min, past.zone), f"i{each}")
        for each, due_on in owed
        if due_on is not None
    ]


def _task_overdue(past: Past) -> list[Occasion]:
    return [
        Occasion("task_overdue", due_at, f"t{each}-{int(due_at.timestamp())}")
        for each, (state, due_at) in sorted(past.tasks.items())
        if state in OPEN_TASKS and due_at is not None
    ]


def _no_next_step(past: Past) -> list[Occasion]:
    if not past.is_open or past.step_id is not None:
        return []
    if past.last_step is None:
        return [Occasion("no_next_step", past.history.created_at)]
    return [Occasion("no_next_step", past.last_step[1], f"t{past.last_step[0]}")]


STANDING = {
    "unanswered": _unanswered,
    "client_silent": _client_silent,
    "invoice_overdue": _invoice_overdue,
    "task_overdue": _task_overdue,
    "no_next_step": _no_next_step,
}
