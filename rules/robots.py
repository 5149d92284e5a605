"""Robots as they are set up, their timings, and the plan: which runs a start arms, and when they are due. Their kinds
are in robot_kinds.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules import fields, worktime
from rules.facts import Catalogue, Condition, Raw, Snapshot, Text
from rules.worktime import Delay, WorkCalendar

STARTS = (
    "entered",
    "client_wrote",
    "unanswered",
    "client_silent",
    "field_changed",
    "invoice_issued",
    "invoice_overdue",
    "task_overdue",
    "task_accepted",
    "no_next_step",
)
WHENS = ("any", "working_hours")
UNDO_WINDOW = timedelta(seconds=10)  # for so long a person may take a move of theirs back
LATE_SECONDS = 60  # by so much a run says that it is late
LONGEST = {  # about three years; what is longer is a slip of the finger, and counting it would take for ever
    "seconds": 100_000_000,
    "minutes": 1_500_000,
    "hours": 25_000,
    "days": 1_000,
    "working_minutes": 500_000,
    "working_hours": 8_000,
    "working_days": 1_000,
}


class TimingError(ValueError):
    """A timing that cannot be kept; `code` for the words."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class AtOnce:
    pass


@dataclass(frozen=True, slots=True)
class After:
    delay: Delay


@dataclass(frozen=True, slots=True)
class AroundField:
    """Before or after a date field."""

    entity: str
    field: str
    delay: Delay
    side: str


Timing = AtOnce | After | AroundField
NEVER = AroundField("", "", Delay(0, "minutes"), "after")


