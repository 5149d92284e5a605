"""An absence: whoever stands in is told, may work on the deals, and it all ends by itself."""

from __future__ import annotations

import threading
import time
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import is_sqlite, session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import Absence, Contact, Deal, ImportantItem, JournalEntry, Notification
from webapp.queries import absences as pages
from webapp.queries import staff
from webapp.services import absences, accounts, leaving, notifications, silent_people
from webapp.snapshots import recipients

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
TODAY, LAST = date(2026, 11, 24), date(2026, 12, 7)


def away(name: str, cover: str | None = None, by: str | None = None, first: date = TODAY, last: date = LAST) -> int:
    with transaction():
        cover_id = company.person(cover) if cover else None
        return absences.add(company.person(name), first, last, cover_id, company.acting(by or name)).id


def told_of(deal_id: int) -> set[int]:
    session().expire_all()
    return set(session().scalars(select(Notification.user_id).where(Notification.deal_id == deal_id)))


def responsible_of(deal_id: int) -> int:
    return session().get_one(Deal, deal_id).responsible_id


def test_whoever_stands_in_is_told_and_may_work_on_the_deal_until_the_last_day(clock: Clock) -> None:
    deal_id = acts.deal()
    rep1 = company.person("rep1")
    before = company.acting("rep3").scope
    assert before is not None
    deal = session().get_one(Deal, deal_id)
    assert not before.may_read(rep1, deal.department_id), "South sees nothing of North"
    away("rep1", "rep3")
    during = company.acting("rep3").scope
    assert during is not None
    assert during.may_write(rep1, deal.department_id)
    assert during.watches(rep1, deal.department_id)
    clock.at += timedelta(days=14)
    after = company.acting("rep3").scope
    assert after is not None
    assert not after.may_read(rep1, deal.department_id)
    assert session().get_one(Deal, deal_id).responsible_id == rep1


def test_whoever_stands_in_hears_of_an_item_that_stands_in_another_list(clock: Clock) -> None:
    """To them it is no link: it would lead to what is not theirs."""
    deal_id = acts.deal()
    away("rep1", "rep3")
    with transaction():
        facts: dict[str, object] = {"item.id": 7, "item.text": "How is it?"}
        people = [company.person("rep1")]
        notifications.tell(people, "important.asked", key="asked", facts=facts, deal_id=deal_id)
    told = {name: next(each.facts for each in acts.told(name) if each.key == "asked") for name in ("rep1", "rep3")}
    assert told == {"rep1": facts, "rep3": {"item.text": "How is it?"}}


def test_an_inquiry_of_ones_own_client_stays_where_somebody_stands_in(clock: Clock) -> None:
    acts.contact()
    away("rep1", "rep2")
    deal_id = acts.inquiry()
    assert responsible_of(deal_id) == company.person("rep1")
    assert company.person("rep2") in told_of(deal_id)


def test_an_inquiry_goes_to_the_next_in_turn_where_nobody_does_and_the_client_stays_theirs(clock: Clock) -> None:
    contact_id = acts.contact()
    away("rep1")
    assert responsible_of(acts.inquiry()) != company.person("rep1")
    assert session().get_one(Contact, contact_id).responsible_id == company.person("rep1")


@pytest.mark.parametrize(
    ("by", "name", "answer"),
    [
        ("rep1", "rep1", None),
        ("north", "rep1", None),
        ("head", "rep3", None),
        ("admin", "rep3", None),
        ("rep2", "rep1", Refused),
        ("north", "rep3", Refused),
        ("south-deputy", "rep1", Refused),
    ],
)
def test_oneself_a_head_over_them_and_an_admin_write_it(
    clock: Clock, by: str, name: str, answer: type[Refused] | None
) -> None:
    if answer is None:
        kept = away(name, by=by)
        with transaction():
            absences.remove(kept, company.acting(by))
        events = [each.event for each in session().scalars(select(JournalEntry).order_by(JournalEntry.id))]
        assert events[-2:] == ["absence.added", "absence.removed"]
    else:
        with pytest.raises(answer):
            away(name, by=by)


