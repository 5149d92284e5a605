"""Reaction figures of a period, as far as this viewer may see: in all, by person, department or stage, week by week;
and what was late. The API and the page show the same ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from rules import org, worktime
from rules import reaction_times as rules
from rules.reaction_times import A_WEEK, MEASURES, Claims, Episode, Figure, Period, WorkingTime
from rules.rights import Scope
from rules.robots import RobotSpec
from rules.worktime import CalendarError, WorkCalendar
from webapp import clock
from webapp.access import filters
from webapp.db import session
from webapp.i18n.formats import in_order
from webapp.models import Deal, Task
from webapp.queries import episodes
from webapp.queries.episodes import Span
from webapp.snapshots import recipients
from webapp.snapshots.setups import current

LATE = 50  # are listed
ByMeasure = Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Group:
    """`id` of a person, a department or a stage, None: of none. `with_below`: of a department and all below it."""

    id: int | None
    figures: ByMeasure
    with_below: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """What of the answers was claimed: of whoever gave them, or of a department or a stage; None: of none."""

    id: int | None
    claims: Claims


@dataclass(frozen=True, slots=True)
class Week:
    """What ended in it."""

    monday: date
    figures: ByMeasure


@dataclass(frozen=True, slots=True)
class Figures:
    """`late`: what is waited for still, the longest first, then what ended, the latest first; the first LATE of
    `late_count`. What began before `read_since` is not counted."""

    period: Period
    by: str
    total: ByMeasure
    groups: Sequence[Group]
    weeks: Sequence[Week]
    claims: Claims
    claimed: Sequence[Claimed]
    late: Sequence[Episode]
    late_count: int
    read_since: datetime | None

    @property
    def is_empty(self) -> bool:
        weeks = [figure for week in self.weeks for figure in week.figures.values()]
        return not any(each.count or each.waiting for each in (*self.total.values(), *weeks))


def figures(scope: Scope, period: Period, by: str) -> Figures:
    """`by` is one of rules.reaction_times.BY."""
    weeks, now = period.weeks, clock.now()
    since, until = midnight(min(period.first, weeks[0])), midnight(period.last + timedelta(days=1))
    every = _episodes(list(episodes.spans(scope, since, until)), now)
    begin = midnight(period.first)
    of_period = [each for each in every if each.ended_at is None or each.ended_at >= begin]
    late = sorted((each for each in of_period if each.is_late(now)), key=_urgency)
    return Figures(
        period=period,
        by=by,
        total=_figures(of_period, now),
        groups=_groups(of_period, scope, by, now),
        weeks=[Week(each, _figures(_ended_in(every, each), now)) for each in weeks],
        claims=rules.claims(of_period),
        claimed=_claimed(of_period, by),
        late=_open_to(late[:LATE], scope),
        late_count=len(late),
        read_since=episodes.read_since(),
    )


def _open_to(late: Sequence[Episode], scope: Scope) -> list[Episode]:
    """A figure counts what one was waited for, also on a deal that has gone to others since: there it says what kind of
    thing it was, and neither names it nor leads to it."""
    by_deal, by_task = ({getattr(each, key) for each in late} - {None} for key in ("deal_id", "task_id"))
    deals = set(session().scalars(select(Deal.id).where(Deal.id.in_(by_deal), filters.deals(scope))))
    work = select(Task.id).outerjoin(Deal, Deal.id == Task.deal_id).where(Task.id.in_(by_task), filters.tasks(scope))
    tasks_ = set(session().scalars(work)) if by_task else set()
    return [_as_seen(each, each.deal_id in deals, each.task_id in tasks_) for each in late]


def _as_seen(late: Episode, sees_deal: bool, sees_task: bool) -> Episode:
    """Who has to do with a task knows its deal's title, and may not open the deal by that."""
    deal_id, task_id = late.deal_id if sees_deal else None, late.task_id if sees_task else None
    return replace(late, deal_id=deal_id, task_id=task_id, title=late.title if sees_deal or sees_task else "")


def midnight(day: date) -> datetime:
    """When a day begins in the firm's zone."""
    return datetime.combine(day, time.min, ZoneInfo(current().firm.time_zone)).astimezone(UTC)


def _urgency(episode: Episode) -> tuple[bool, float]:
    if episode.ended_at is None:
        return False, episode.began_at.timestamp()
    return True, -episode.ended_at.timestamp()


def _ended_in(every: Iterable[Episode], monday: date) -> list[Episode]:
    since, until = midnight(monday), midnight(monday + A_WEEK)
    return [each for each in every if each.ended_at is not None and since <= each.ended_at < until]


def _figures(every: Sequence[Episode], now: datetime) -> ByMeasure:
    return {name: rules.figure((each for each in every if each.measure == name), now) for name in MEASURES}


def _groups(every: Sequence[Episode], scope: Scope, by: str, now: datetime) -> list[Group]:
    """A department that this viewer leads, and below which something happened, also has its sum with those."""
    found: dict[int | None, list[Episode]] = {}
    for each in every:
        found.setdefault(getattr(each, f"{by}_id"), []).append(each)
    below = _below(found, scope) if by == "department" else {}
    shown = []
    for key in sorted({*found, *below}, key=_order(by)):
        shown.append(Group(key, _figures(found.get(key, []), now)))
        if key in below:
            shown.append(Group(key, _figures([each for one in below[key] for each in found[one]], now), True))
    return shown