@dataclass(frozen=True, slots=True)
class RobotSpec:
    """A robot as set up. `when` is any or working_hours; `starts` are of STARTS; without a stage it is one of any
    stage."""

    id: int
    kind: str
    name: Text
    position: int
    is_on: bool
    starts: tuple[str, ...]
    timing: Timing
    when: str
    condition: Condition | None
    settings: Raw
    once_per_deal: bool = False
    also_later: bool = False
    stage_id: int | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A run to be armed. `due_at` None waits for its date; `pauses` only when the delay counts working time, or
    while a season lets it rest: `counts_from` is when that is over."""

    robot_id: int
    due_at: datetime | None
    base_at: datetime
    is_late: bool = False
    pauses: tuple[tuple[datetime, datetime], ...] = field(default=())
    season: dict[str, Any] | None = None  # that has changed its norm
    counts_from: datetime | None = None


def delay_from(raw: object) -> Delay:
    """A delay from {amount, unit}. Raises TimingError."""
    if not isinstance(raw, Mapping) or set(raw) != {"amount", "unit"}:
        raise TimingError("not_a_delay")
    amount, unit = raw["amount"], raw["unit"]
    if unit not in worktime.UNITS:
        raise TimingError("unknown_unit", units=list(worktime.UNITS))
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= LONGEST[unit]:
        raise TimingError("bad_amount", limit=LONGEST[unit])
    return Delay(amount, unit)


def timing_from(raw: object) -> Timing:
    """A timing from its JSON form. Raises TimingError."""
    if not isinstance(raw, Mapping) or len(raw) != 1:
        raise TimingError("not_a_timing")
    if raw.get("at_once") is True:
        return AtOnce()
    if "after" in raw:
        return After(delay_from(raw["after"]))
    for side in ("before", "after"):
        if (inner := raw.get(f"{side}_field")) is not None:
            if not isinstance(inner, Mapping) or not {"entity", "field"} <= set(inner):
                raise TimingError("not_a_timing")
            delay = {key: value for key, value in inner.items() if key not in ("entity", "field")}
            return AroundField(str(inner["entity"]), str(inner["field"]), delay_from(delay), side)
    raise TimingError("not_a_timing")


def load_timing(raw: object) -> Timing:
    """A stored timing. Never raises: one that cannot be read waits for a date that no deal has."""
    try:
        return timing_from(raw)
    except TimingError:
        return NEVER


def dump_timing(timing: Timing) -> dict[str, object]:
    """The JSON form: timing_from(dump_timing(t)) == t."""
    if isinstance(timing, AtOnce):
        return {"at_once": True}
    amount = {"amount": timing.delay.amount, "unit": timing.delay.unit}
    if isinstance(timing, After):
        return {"after": amount}
    return {f"{timing.side}_field": {"entity": timing.entity, "field": timing.field, **amount}}


def due(
    timing: Timing,
    when: str,
    start_at: datetime,
    snapshot: Snapshot,
    catalogue: Catalogue,
    calendar: WorkCalendar,
    hours: WorkCalendar | None = None,
) -> datetime | None:
    """The instant at which a robot started at `start_at` is to act. None: the date it counts from is empty.

    A delay is counted in `calendar`, the responsible's; *working hours only* are those of `hours`, of the person told
    (None: the same). A moment that is past at the start stands as it is, except in working hours only: then the next
    working moment.
    """
    moment = _moment(timing, start_at, snapshot, catalogue, calendar)
    if moment is None or when == "any":
        return moment
    return worktime.allowed(hours or calendar, max(moment, start_at), when)


def _moment(
    timing: Timing, start_at: datetime, snapshot: Snapshot, catalogue: Catalogue, calendar: WorkCalendar
) -> datetime | None:
    """When the delay is over, whether or not it may fire then."""
    if isinstance(timing, AtOnce):
        return start_at
    if isinstance(timing, After):
        return worktime.after(calendar, start_at, timing.delay)
    base = _base(timing, snapshot, catalogue, calendar)
    if base is None:
        return None
    count = worktime.before if timing.side == "before" else worktime.after
    return count(calendar, base, timing.delay)


def _base(timing: AroundField, snapshot: Snapshot, catalogue: Catalogue, calendar: WorkCalendar) -> datetime | None:
    spec = catalogue.get(timing.entity, timing.field)
    value = fields.comparable(spec.kind, snapshot.value(timing.entity, timing.field)) if spec else None
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(0), ZoneInfo(calendar.zone))
    return None


def plan(
    robots: Iterable[RobotSpec],
    start: str,
    at: datetime,
    snapshot: Snapshot,
    catalogue: Catalogue,
    calendar: WorkCalendar,
    ran_before: frozenset[int] = frozenset(),
    hours: Mapping[int, WorkCalendar] | None = None,
    now: datetime | None = None,
) -> tuple[tuple[Planned, ...], tuple[int, ...]]:
    """The runs that `start` at `at` arms, in the robots' order; and the robots skipped as once per deal.

    A moment before `at` acts at once (in working hours only: as soon as it may) and is marked late. `hours`: whose
    working hours count for a robot, by its id, where they are not `calendar`. `now`, where `at` was long ago: in
    working hours only, what is late acts as soon as it may from now.
    """
    planned, skipped = [], []
    for robot in robots:
        if not robot.is_on or start not in robot.starts:
            continue
        if robot.once_per_deal and robot.id in ran_before:
            skipped.append(robot.id)
            continue
        due_at = due(robot.timing, robot.when, at, snapshot, catalogue, calendar, (hours or {}).get(robot.id))
        if robot.when == "working_hours" and due_at is not None and now is not None and due_at < now:
            due_at = worktime.allowed((hours or {}).get(robot.id) or calendar, now, robot.when)
        moment = _moment(robot.timing, at, snapshot, catalogue, calendar)
        is_late = moment is not None and moment < at
        planned.append(Planned(robot.id, due_at, at, is_late, _pauses(robot, at, due_at, calendar)))
    return tuple(planned), tuple(skipped)


def held(planned: Planned) -> Planned:
    """A run that would act at once waits until the move that set it off can be taken back no more."""
    if planned.due_at is None or planned.due_at > planned.base_at:
        return planned
    return replace(planned, due_at=planned.base_at + UNDO_WINDOW)


def is_held(timing: Timing, is_late: bool, base_at: datetime, due_at: datetime | None) -> bool:
    """Whether a run waits for the undo window alone."""
    is_at_once = is_late or isinstance(timing, AtOnce)
    return is_at_once and due_at is not None and base_at < due_at <= base_at + UNDO_WINDOW


def _pauses(
    robot: RobotSpec, at: datetime, due_at: datetime | None, calendar: WorkCalendar
) -> tuple[tuple[datetime, datetime], ...]:
    if due_at is None or not isinstance(robot.timing, After) or not robot.timing.delay.is_working:
        return ()
    return worktime.pauses(calendar, at, due_at)
