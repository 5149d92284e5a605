"""Calendars of firm, department and person; and what becomes of the runs that wait when working time is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from rules.hours import read_hours
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.i18n import history
from webapp.models import Calendar, Deal, JournalEntry, Recount, Robot, RobotRun
from webapp.services import calendars, departments, firms, recounts
from webapp.services.recounts import ANEW, KEEP, Moves
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
AFTERNOONS = [[["15:00", "18:00"]]] * 5 + [[], []]
TOMORROW = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _by_working_hours(inside: None, clock: Clock) -> None:
    """The control of the reaction counts two working hours: entered Tuesday at 10, it is due at 12 in Moscow."""
    with transaction():
        robot = company.robot("reaction_control")
        robot.timing = {"after": {"amount": 2, "unit": "working_hours"}}
        setups.changed()


def firms_own() -> Calendar:
    return session().get_one(Calendar, session().scalars(select(Calendar.id).order_by(Calendar.id)).first())


def edit(waiting: str | None = None, **wanted: Any) -> None:
    with transaction():
        calendars.edit(calendars.locked(firms_own().id), wanted, company.acting("admin"), waiting)


def own_of(name: str, waiting: str | None = None, **wanted: Any) -> int:
    with transaction():
        row = calendars.create(None, company.person(name), company.acting("admin"))
        calendars.edit(row, wanted, company.acting("admin"), waiting)
        return row.id


def due_of(deal_id: int) -> datetime | None:
    session().expire_all()
    run = select(RobotRun).join(Robot, Robot.id == RobotRun.robot_id).where(Robot.key == "reaction_control")
    return session().scalars(run.where(RobotRun.deal_id == deal_id)).one().due_at


def work() -> None:
    runner.drain(kinds=("recount",))
    session().close()


def asked(change: Any) -> Moves:
    with pytest.raises(Refused) as refused:
        change()
    assert refused.value.reason == "has_waiting_runs"
    found = refused.value.facts["moves"]
    assert isinstance(found, Moves)
    return found


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_the_nearest_calendar_says_when_a_deal_is_due(clock: Clock) -> None:
    own_of("rep1", weekly=AFTERNOONS)
    assert due_of(acts.inquiry()) == at(14)  # 15 to 17 in Moscow
    with transaction():
        south = setups.current().people[company.person("rep3")].department_id
        row = calendars.create(south, None, company.acting("admin"))
        calendars.edit(row, {"zone": "Asia/Yekaterinburg"}, company.acting("admin"))
    setup = setups.current()
    rep3 = setup.people[company.person("rep3")]
    assert setup.calendar_for(rep3.department_id, rep3.id, TOMORROW).zone == "Asia/Yekaterinburg"


def test_a_change_asks_what_becomes_of_the_runs_that_wait(clock: Clock) -> None:
    deal_id = acts.inquiry()
    assert due_of(deal_id) == at(9)
    found = asked(lambda: edit(weekly=AFTERNOONS))
    assert found.count >= 1
    assert found.first is not None
    assert firms_own().definition["weekly"] != AFTERNOONS, "nothing is written until it is answered"
    mine = {(each.old, each.new) for each in (found.first, found.last) if each and each.deal_id == deal_id}
    assert mine == {(at(9), at(14))}


def test_runs_that_are_kept_stay_as_they_were_armed(clock: Clock) -> None:
    deal_id = acts.inquiry()
    edit(KEEP, weekly=AFTERNOONS)
    work()
    assert due_of(deal_id) == at(9)
    assert firms_own().definition["weekly"] == AFTERNOONS


def test_runs_that_are_counted_anew_are_due_by_the_new_hours_from_their_true_start(inside: Flask, clock: Clock) -> None:
    deal_id = acts.inquiry()
    clock.at += timedelta(minutes=30)
    edit(ANEW, weekly=AFTERNOONS)
    assert due_of(deal_id) == at(9), "the work goes on after the commit"
    work()
    assert due_of(deal_id) == at(14)
    entry = session().scalars(select(JournalEntry).where(JournalEntry.event == "run.recomputed")).all()[-1]
    assert entry.cause["what"] == "calendar"
    assert entry.by_id == company.person("admin")
    with reading_as(inside, Reader("en", ZoneInfo("Europe/Moscow"))):
        line = history.line(entry, setups.current())
    assert (line.text, line.quote) == ("moved the timer of “Reaction control” to 17:00", "before: 12:00")
    assert asked_nothing(lambda: edit(zone="Europe/Moscow"))


def asked_nothing(change: Any) -> bool:
    change()
    return True


def test_a_worker_that_dies_goes_on_where_it_was(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part, here of one run, is written by itself."""
    mine = [acts.inquiry(phone=f"+7900555{n:04}", name=f"Vera {n}") for n in range(3)]
    monkeypatch.setattr(recounts, "PART", 1)
    edit(ANEW, weekly=AFTERNOONS)
    begun = outbox.claim("recount", session().scalars(select(Recount.id)).one())
    assert begun is not None
    for _ in range(3):
        with transaction():
            recounts.go_on(begun)
    assert session().scalars(select(Recount)).one().state == "waiting", "and nobody hears of that worker again"
    clock.at += timedelta(minutes=2)
    work()
    assert session().scalars(select(Recount)).one().state == "done"
    assert {due_of(each) for each in mine} == {at(14)}


