"""I13, when: the hour at which each run is due, counted anew from robot, visit or message, calendars, absences and
seasons. That nothing comes before it, and that what comes after it says so, is I5 and I12."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select

from tests.faults.chart import Chart
from tests.faults.past import AS_IT_STANDS, Past
from webapp.db import session
from webapp.models import Deal, JournalEntry, Message, Robot, RobotRun, Season, StageVisit

UNDO = timedelta(seconds=10)
NARROWER = ("firm", "department", "pipeline", "robots")


class Untaught(LookupError):
    """What nobody taught the oracle to count."""


@dataclass(frozen=True)
class Norm:
    """`season` is the id of the one that changes it."""

    due: datetime
    season: int | None


def due_rightly(only: Iterable[int] | None = None, *, now: datetime | None = None) -> list[str]:
    """Each run is due when it should be, and it and the journal name the season that changed its norm. `now`: these
    have been counted anew just then; else they are read as of when they were armed."""
    wanted = select(RobotRun)
    runs = session().scalars(wanted if only is None else wanted.where(RobotRun.id.in_(list(only)))).all()
    chart, wrong = Chart.read(), []
    robots = {each.id: each for each in session().scalars(select(Robot))}
    for run in runs:
        try:
            # Between a change and what it armed a second may have begun.
            moments = (now, now - timedelta(seconds=1)) if now else (run.created_at,)
            found = [_wrong(run, robots[run.robot_id], chart, each, is_anew=now is not None) for each in moments]
        except Untaught:
            continue
        if all(found):
            wrong.append(f"run {run.id}: {found[0]}")
    return wrong


def _wrong(run: RobotRun, robot: Robot, chart: Chart, at: datetime, *, is_anew: bool) -> str:
    norm = _norm(run, robot, chart, at, is_anew=is_anew)
    if run.due_at != norm.due:
        return f"it is due {run.due_at}, and should be {norm.due}"
    if (run.season or {}).get("id") != norm.season:
        return f"it says season {run.season}, and it is {norm.season}"
    if norm.season is not None and not is_anew and not _is_journalled(run, norm.season):
        return f"the journal says nothing of season {norm.season}"
    return ""


def _is_journalled(run: RobotRun, season: int) -> bool:
    lines = select(JournalEntry.new).where(
        JournalEntry.event == "robot.norm_changed",
        JournalEntry.deal_id == run.deal_id,
        JournalEntry.entity_id == run.robot_id,
    )
    return any(each["id"] == season for each in session().scalars(lines))


def _norm(run: RobotRun, robot: Robot, chart: Chart, at: datetime, *, is_anew: bool) -> Norm:
    deal = session().get_one(Deal, run.deal_id)
    responsible = Past.of(deal).value("deal", "responsible", AS_IT_STANDS if is_anew else at)
    start, hours = _start(run, robot), chart.hours(responsible, at)
    if "at_once" in robot.timing:
        due, season = start + _waits(run, start), None
    elif "after" in robot.timing:
        season = _season(chart, robot, deal, responsible, start)
        begin, resting = start, season
        while resting is not None and "pause" in resting.change and begin < _begin(chart, resting, begin):
            begin = _begin(chart, resting, begin)
            resting = _season(chart, robot, deal, responsible, begin)
        due = hours.after(begin, *_delay(robot, season))
    else:
        raise Untaught(robot.timing)
    if robot.fires_when == "working_hours":
        told = chart.meant(robot.settings.get("to", "head"), responsible, at, is_control=robot.kind == "control")
        theirs = chart.hours(told[0], at)
        due = theirs.next_open(max(due, start))
        due = theirs.next_open(at) if due < at else due
    return Norm(due, season.id if season else None)


def _waits(run: RobotRun, start: datetime) -> timedelta:
    """A hand at a page has moved the deal there: robots at once wait as long as it is offered to take that back, or
    until the deal is moved on."""
    entry = select(JournalEntry).where(JournalEntry.deal_id == run.deal_id, JournalEntry.event == "deal.moved")
    moves = session().scalars(entry).all()
    second, due = timedelta(seconds=1), run.due_at
    by_hand = any(abs(each.at - start) < second and each.cause.get("via") == "page" for each in moves)
    if run.start != "entered" or not by_hand or due is None or due == start:
        return timedelta()
    moved_on = any(each.at > start and abs(each.at - due) < second for each in moves)
    return due - start if moved_on and due < start + UNDO else UNDO


def _start(run: RobotRun, robot: Robot) -> datetime:
    """What the delay is counted from."""
    if robot.also_later:
        raise Untaught("it may have become true later")
    if run.start == "entered" and run.visit_id is not None:
        return session().get_one(StageVisit, run.visit_id).entered_at
    if run.start == "client_wrote" and run.message_id is not None:
        return session().get_one(Message, run.message_id).at
    raise Untaught(run.start)


def _season(chart: Chart, robot: Robot, deal: Deal, responsible: int, start: datetime) -> Season | None:
    """Of those that last on the day of the start: the narrowest, then the shortest, then the newest."""
    about = {
        "department": set(chart.departments_over(responsible)),
        "pipeline": {deal.pipeline_id},
        "robots": {robot.id},
    }

    def is_meant(each: Season) -> bool:
        if not each.from_on <= chart.day(start) <= each.until_on or (
            "pause" in each.change and robot.kind != "control"
        ):
            return False
        return each.scope["kind"] == "firm" or bool(about[each.scope["kind"]] & set(each.scope["ids"]))

    found = sorted(
        filter(is_meant, chart.seasons),
        key=lambda each: (-NARROWER.index(each.scope["kind"]), each.until_on - each.from_on, -each.id),
    )
    return found[0] if found else None


def _delay(robot: Robot, season: Season | None) -> tuple[int, str]:
    usual = robot.timing["after"]
    change = season.change if season else {}
    if "replace" in change:
        return change["replace"]["amount"], change["replace"]["unit"]
    return -(-usual["amount"] * change.get("factor", 100) // 100), usual["unit"]


def _begin(chart: Chart, season: Season | None, start: datetime) -> datetime:
    """A pause lets the count begin on the day after its last."""
    if season is None or "pause" not in season.change:
        return start
    return max(start, datetime.combine(season.until_on + timedelta(days=1), time(0), chart.zone))