def test_no_absence_is_noted_by_a_colleague_nor_of_who_works_here_no_more(clock: Clock) -> None:
    by = company.acting("rep2")
    with pytest.raises(Refused, match="not_yours"), transaction():
        absences.add(company.person("rep1"), TODAY, LAST, None, by)
    with transaction():
        accounts.deactivate(company.person("rep3"), company.acting("admin"))
    for who in (company.person("rep3"), 77777):
        with pytest.raises(NotFound), transaction():
            absences.add(who, TODAY, LAST, None, company.acting("admin"))
    assert session().scalars(select(Absence)).all() == []


def test_what_makes_no_sense_is_refused(clock: Clock) -> None:
    away("rep2", first=TODAY, last=TODAY)
    for cover, last, field, code in (
        ("rep1", LAST, "cover_id", "not_a_cover"),
        ("rep2", LAST, "cover_id", "cover_is_away"),
        (None, TODAY - timedelta(days=1), "until_on", "bad_range"),
    ):
        with pytest.raises(Refused) as refused:
            away("rep1", cover, last=last)
        assert refused.value.problems[field]["code"] == code
    with pytest.raises(NotFound), transaction():
        absences.remove(77777, company.acting("admin"))


def test_a_head_sees_what_will_go_to_whom(clock: Clock) -> None:
    scope = company.acting("north").scope
    assert scope is not None
    before = pages.person_page(company.person("north"), scope)
    assert before.meanwhile is not None
    (instead,) = before.meanwhile.instead.values()
    away("north", "rep1")
    deal_id = acts.inquiry()
    acts.work()
    clock.at += timedelta(minutes=11)
    acts.work()
    assert told_of(deal_id) >= {each.id for each in instead}, "the page and the firing ask the same function"
    assert company.person("north") not in told_of(deal_id)


UNCOVERED = "absence.uncovered"


def uncovered(name: str) -> list[tuple[str, str]]:
    """The days of which this person was told that nobody stands in."""
    said = [each.facts for each in acts.told(name, UNCOVERED)]
    return [(each["absence.first"]["date"], each["absence.last"]["date"]) for each in said]


def day(number: int) -> date:
    return date(2026, 12, number)


def test_who_stands_in_may_fall_ill_and_those_whom_it_concerns_are_told(clock: Clock) -> None:
    away("rep1", "rep2", first=day(1), last=day(10))
    kept = away("rep2", first=day(3), last=day(4))
    lost = ("2026-12-03", "2026-12-04")
    assert [uncovered(name) for name in ("rep1", "north", "rep2", "head")] == [[lost], [lost], [], []]
    with transaction():
        absences.change(kept, day(3), day(4), None, company.acting("rep2"))
    assert (len(uncovered("rep1")), len(uncovered("north"))) == (1, 1), "the same days are told once"
    with transaction():
        absences.change(kept, day(9), day(20), None, company.acting("north"))
    longer = ("2026-12-09", "2026-12-10")
    assert [uncovered(name) for name in ("rep1", "north")] == [[lost, longer], [lost]], "who says it knows it"


def test_days_that_are_over_and_days_of_nobody_concern_nobody(clock: Clock) -> None:
    away("rep1", "rep2", first=TODAY, last=day(10))
    clock.go_on(days=7)  # the first of December
    away("rep2", first=day(11), last=day(20))
    assert uncovered("rep1") == []
    with transaction():
        absences.add(company.person("rep2"), day(1) - timedelta(days=3), day(2), None, company.acting("rep2"))
    assert uncovered("rep1") == [("2026-12-01", "2026-12-02")]


def test_a_cover_whose_account_is_closed_stands_in_no_more_and_that_is_told(clock: Clock) -> None:
    away("rep1", "rep2", first=day(1), last=day(10))
    with transaction():
        accounts.deactivate(company.person("rep2"), company.acting("admin"))
    assert [uncovered(name) for name in ("rep1", "north")] == [[("2026-12-01", "2026-12-10")]] * 2


def test_nobody_to_take_a_cover_over_from_whoever_leaves_is_told(clock: Clock) -> None:
    away("rep1", "rep2", first=day(1), last=day(10))
    with transaction():
        leaving.leave(company.person("rep2"), None, company.acting("admin"))
    assert [uncovered(name) for name in ("rep1", "north")] == [[("2026-12-01", "2026-12-10")]] * 2