def _claimed(every: Sequence[Episode], by: str) -> list[Claimed]:
    """Of those who gave answers: what somebody says for a colleague counts as theirs, not as the colleague's."""
    found: dict[int | None, list[Episode]] = {}
    for each in every:
        if each.measure == "reply" and each.ended_at is not None:
            key = each.answered_by_id if by == "person" else getattr(each, f"{by}_id")
            found.setdefault(key, []).append(each)
    return [Claimed(key, rules.claims(found[key])) for key in sorted(found, key=_order(by))]


def _below(found: Collection[int | None], scope: Scope) -> dict[int | None, list[int | None]]:
    """Departments with others of these below them → those and they themselves, as far as they are among these."""
    sums: dict[int | None, list[int | None]] = {}
    for one in found:
        for above in org.chain_above(current().org, one):
            if scope.is_admin or above.id in scope.leads:
                sums.setdefault(above.id, []).append(one)
    return {key: ones for key, ones in sums.items() if ones != [key]}


def _order(by: str) -> Callable[[int | None], tuple[bool, int, str, tuple[int, ...]]]:
    """People by name, departments as in the chart, stages as on the board; what is of none comes last."""
    setup = current()
    places = {each: n for n, each in enumerate(setup.all_stages)} if by == "stage" else {}
    names = {key: in_order(each.name) for key, each in setup.people.items()} if by == "person" else {}

    def place(key: int | None) -> tuple[bool, int, str, tuple[int, ...]]:
        way = tuple(each.id for each in org.chain_above(setup.org, key))[::-1] if by == "department" else ()
        return key is None, places.get(key or 0, 0), names.get(key or 0, ""), (*way, key or 0)

    return place


def _episodes(found: Sequence[Span], now: datetime) -> list[Episode]:
    clocks = _Clocks(max(min((each.began_at for each in found), default=now), now - rules.LONGEST), now)
    return [_episode(each, clocks) for each in found]


class _Clocks:
    """Each calendar's working time, counted once."""

    def __init__(self, since: datetime, now: datetime) -> None:
        self.since, self.now = since, now
        self._known: dict[int, WorkingTime | None] = {}

    def seconds(self, calendar: WorkCalendar, start: datetime, end: datetime) -> int:
        """In a calendar that never opens again: the time that went by."""
        if id(calendar) not in self._known:
            self._known[id(calendar)] = self._counted(calendar)
        known, start = self._known[id(calendar)], max(start, self.since)
        return known.seconds(start, end) if known else max(int((end - start).total_seconds()), 0)

    def _counted(self, calendar: WorkCalendar) -> WorkingTime | None:
        try:
            return WorkingTime(calendar, self.since, self.now)
        except CalendarError:
            return None


def _episode(span: Span, clocks: _Clocks) -> Episode:
    calendar = _calendar(span)
    due_at, robot = _norm(span, calendar)
    person = current().org.people.get(span.person_id or 0)
    season = recipients.season_of(robot, _pipeline(span), span.department_id, span.began_at) if robot else None
    return Episode(
        **{name: getattr(span, name) for name in Span.__slots__ if name != "due_at"},
        seconds=clocks.seconds(calendar, span.began_at, span.ended_at or clocks.now),
        due_at=due_at,
        by_robot=robot,
        season=season,
        is_away=bool(person and due_at and person.is_away(recipients.day_of(due_at))),
    )


def _calendar(span: Span) -> WorkCalendar:
    """That of whoever is waited for, as of the day on which it began: who takes or accepts works in their own
    department, whichever the deal's is."""
    setup = current()
    person = setup.people.get(span.person_id or 0)
    home = person.department_id if person and span.measure in ("take", "acceptance") else span.department_id
    return setup.calendar_for(home, span.person_id, recipients.day_of(span.began_at))


def _pipeline(span: Span) -> int:
    return current().all_stages[span.stage_id].pipeline_id if span.stage_id is not None else 0


def _norm(span: Span, calendar: WorkCalendar) -> tuple[datetime | None, RobotSpec | None]:
    """When the norm has passed, and the robot that sets it: the strictest one of the stage. What is taken or accepted
    has its own."""
    if span.measure in ("take", "acceptance"):
        own = span.within
        return span.due_at or (_over(lambda: worktime.after(calendar, span.began_at, own)) if own else None), None
    found: list[tuple[datetime, int, RobotSpec]] = []
    for each in rules.norms(current().value, span.measure, span.stage_id):
        due_at = _over(lambda each=each: _due(span, each, calendar))  # type: ignore[misc]
        found += [(due_at, each.id, each)] if due_at is not None else []
    due_at, _, robot = min(found, key=lambda each: each[:2], default=(None, 0, None))
    return due_at, robot


def _due(span: Span, robot: RobotSpec, calendar: WorkCalendar) -> datetime:
    season = recipients.season_of(robot, _pipeline(span), span.department_id, span.began_at)
    return rules.norm_over(robot, season, span.began_at, calendar)


def _over(count: Callable[[], datetime]) -> datetime | None:
    """None where the calendar never opens again."""
    try:
        return count()
    except (CalendarError, OverflowError):
        return None
