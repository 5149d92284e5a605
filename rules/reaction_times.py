"""How fast the firm reacts: the first reply to a client, who takes what matters, the acceptance of handed-in work, the
stay on a stage; each in working time, against its norm.

A figure is taken over what ended in the period. What is not over yet has no length to be counted; it counts against the
norm once the norm has passed. An example: replies after 2, 4 and 30 minutes have the median 4 and the p90 30.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from statistics import median

from rules import robots, seasons, worktime
from rules.conditions import tests_in
from rules.robots import After, RobotSpec
from rules.seasons import Season
from rules.setup import Setup, robots_of
from rules.worktime import Delay, WorkCalendar

MEASURES = ("reply", "take", "acceptance", "stay")
BY = ("person", "department", "stage")
A_WEEK = timedelta(days=7)
MOST_DAYS = 366  # of a period
WEEKS = 8  # of a trend, where the period has fewer
SAID = ("unanswered", "replied")  # what of a conversation says that an answer is waited for
LONGEST = timedelta(days=1100)  # as the longest delay of a robot: what lasts longer is counted as lasting so long


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the firm's zone, both included."""

    first: date
    last: date

    @property
    def weeks(self) -> tuple[date, ...]:
        """The Mondays of its weeks, at least WEEKS, the latest last."""
        last = monday(self.last)
        many = max((last - monday(self.first)) // A_WEEK + 1, WEEKS)
        return tuple(last - n * A_WEEK for n in reversed(range(many)))


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that somebody was waited for; `ended_at` None: is waited for still. `seconds` are working time up to its
    end, or to now. `due_at`: when its norm is over; None: there is none. `by_robot` has set the norm. `is_away`: the
    person was away on the day on which it was due. `within` is the time there was to take or to accept it; a reply was
    given by `answered_by_id`, or only said to have been given elsewhere."""

    measure: str
    began_at: datetime
    ended_at: datetime | None
    seconds: int
    person_id: int | None
    department_id: int | None
    stage_id: int | None
    deal_id: int | None
    title: str = ""
    task_id: int | None = None
    item_kind: str = ""
    within: Delay | None = None
    answered_by_id: int | None = None
    is_claimed: bool = False
    due_at: datetime | None = None
    by_robot: RobotSpec | None = None
    season: Season | None = None
    is_away: bool = False

    def is_late(self, now: datetime) -> bool:
        return self.due_at is not None and (self.ended_at or now) > self.due_at


@dataclass(frozen=True, slots=True)
class Figure:
    """`count` ended, with `median` and `p90` in seconds of working time; `waiting` is not over yet. Of `measured`, what
    has a norm and has ended or is late, `within` kept it."""

    count: int = 0
    median: int | None = None
    p90: int | None = None
    waiting: int = 0
    measured: int = 0
    within: int = 0

    @property
    def share(self) -> int | None:
        """In whole per cent, downwards: 100 is said where nothing was late."""
        return 100 * self.within // self.measured if self.measured else None


@dataclass(frozen=True, slots=True)
class Claims:
    """Of `count` answers to clients, so many were only said to have been given, elsewhere."""

    count: int = 0
    claimed: int = 0

    @property
    def share(self) -> int | None:
        """In whole per cent, upwards: 0 is said where nothing was claimed."""
        return -(-100 * self.claimed // self.count) if self.count else None


def claims(episodes: Iterable[Episode]) -> Claims:
    """Of those that are replies, and over."""
    ended = [each for each in episodes if each.measure == "reply" and each.ended_at is not None]
    return Claims(len(ended), sum(each.is_claimed for each in ended))


def figure(episodes: Iterable[Episode], now: datetime) -> Figure:
    """Of episodes of one measure."""
    every = list(episodes)
    ended = [each for each in every if each.ended_at is not None]
    lengths = sorted(each.seconds for each in ended)
    late = sum(each.is_late(now) for each in every)
    within = sum(each.due_at is not None and not each.is_late(now) for each in ended)
    return Figure(
        count=len(ended),
        median=int(median(lengths)) if lengths else None,
        p90=ninth(lengths) if lengths else None,
        waiting=len(every) - len(ended),
        measured=within + late,
        within=within,
    )


def ninth(lengths: Sequence[int]) -> int:
    """The smallest of these, in rising order, that nine in ten do not exceed."""
    return lengths[math.ceil(len(lengths) * 9 / 10) - 1]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def periods(today: date) -> dict[str, Period]:
    """Those that are offered by name."""
    first = monday(today)
    return {
        "this_week": Period(first, today),
        "last_week": Period(first - A_WEEK, first - timedelta(days=1)),
        "this_month": Period(today.replace(day=1), today),
    }


def period_of(first: date | None, last: date | None, today: date) -> Period:
    """The days that are asked for: what is not said is to today, and from the first of its month."""
    last = last or max(today, first or today)
    return Period(first or last.replace(day=1), last)


def why_no_period(asked: Period) -> str | None:
    """None: these days are a period."""
    return None if timedelta() <= asked.last - asked.first < timedelta(days=MOST_DAYS) else "bad_range"


class WorkingTime:
    """Working time of one calendar between instants of [since, until]: counted once, asked for many times."""

    def __init__(self, calendar: WorkCalendar, since: datetime, until: datetime) -> None:
        pauses = worktime.pauses(calendar, since, until)
        self._begins = [begin for begin, _ in pauses]
        self._ends = [end for _, end in pauses]
        self._sums = list(accumulate((end - begin for begin, end in pauses), initial=timedelta()))

    def seconds(self, start: datetime, end: datetime) -> int:
        return max(int((end - start - self._paused(end) + self._paused(start)).total_seconds()), 0)

    def _paused(self, at: datetime) -> timedelta:
        """How long it has been closed until then."""
        n = bisect_right(self._begins, at)
        return self._sums[n] - max(self._ends[n - 1] - at, timedelta()) if n else timedelta()


def norms(setup: Setup, measure: str, stage_id: int | None) -> Iterator[RobotSpec]:
    """The controls that set a norm on this stage. Whether a client has an answer is asked by those that read the
    conversation, also by those of any stage; all others of the stage ask how long a deal stays there."""
    for each in (*robots_of(setup, stage_id), *(robots_of(setup, None) if measure == "reply" else ())):
        is_norm = each.kind == "control" and each.is_on and isinstance(each.timing, After)
        if is_norm and (measure == "reply") == asks_for_an_answer(each):
            yield each


def asks_for_an_answer(robot: RobotSpec) -> bool:
    read = any(each.entity == "conversation" and each.field in SAID for each in tests_in(robot.condition))
    return read or bool({"client_wrote", "unanswered"} & set(robot.starts))


def norm_over(robot: RobotSpec, season: Season | None, began_at: datetime, calendar: WorkCalendar) -> datetime:
    """When the norm of this robot has passed, in a season that changes it."""
    timing = seasons.under(robot, season).timing
    assert isinstance(timing, robots.After)
    start = seasons.begins(season, began_at, calendar.zone)
    return worktime.allowed(calendar, worktime.after(calendar, start, timing.delay), robot.when)