def test_who_is_named_in_the_stead_of_whoever_leaves_may_be_away_too_and_that_is_told(clock: Clock) -> None:
    away("rep1", "rep2", first=day(1), last=day(10))
    with transaction():
        absences.add(company.person("rep3"), day(3), day(4), None, company.acting("rep3"))
    assert staff.open_work(company.person("rep2")).away_then == ("Oleg Voronin",)
    with transaction():
        leaving.leave(company.person("rep2"), company.person("rep3"), company.acting("admin"))
    left = [("2026-12-03", "2026-12-04")]
    assert [uncovered(name) for name in ("rep1", "north", "rep3", "head")] == [left, left, [], []]
    assert {each.facts["cover.name"] for each in acts.told("rep1", UNCOVERED)} == {"Oleg Voronin"}


def test_who_is_named_in_the_stead_of_whoever_leaves_and_is_there_is_no_news(clock: Clock) -> None:
    away("rep1", "rep2", first=TODAY, last=day(10))
    with transaction():
        absences.add(company.person("rep3"), day(11), day(12), None, company.acting("rep3"))
    assert staff.open_work(company.person("rep2")).away_then == ()
    clock.go_on(days=1)
    with transaction():
        leaving.leave(company.person("rep2"), company.person("rep3"), company.acting("admin"))
    assert [uncovered(name) for name in ("rep1", "north")] == [[], []]


def test_days_of_an_absence_that_are_past_concern_nobody_who_takes_it_over(clock: Clock) -> None:
    away("rep1", "rep2", first=TODAY, last=day(10))
    clock.go_on(days=7)  # the first of December
    with transaction():
        leaving.leave(company.person("rep2"), None, company.acting("admin"))
    assert uncovered("rep1") == [("2026-12-01", "2026-12-10")]


def test_of_two_at_once_the_second_sees_what_the_first_has_said(app: Flask, clock: Clock) -> None:
    """Ivan names Maria, and Maria goes away herself: either he is refused, or both are told that nobody does."""

    def named() -> int:
        with transaction():
            by, rep2 = company.acting("rep1"), company.person("rep2")
            return absences.add(company.person("rep1"), day(1), day(2), rep2, by).id

    def goes() -> int:
        with transaction():
            by = company.acting("rep2")
            return absences.add(company.person("rep2"), day(1), day(2), None, by).id

    first, second = acts.at_the_same_moment(app, named, goes)
    assert isinstance(second, int)
    assert isinstance(first, Refused) is not bool(uncovered("rep1"))


def test_one_that_would_be_over_is_refused_and_one_that_has_begun_may_end(clock: Clock) -> None:
    with pytest.raises(Refused) as refused:
        away("rep1", first=TODAY - timedelta(days=365), last=LAST - timedelta(days=365))
    assert refused.value.problems == {"until_on": {"code": "absence_is_over", "limit": 366}}
    kept = away("rep1")
    by = company.acting("rep1")
    clock.go_on(days=3)
    with transaction():
        absences.change(kept, TODAY, TODAY + timedelta(days=1), None, by)
    ahead = away("rep2", first=day(1), last=day(2))
    with pytest.raises(Refused), transaction():
        absences.change(ahead, TODAY, TODAY, None, company.acting("rep2"))


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [
        (TODAY - timedelta(days=3), LAST, (TODAY - timedelta(days=3), TODAY - timedelta(days=1))),
        (TODAY - timedelta(days=1), TODAY, (TODAY - timedelta(days=1), TODAY - timedelta(days=1))),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=2), (TODAY - timedelta(days=9), TODAY - timedelta(days=2))),
        (TODAY, LAST, None),
        (TODAY + timedelta(days=1), LAST, None),
    ],
    ids=["begun", "begun yesterday", "over", "begins today", "planned"],
)
def test_whoever_is_back_was_away_until_yesterday(
    clock: Clock, first: date, last: date, kept: tuple[date, date] | None
) -> None:
    """Twice is no harm."""
    acts.away("rep1", first, last)
    ((row,),) = session().execute(select(Absence))
    absence_id = row.id
    for _ in range(2 if kept else 1):
        with transaction():
            absences.remove(absence_id, company.acting("north"))
        found = [(each.from_on, each.until_on) for each in session().scalars(select(Absence))]
        assert found == ([kept] if kept else [])
    assert recipients.away() == set()
    events = [each for each in session().scalars(select(JournalEntry.event)) if each.startswith("absence.")]
    ended = kept is not None and kept[1] != last
    assert events == ([] if kept and not ended else ["absence.changed" if ended else "absence.removed"])


