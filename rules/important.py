"""What matters now: kinds of items, in which order they stand, what may be done with one, and which level is told next.

An item is a cause that somebody has to act on. It stands until the cause is gone or a person says that it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rules import conditions, org
from rules.facts import CLIENT, Condition
from rules.org import Org, Resolution, Step
from rules.worktime import CalendarError, Delay, WorkCalendar, after, working_between

# Kind → its place in the list: a client who waits, a colleague who waits, work that is late, money, the rest.
RANKS = {
    "missed_call": 1,
    "vip": 1,
    "late_reply": 1,
    "acceptance": 2,
    "overdue": 3,
    "silent": 3,
    "unpaid": 4,
    "control": 5,
    "client_silent": 5,
    "no_next_step": 6,
}
OF_ONE_WAIT = ("late_reply", "vip")  # on one deal these are one client who waits, the gravest first
STATES = ("open", "taken", "snoozed", "handed_on", "settled")
STANDS = ("open", "mine", "taken", "snoozed", "handed_on")  # for one person; open: they are to take it
FIRMS_TIMES = (5, 10, 15, 20, 30, 45, 60, 90, 120, 240)  # working minutes that a firm may give each level
LADDER_OF = frozenset(RANKS) - {"no_next_step"}  # what lasts for days is one grouped line, and alarms nobody else
FEW = 3  # so many alike stand together in one line
SILENT_AFTER = timedelta(hours=4)  # of working time without a reply, a move or a sign-in
LONGEST_SNOOZE, SNOOZES = Delay(2, "working_days"), 2
_KIND_OF_START = {
    "unanswered": "late_reply",
    "invoice_issued": "unpaid",
    "invoice_overdue": "unpaid",
    "client_silent": "client_silent",
    "no_next_step": "no_next_step",
}
_KIND_OF_DEMAND = {
    ("invoices", "unpaid", True): "unpaid",
    ("conversation", "unanswered", True): "late_reply",
    ("conversation", "replied", False): "late_reply",
    ("deal", "has_next_step", False): "no_next_step",
}


def kind_of(robot_kind: str, start: str, condition: Condition | None, *, has_ladder: bool = False) -> str | None:
    """As which item a robot that has told somebody stands in their list; None: it only told.

    A Control always waits for somebody to act. A Notification does where it has a ladder of its own, or names such a
    cause: a client of a certain kind wrote, nobody answers, nobody pays. A condition names what it demands; one of
    several that would do is none.
    """
    if robot_kind not in ("control", "notify"):
        return None
    about_client = any(each.entity in CLIENT for each in conditions.tests_in(condition))
    if robot_kind == "notify" and start == "client_wrote" and about_client:
        return "vip"
    other = "control" if robot_kind == "control" or has_ladder else None
    return _KIND_OF_START.get(start) or _demanded(condition) or other


def _demanded(condition: Condition | None) -> str | None:
    """The first cause without which the condition cannot hold."""
    demanded = ((each.entity, each.field, conditions.answer_asked(each)) for each in conditions.demands(condition))
    return next((_KIND_OF_DEMAND[each] for each in demanded if each in _KIND_OF_DEMAND), None)


def of_one_wait(kind: str) -> tuple[str, ...]:
    """Kinds that are another reason for the same cause: a client who matters and waits for long is one client."""
    return tuple(each for each in OF_ONE_WAIT if each != kind) if kind in OF_ONE_WAIT else ()


def is_graver(kind: str, than: str) -> bool:
    """Of two reasons for one cause."""
    return OF_ONE_WAIT.index(kind) < OF_ONE_WAIT.index(than)


def together(kind: str, robot_id: int | None, about_id: int | None) -> tuple[object, ...] | None:
    """What of a list is repeats: of one robot about one person; of deals without a next step all. None: stands alone,
    as work that waits for an answer of its own does."""
    if kind == "no_next_step":
        return (kind,)
    return (kind, robot_id, about_id) if robot_id is not None else None


def silent_since(last: datetime, absences: Iterable[tuple[date, date]], zone: str, now: datetime) -> datetime:
    """From when on somebody has given no sign: since the last one, or since they are back, for days on which somebody
    was away are no silence. Later than `now` while they are away."""
    here = ZoneInfo(zone)
    begun = [until for first, until in absences if first <= now.astimezone(here).date()]
    back = (datetime.combine(until + timedelta(days=1), time.min, here).astimezone(UTC) for until in begun)
    return max((last, *back))


def is_silent(calendar: WorkCalendar, since: datetime, now: datetime) -> bool:
    """Whether somebody who works by this calendar has given no sign for too long; never by one that does not open."""
    try:
        return working_between(calendar, since, now) >= SILENT_AFTER
    except CalendarError:
        return False


def stands_as(state: str, holder_id: int | None, person_id: int) -> str:
    """As what an item stands in the list of one of those who have it, out of STANDS; settled: as nothing."""
    if state == "settled":
        return ""
    if state == "taken":
        return "mine" if holder_id == person_id else "taken"
    return "open" if state == "handed_on" and holder_id == person_id else state


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """`holder_id` took it, snoozed it, or was handed it."""

    state: str
    holder_id: int | None
    about_id: int | None
    snoozes: int = 0
    is_asked: bool = False
    is_explained: bool = False
    kind: str = ""


def why_not(item: ItemFacts, verb: str, person_id: int) -> str | None:
    """None: a person who has the item in their list may do this with it. Else the code of why not: item_settled,
    item_taken (by somebody else), item_yours, snoozed_enough, nobody_to_ask, not_asked, accept_or_return."""
    if item.state == "settled":
        return "item_settled"
    if verb == "explain":
        asked = item.is_asked and not item.is_explained and person_id == item.about_id
        return None if asked else "not_asked"
    if item.state == "taken" and item.holder_id != person_id:
        return "item_taken"
    if verb == "take" and item.state == "taken":
        return "item_yours"
    if verb == "snooze" and item.snoozes >= SNOOZES:
        return "snoozed_enough"
    if verb == "settle" and item.kind == "acceptance":
        return "accept_or_return"
    if verb == "ask" and item.about_id in (None, person_id):
        return "nobody_to_ask"
    return None


def snoozed_at_most(calendar: WorkCalendar, now: datetime) -> datetime:
    """Until when an item may be put aside, in the working time of whoever does it."""
    return after(calendar, now, LONGEST_SNOOZE)


def offered(calendar: WorkCalendar, now: datetime) -> tuple[datetime, ...]:
    """Moments to put an item aside until: an hour, a day, as long as it may be; at full minutes, never beyond."""
    moments = [after(calendar, now, each) for each in (Delay(1, "working_hours"), Delay(1, "working_days"))]
    full = [each.replace(second=0, microsecond=0) for each in (*moments, snoozed_at_most(calendar, now))]
    return tuple(dict.fromkeys(each for each in full if each > now))


def level_above(
    chart: Org, about: int | None, department_id: int | None, told: Collection[int], on: date
) -> Resolution:
    """Who is told next of something about `about`, when nobody of `told` takes it: the posts of the nearest department
    above those that `told` hold, as the resolver finds them that day; then the admins. Nobody: all have been told."""
    way = list(org.chain_above(chart, department_id))
    held = [n for n, each in enumerate(way) if not set(told).isdisjoint((*each.heads, *each.deputies))]
    left = way[held[-1] + 1 :] if held else way
    untold = {key: replace(chart.people[key], is_active=False) for key in told if key in chart.people}
    looked = org.head_of(
        replace(chart, people={**chart.people, **untold}), about or 0, left[0].id if left else None, on
    )
    found = replace(looked, path=tuple(_said_before(each, told) for each in looked.path))
    is_there = all(_is_named(each) and not chart.people[each.person_id or 0].is_away(on) for each in _chosen(found))
    return found if is_there else Resolution((), found.path)


def _said_before(step: Step, told: Collection[int]) -> Step:
    """Whoever has been told is left out, but has not left."""
    return replace(step, verdict="told") if step.person_id in told and step.verdict == "inactive" else step


def _chosen(found: Resolution) -> list[Step]:
    return [each for each in found.path if each.verdict == "chosen"]


def _is_named(step: Step) -> bool:
    """The resolver's last resort, a stranger or somebody away, is for whom nobody was told before."""
    return step.post in ("head", "deputy", "fallback")