def test_the_work_says_how_many_runs_it_has_counted_anew(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those that are due at the same time as before."""
    monkeypatch.setattr(recounts, "PART", 2)
    mine = [acts.inquiry(phone=f"+7900555{n:04}", name=f"Vera {n}") for n in range(3)]
    clock.at = at(12, day=25)  # 15:00, where the afternoon begins: two hours from here are the same two hours
    later = acts.inquiry(phone="+79005559999", name="Olga")
    assert asked(lambda: edit(weekly=AFTERNOONS)).count == len(mine)
    edit(ANEW, weekly=AFTERNOONS)
    work()
    assert session().scalars(select(Recount.done)).one() == len(mine)
    assert [due_of(each) for each in (*mine, later)] == [at(14)] * 3 + [at(14, day=25)]


def test_a_zone_of_the_firm_asks_too(clock: Clock) -> None:
    deal_id = acts.inquiry()

    def move(waiting: str | None) -> None:
        with transaction():
            firms.change({"time_zone": "America/New_York"}, company.acting("admin"), waiting)

    assert asked(lambda: move(None)).count >= 1
    assert setups.current().firm.time_zone == "Europe/Moscow"
    move(ANEW)
    work()
    assert due_of(deal_id) == at(16)  # 9 to 11 in New York


def test_days_are_closed_shortened_moved_and_given_back(clock: Clock) -> None:
    saturday = date(2026, 11, 28)

    def days(first: date, last: date, kind: str, hours: str = "") -> None:
        with transaction():
            row = calendars.locked(firms_own().id)
            calendars.set_days(row, first, last, kind, read_hours(hours), company.acting("admin"), KEEP)

    days(TOMORROW, date(2026, 11, 27), "closed")
    days(TOMORROW, TOMORROW, "hours", "10-12, 13-15")
    days(saturday, saturday, "hours", "9-13")
    setup = setups.current().firm_calendar
    assert setup.spans_on(TOMORROW) == read_hours("10-12 13-15")
    assert setup.spans_on(date(2026, 11, 26)) == ()
    assert setup.spans_on(saturday) == read_hours("9-13")
    days(TOMORROW, saturday, "usual")
    assert (setups.current().firm_calendar.closed, dict(setups.current().firm_calendar.hours)) == (frozenset(), {})


@pytest.mark.parametrize(
    ("first", "last", "kind", "field", "code"),
    [
        (TOMORROW, date(2026, 11, 24), "closed", "until", "bad_range"),
        (TOMORROW, date(2028, 11, 24), "closed", "until", "bad_range"),
        (TOMORROW, TOMORROW, "hours", "hours", "no_hours"),
    ],
)
def test_days_that_make_no_sense_are_refused(
    clock: Clock, first: date, last: date, kind: str, field: str, code: str
) -> None:
    with pytest.raises(Refused) as refused, transaction():
        calendars.set_days(calendars.locked(firms_own().id), first, last, kind, (), company.acting("admin"))
    assert refused.value.problems[field]["code"] == code


def test_a_calendar_of_ones_own_is_one_and_is_taken_away_again(clock: Clock) -> None:
    rep1 = company.person("rep1")
    mine = own_of("rep1", weekly=AFTERNOONS)
    with pytest.raises(Refused) as twice, transaction():
        calendars.create(None, rep1, company.acting("admin"))
    assert twice.value.problems["owner"]["code"] == "has_calendar"
    deal_id = acts.inquiry()

    def remove(calendar_id: int, waiting: str | None = None) -> None:
        with transaction():
            calendars.remove(calendars.locked(calendar_id), company.acting("admin"), waiting)

    assert asked(lambda: remove(mine)).count == 1
    remove(mine, ANEW)
    work()
    assert due_of(deal_id) == at(9)
    with pytest.raises(Refused, match="firms_calendar"):
        remove(firms_own().id)


def test_nothing_is_asked_where_nothing_would_move(clock: Clock) -> None:
    acts.inquiry()
    with transaction():
        row = calendars.locked(firms_own().id)
        calendars.set_days(row, date(2027, 5, 3), date(2027, 5, 3), "closed", (), company.acting("admin"))
    assert session().scalars(select(Deal.id)).first() is not None


def test_a_department_that_is_archived_gets_no_calendar_of_its_own(clock: Clock) -> None:
    by = company.acting("admin")
    with transaction():
        east = departments.add({"en": "East"}, None, by)
        departments.archive(east, by)
    with pytest.raises(Refused) as refused, transaction():
        calendars.create(east, None, by)
    assert refused.value.problems == {"owner": {"code": "no_such_department"}}
    with transaction():
        departments.bring_back(east, by)
        assert calendars.create(east, None, by).department_id == east