def test_days_of_leave_are_no_silence_of_whoever_a_head_calls_back(clock: Clock) -> None:
    acts.deal(of=acts.contact())
    absence_id = away("rep1", first=TODAY + timedelta(days=1), last=day(11))
    clock.go_on(days=14)
    with transaction():
        absences.remove(absence_id, company.acting("north"))
    silent_people.look()
    about = select(ImportantItem.about_id).where(ImportantItem.kind == "silent")
    assert company.person("rep1") not in set(session().scalars(about))
    clock.go_on(hours=5)
    silent_people.look()
    assert company.person("rep1") in set(session().scalars(about)), "from this morning on it counts"


def test_nobody_is_named_to_stand_in_who_leaves_at_that_moment(app: Flask, clock: Clock) -> None:
    """Whoever notes it while the leaving is not through yet waits for it, and is told."""
    begun = threading.Event()

    def leaves() -> bool:
        with transaction():
            gone = leaving.leave(company.person("rep2"), company.person("rep3"), company.acting("admin"))
            begun.set()
            time.sleep(1)
        return gone

    def notes() -> int:
        begun.wait(10)
        return away("rep1", "rep2")

    if is_sqlite():  # it has one writer: the second cannot begin
        begun.set()
    gone, refused = acts.at_the_same_moment(app, leaves, notes)
    covers = set(session().scalars(select(Absence.cover_id)))
    assert gone is True
    assert isinstance(refused, Refused) or is_sqlite(), refused
    assert company.person("rep2") not in covers


STANDS_IN, STANDS_DOWN = "absence.standing_in", "absence.standing_down"


def said_to(name: str) -> list[tuple[str, str, str]]:
    """What of standing in for rep1 this person was told, the oldest first."""
    kinds = {STANDS_IN: "in", STANDS_DOWN: "down"}
    facts = [(kinds[each.kind], each.facts) for each in acts.told(name) if each.kind in kinds]
    assert all(each["person.name"] == "Ivan Petrov" for _, each in facts)
    return [(kind, each["absence.first"]["date"], each["absence.last"]["date"]) for kind, each in facts]


def test_whoever_is_named_to_stand_in_is_told_and_of_each_change(clock: Clock) -> None:
    absence_id = away("rep1", "rep2", by="north", first=day(1), last=day(10))
    assert said_to("rep2") == [("in", "2026-12-01", "2026-12-10")]
    with transaction():
        absences.change(absence_id, day(1), day(8), company.person("rep2"), company.acting("rep1"))
        absences.change(absence_id, day(1), day(8), company.person("rep2"), company.acting("north"))
    assert said_to("rep2")[1:] == [("in", "2026-12-01", "2026-12-08")], "and nothing twice"
    with transaction():
        absences.change(absence_id, day(1), day(8), company.person("north"), company.acting("north"))
    assert said_to("rep2")[2:] == [("down", "2026-12-01", "2026-12-08")]
    assert said_to("north") == [], "who names oneself knows it"
    with transaction():
        absences.remove(absence_id, company.acting("rep1"))
    assert said_to("north") == [("down", "2026-12-01", "2026-12-08")]


def test_whoever_is_back_early_is_stood_in_for_no_more(clock: Clock) -> None:
    absence_id = away("rep1", "rep2", first=TODAY, last=LAST)
    clock.go_on(days=2)
    with transaction():
        absences.remove(absence_id, company.acting("rep1"))
    assert [each[0] for each in said_to("rep2")] == ["in", "down"]


def test_whoever_takes_a_cover_over_from_whoever_leaves_is_told(clock: Clock) -> None:
    away("rep1", "rep2", first=day(1), last=day(10))
    with transaction():
        leaving.leave(company.person("rep2"), company.person("rep3"), company.acting("admin"))
    assert said_to("rep3") == [("in", "2026-12-01", "2026-12-10")]


def test_of_days_that_are_over_nobody_is_told(clock: Clock) -> None:
    absence_id = away("rep1", first=TODAY, last=TODAY)
    clock.go_on(days=3)
    with transaction():
        absences.change(absence_id, TODAY, TODAY, company.person("rep2"), company.acting("admin"))
    assert said_to("rep2") == []
