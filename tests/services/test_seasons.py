"""A season changes a norm for some days, says so, and is over by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from jobs import runner
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import JournalEntry, Robot, RobotRun
from webapp.services import departments, seasons
from webapp.services.recounts import ANEW, KEEP
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
TODAY, LAST = date(2026, 11, 24), date(2026, 11, 26)
START = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 10:00 in Moscow; the reaction control counts ten minutes


def season(
    change: dict[str, Any],
    scope: str = "firm",
    *ids: int,
    waiting: str | None = KEEP,
    first: date = TODAY,
    last: date = LAST,
) -> int:
    with transaction():
        draft = SeasonDraft("Action", first, last, scope, ids, change)
        return seasons.create(draft, company.acting("admin"), waiting).id


def run_of(deal_id: int) -> RobotRun:
    session().expire_all()
    wanted = select(RobotRun).join(Robot, Robot.id == RobotRun.robot_id).where(Robot.key == "reaction_control")
    return session().scalars(wanted.where(RobotRun.deal_id == deal_id)).one()


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({"factor": 300}, START + timedelta(minutes=30)),
        ({"factor": 50}, START + timedelta(minutes=5)),
        ({"replace": {"amount": 2, "unit": "hours"}}, START + timedelta(hours=2)),
        ({"pause": True}, datetime(2026, 11, 26, 21, 10, tzinfo=UTC)),  # ten minutes after its last midnight
    ],
)
def test_a_season_changes_the_norm_and_the_run_and_the_journal_say_so(
    clock: Clock, change: dict[str, Any], due: datetime
) -> None:
    season(change)
    deal_id = acts.inquiry()
    run = run_of(deal_id)
    assert run.due_at == due
    assert run.season == {
        "id": run.season["id"],
        "name": "Action",
        "usual": {"amount": 10, "unit": "minutes"},
        **change,
    }
    said = select(JournalEntry.new).where(JournalEntry.event == "robot.norm_changed", JournalEntry.deal_id == deal_id)
    assert run.season in session().scalars(said).all()


def test_a_norm_may_be_a_hundredth_of_what_it_was_and_a_hundred_times_as_long(clock: Clock) -> None:
    due = {1: timedelta(minutes=1), 10_000: timedelta(minutes=1000)}  # a minute is the least
    for n, (factor, after) in enumerate(due.items()):
        season({"factor": factor})
        run = run_of(acts.inquiry(phone=f"+7900555{n:04}", name=f"Vera {n}"))
        assert (run.season["factor"], run.due_at) == (factor, START + after)
    for factor in (0, 10_001):
        with pytest.raises(Refused) as refused:
            season({"factor": factor})
        assert refused.value.problems["factor"]["code"] == "bad_factor"


@pytest.mark.parametrize(
    ("others", "until"),
    [
        ([("firm", 27, 28)], 28),  # the next day it goes on
        ([("firm", 27, 28), ("firm", 29, 30)], 30),
        ([("firm", 20, 30)], 30),  # the shorter one lies within
        ([("robots", 25, 27), ("firm", 27, 28)], 28),
        ([("firm", 28, 30)], 26),  # a day between, on which work is done
        ([("elsewhere", 27, 30)], 26),
    ],
)
def test_a_pause_that_ends_within_another_rests_until_that_is_over(
    clock: Clock, others: list[tuple[str, int, int]], until: int
) -> None:
    season({"pause": True})
    for scope, first, last in others:
        robot = company.robot("unpaid_other" if scope == "elsewhere" else "reaction_control").id
        days = {"first": date(2026, 11, first), "last": date(2026, 11, last)}
        season({"pause": True}, "firm" if scope == "firm" else "robots", *([] if scope == "firm" else [robot]), **days)
    run = run_of(acts.inquiry())
    assert run.due_at == datetime(2026, 11, until, 21, 10, tzinfo=UTC)


def test_what_starts_after_the_last_day_is_counted_as_ever(clock: Clock) -> None:
    season({"factor": 300})
    clock.at = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)  # the first moment of the next day in Moscow
    run = run_of(acts.inquiry())
    assert run.due_at == clock.at + timedelta(minutes=10)
    assert run.season is None


def test_the_narrowest_of_those_that_overlap_wins(clock: Clock) -> None:
    robot = company.robot("reaction_control").id
    setup = setups.current()
    pipeline = next(iter(setup.pipelines))
    top = next(each.id for each in setup.org.departments.values() if each.parent_id is None)
    for n, (change, scope, ids) in enumerate(
        [
            ({"factor": 200}, "firm", ()),
            ({"factor": 300}, "department", (top,)),
            ({"factor": 400}, "pipeline", (pipeline,)),
            ({"factor": 500}, "robots", (robot,)),
        ]
    ):
        season(change, scope, *ids)
        deal_id = acts.inquiry(phone=f"+7900555{n:04}", name=f"Vera {n}")
        assert run_of(deal_id).due_at == START + timedelta(minutes=10 * (n + 2)), scope
    season({"factor": 900}, "robots", company.robot("unpaid_vip").id)
    last = acts.inquiry(phone="+79005559999", name="Boris")
    assert run_of(last).due_at == START + timedelta(minutes=50), "another robot's season is not its own"


def test_what_is_armed_is_kept_or_counted_anew(clock: Clock) -> None:
    deal_id = acts.inquiry()
    with pytest.raises(Refused, match="has_waiting_runs"):
        season({"factor": 300}, waiting=None)
    kept = season({"factor": 300}, waiting=KEEP)
    assert run_of(deal_id).due_at == START + timedelta(minutes=10)
    with transaction():
        seasons.remove(seasons.locked(kept), company.acting("admin"), KEEP)
    season({"factor": 300}, waiting=ANEW)
    runner.drain(kinds=("recount",))
    session().close()
    assert run_of(deal_id).due_at == START + timedelta(minutes=30)
    assert run_of(deal_id).season["factor"] == 300


@pytest.mark.parametrize(
    ("change", "scope", "ids", "field", "code"),
    [
        ({"factor": 0}, "firm", (), "factor", "bad_factor"),
        ({"factor": None}, "firm", (), "factor", "bad_factor"),
        ({"replace": {"amount": None, "unit": "minutes"}}, "firm", (), "replace", "bad_amount"),
        ({}, "firm", (), "change", "one_change"),
        ({"pause": True}, "robots", (777,), "scope", "not_an_option"),
        ({"pause": True}, "galaxy", (), "scope", "not_an_option"),
    ],
)
def test_what_makes_no_sense_is_refused(
    clock: Clock, change: dict[str, Any], scope: str, ids: tuple[int, ...], field: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        season(change, scope, *ids)
    assert refused.value.problems[field]["code"] == code


def test_a_department_that_is_archived_gets_no_season_and_keeps_the_one_that_it_has(clock: Clock) -> None:
    by = company.acting("admin")
    with transaction():
        east, west = (departments.add({"en": name}, None, by) for name in ("East", "West"))
    kept = season({"pause": True}, "department", east)
    with transaction():
        departments.archive(east, by)
        departments.archive(west, by)
    with pytest.raises(Refused) as refused:
        season({"pause": True}, "department", east)
    assert refused.value.problems == {"scope": {"code": "not_an_option"}}
    row = seasons.locked(kept)
    with pytest.raises(Refused), transaction():
        seasons.edit(row, SeasonDraft("Action", TODAY, LAST, "department", (east, west), {"pause": True}), by)
    with transaction():
        row = seasons.locked(kept)
        seasons.edit(row, SeasonDraft("Fair", TODAY, LAST, "department", (east,), {"pause": True}), by)
    assert (row.name, row.scope) == ("Fair", {"kind": "department", "ids": [east]})
