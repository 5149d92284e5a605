"""Tasks: their states, who may do what, and their deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rules.worktime import Delay, WorkCalendar
from rules.worktime import after as delayed
from rules.worktime import before as earlier

STATES = ("new", "in_progress", "awaiting_acceptance", "done", "cancelled")
OPEN = ("new", "in_progress", "awaiting_acceptance")
VERBS = ("start", "submit", "accept", "send_back", "cancel", "attach", "delegate", "remind")
DONE = {"start": "started", "submit": "submitted", "accept": "accepted", "send_back": "returned", "cancel": "cancelled"}
STARTS_FROM = {
    "start": ("new",),
    "submit": ("new", "in_progress"),
    "accept": ("awaiting_acceptance",),
    "send_back": ("awaiting_acceptance",),
    "cancel": ("new", "in_progress", "awaiting_acceptance"),
    "delegate": ("new", "in_progress"),
    "remind": ("new", "in_progress"),
    "attach": ("new", "in_progress"),  # what is handed in stays as it was handed in
}
REMIND_BEFORE = Delay(24, "hours")
REMINDERS = (  # before a deadline, to choose from
    Delay(15, "minutes"),
    Delay(1, "hours"),
    Delay(2, "working_hours"),
    Delay(24, "hours"),
    Delay(1, "working_days"),
    Delay(3, "working_days"),
)
ACCEPT_WITHIN = Delay(1, "working_days")
FIRMS_TIMES = (30, 60, 120, 240, 480, 960, 1440, 2400)  # working minutes that a firm may give an acceptor instead


@dataclass(frozen=True, slots=True)
class TaskFacts:
    id: int
    state: str
    assignee_id: int
    acceptor_id: int | None
    creator_id: int | None
    accept: bool
    result_required: bool
    returns: int = 0
    told: frozenset[int] = frozenset()  # of work of no deal: before whom an item of it stands
    decided: frozenset[int] = frozenset()  # of such work too: who has accepted, returned, taken or settled something


def submission(submitted_at: datetime | None) -> str:
    """What was handed in, by a name that the next hand-in does not have."""
    return f"{int(submitted_at.timestamp() * 1000)}" if submitted_at is not None else ""


def may(task: TaskFacts, verb: str, person_id: int, deputies: frozenset[int] = frozenset()) -> str | None:
    """None: yes. Else why not: not_yours, own_work, wrong_state. `deputies` stand in for an absent acceptor."""
    if verb in ("accept", "send_back"):
        if person_id == task.assignee_id:
            return "own_work"
        if person_id != task.acceptor_id and person_id not in deputies:
            return "not_yours"
    elif verb in ("start", "submit"):
        if person_id != task.assignee_id:
            return "not_yours"
    elif verb in ("attach", "delegate", "remind") and person_id == task.assignee_id:
        pass
    elif person_id not in (task.creator_id, task.acceptor_id) and person_id not in deputies:
        return "not_yours"
    return None if task.state in STARTS_FROM[verb] else "wrong_state"


def after(task: TaskFacts, verb: str) -> str:
    """The state that a verb leads to. Work that is to be accepted, and that nobody else is there to accept, is done."""
    return {
        "start": "in_progress",
        "submit": "awaiting_acceptance" if task.accept and task.acceptor_id is not None else "done",
        "accept": "done",
        "send_back": "in_progress",
        "cancel": "cancelled",
    }[verb]


def coming_at(calendar: WorkCalendar, due_at: datetime, created_at: datetime, remind: Delay | None) -> datetime:
    """When to say that the deadline is coming: `remind` (a day, by default) before it, counted back in working time
    where it is said in such. When that is past at creation already, after three quarters of the time there is."""
    at = earlier(calendar, due_at, remind or REMIND_BEFORE)
    return at if at > created_at else created_at + (due_at - created_at) * 3 / 4


def firms_time(minutes: int | None) -> Delay:
    """How long an acceptor has where the robot says nothing: the firm's working minutes, as whole hours where they are;
    None: one working day."""
    if minutes is None:
        return ACCEPT_WITHIN
    return Delay(minutes, "working_minutes") if minutes % 60 else Delay(minutes // 60, "working_hours")


def acceptance_due_at(calendar: WorkCalendar, submitted_at: datetime, within: Delay = ACCEPT_WITHIN) -> datetime:
    """The acceptor has a deadline too: one working day, unless the firm or the robot says otherwise."""
    return delayed(calendar, submitted_at, within)
