"""Reaction figures over a lived week: an oracle recounts them from raw rows; who sees whose; page and API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from sqlalchemy import select

from rules.reaction_times import MEASURES, Figure, Period
from rules.rights import Scope
from tests import company
from tests.api.callers import Caller
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.services.test_answered_elsewhere import claim
from tests.services.test_important import on
from webapp.db import session, transaction
from webapp.models import Conversation, Deal, ImportantItem, ImportantPlace, JournalEntry, Message, StageVisit, Task
from webapp.queries import episodes
from webapp.queries import reaction_times as figures
from webapp.services import important, tasks
from webapp.snapshots import setups

PERIOD = Period(date(2026, 11, 23), date(2026, 11, 29))
PATH = "/figures?from=2026-11-23&to=2026-11-29"
EVERYBODY = ("admin", "head", "north", "south-deputy", "rep1", "rep2", "rep3")


@pytest.fixture
def week(app: Flask, clock: Clock) -> Clock:
    """Five days of clients, answers, moves and work handed in, of North and of South."""
    with app.app_context():
        for n, rep in enumerate(("rep1", "rep2", "rep3", "rep1", "rep3", "rep2")):
            deal_id = _client(n, rep)
            clock.go_on(minutes=7 * n + 2)
            if n in (1, 3):
                claim(deal_id, by="rep1")  # the second time for a colleague
            elif n != 4:
                acts.reply(deal_id, rep)
            clock.go_on(hours=n)
            acts.move(deal_id, "data_collection", by=rep)
            _work_of(deal_id, rep, "north" if rep != "rep3" else "head", clock, accepts=n % 3 != 2)
            clock.go_on(hours=11)
        with transaction() as current:
            current.get_one(Deal, deal_id).deleted_at = clock()
    return clock


def _client(n: int, rep: str) -> int:
    """A client of this rep writes, twice."""
    acts.contact(f"Client {n}", f"+7900555100{n}", rep=rep)
    for text in ("How much is a press?", "And the delivery?"):
        deal_id = acts.inquiry(text, name=f"Client {n}", phone=f"+7900555100{n}")
    return deal_id


def _work_of(deal_id: int, rep: str, boss: str, clock: Clock, *, accepts: bool) -> None:
    """Handed in, returned, handed in again; accepted, or waiting still."""
    with transaction():
        task = tasks.create_by_hand(
            "Agree", "", company.person(rep), company.acting(boss), deal=acts.locked(deal_id), accept=True
        )
    acts.submit(task.id, by=rep)
    clock.go_on(minutes=40)
    acts.on_task(task.id, tasks.send_back, boss, "Not yet")
    acts.submit(task.id, by=rep)
    clock.go_on(hours=3)
    wanted = select(ImportantItem).where(ImportantItem.task_id == task.id, ImportantItem.ended_at.is_(None))
    if boss == "north":
        on(session().scalars(wanted).one(), important.take, boss)
    clock.go_on(minutes=20)
    if accepts:
        acts.on_task(task.id, tasks.accept, boss)


def scope(name: str) -> Scope:
    found = company.acting(name).scope
    assert found is not None
    return found


def worked(start: datetime, end: datetime) -> int:
    """Seconds of Monday to Friday, 9 to 18 in Moscow: minute by minute, by this test's own count."""
    assert (start.second, end.second) == (0, 0)
    minutes = int((end - start).total_seconds() // 60)
    local = [start.astimezone(UTC) + timedelta(hours=3, minutes=n) for n in range(minutes)]
    return 60 * sum(each.weekday() < 5 and 9 <= each.hour < 18 for each in local)


class Oracle:
    """Every episode of the firm out of raw rows: (measure, person, department, stage, began, ended)."""

    def __init__(self) -> None:
        self.deals = {each.id: each for each in session().scalars(select(Deal)) if each.deleted_at is None}
        self.to_accept: set[tuple[Any, ...]] = set()  # what is taken to be accepted
        self.said: list[tuple[Any, ...]] = []  # each answer: its episode, who gave it, whether it was only claimed
        self.every = [*self.replies(), *self.takes(), *self.acceptances(), *self.stays()]

    def replies(self) -> list[tuple[Any, ...]]:
        found = []
        for talk in session().scalars(select(Conversation)):
            began = None
            said = select(Message).where(Message.conversation_id == talk.id).order_by(Message.id)
            for each in session().scalars(said):
                if each.direction == "in":
                    began = began or each.at
                elif began:
                    found.append(self.of("reply", talk.deal_id, None, began, each.at))
                    self.said += [(found[-1], each.by_id, each.claimed is not None)] if found[-1] else []
                    began = None
            if began:
                found.append(self.of("reply", talk.deal_id, None, began, None))
        return [each for each in found if each]

    def takes(self) -> list[tuple[Any, ...]]:
        """By the journal: who took an item, if anybody did; of those that nobody has, who was told of it."""
        found = []
        for item in session().scalars(select(ImportantItem)):
            rows = session().scalars(select(JournalEntry).where(JournalEntry.entity == "important")).all()
            taken = [each for each in rows if each.entity_id == item.id and each.event == "important.taken"]
            told = session().scalars(select(ImportantPlace.user_id).where(ImportantPlace.item_id == item.id)).all()
            if taken:
                found.append(self.of("take", item.deal_id, taken[0].by_id, item.opened_at, taken[0].at))
            elif item.ended_at is None:
                found.append(self.of("take", item.deal_id, told[0], item.opened_at, None))
            self.to_accept |= {found[-1]} if item.kind == "acceptance" and found else set()
        return [each for each in found if each]

    def acceptances(self) -> list[tuple[Any, ...]]:
        found = []
        for task in session().scalars(select(Task).where(Task.accept)):
            steps = select(JournalEntry).where(JournalEntry.entity == "task", JournalEntry.entity_id == task.id)
            rows = session().scalars(steps.order_by(JournalEntry.id)).all()
            handed = [each.at for each in rows if each.event == "task.submitted"]
            ends = [each.at for each in rows if each.event in ("task.accepted", "task.returned")]
            for began, ended in zip(handed, [*ends, None], strict=False):
                found.append(self.of("acceptance", task.deal_id, task.acceptor_id, began, ended))
        return [each for each in found if each]

    def stays(self) -> list[tuple[Any, ...]]:
        rows = session().scalars(select(StageVisit))
        found = [self.of("stay", each.deal_id, None, each.entered_at, each.left_at, each.stage_id) for each in rows]
        return [each for each in found if each]

    def of(
        self, measure: str, deal_id: int, person: int | None, began: datetime, ended: datetime | None, stage: int = 0
    ) -> Any:
        deal = self.deals.get(deal_id)
        return deal and (
            *(measure, person or deal.responsible_id, deal.department_id),
            *(stage or self.stage_at(deal_id, began), began, ended),
        )

    def stage_at(self, deal_id: int, at: datetime) -> int:
        rows = session().scalars(select(StageVisit).where(StageVisit.deal_id == deal_id))
        return [each.stage_id for each in sorted(rows, key=lambda each: each.id) if each.entered_at <= at][-1]

    def figure(self, measure: str, now: datetime, seen: Callable[[tuple[Any, ...]], bool]) -> Figure:
        rows = [each for each in self.every if each[0] == measure and seen(each)]
        lengths = sorted(worked(each[4], each[5]) for each in rows if each[5])
        judged = [self.kept(each, now) for each in rows]
        return Figure(
            count=len(lengths),
            median=int(median(lengths)) if lengths else None,
            p90=next((x for x in lengths if 10 * sum(y <= x for y in lengths) >= 9 * len(lengths)), None),
            waiting=len(rows) - len(lengths),
            measured=sum(each is not None for each in judged),
            within=sum(each is True for each in judged),
        )

    def kept(self, row: tuple[Any, ...], now: datetime) -> bool | None:
        """Ten minutes, any time, for a reply on New; fifteen working minutes to take; a working day for an acceptance,
        and to take it; else there is no norm."""
        measure, _, _, stage, began, ended = row
        if measure == "reply" and stage == company.stage("new").id:
            in_time = (ended or now) - began <= timedelta(minutes=10)
        elif measure == "take" and row not in self.to_accept:
            in_time = worked(began, ended or now) <= 15 * 60
        elif measure in ("take", "acceptance"):
            in_time = worked(began, ended or now) <= 9 * 3600
        else:
            return None
        return in_time if ended or not in_time else None


@pytest.mark.both_databases
def test_an_oracle_finds_the_same_figures_for_everybody(app: Flask, week: Clock) -> None:
    with app.app_context():
        oracle, many = Oracle(), 0
        for name in EVERYBODY:
            who = scope(name)
            seen = [each for each in oracle.every if who.measures(each[1], each[2])]
            for column, by in enumerate(("person", "department", "stage"), 1):
                found = figures.figures(who, PERIOD, by)
                below = sums(who, {each[column] for each in seen}) if by == "department" else {}
                assert {each.id for each in found.groups} == {each[column] for each in seen} | set(below)
                assert {each.id for each in found.groups if each.with_below} == set(below)
                for measure in MEASURES:
                    assert found.total[measure] == oracle.figure(measure, week(), seen.__contains__)
                    assert found.weeks[-1].figures[measure].median == found.total[measure].median
                    for group in found.groups:
                        ids = below[group.id] if group.with_below else {group.id}
                        mine = [each for each in seen if each[column] in ids]
                        assert group.figures[measure] == oracle.figure(measure, week(), mine.__contains__)
                        many += group.figures[measure].count
                assert {each.id: (each.claims.count, each.claims.claimed) for each in found.claimed} == said(
                    oracle, seen, 0 if by == "person" else column
                )
                assert (found.claims.count, found.claims.claimed) == said(oracle, seen, None).get(None, (0, 0))
                assert found.late_count == sum(oracle.kept(each, week()) is False for each in seen)
        assert many > 60, "a week in which nothing happened proves nothing"
        who_sees_whom(week())


def said(oracle: Oracle, seen: list[Any], column: int | None) -> dict[Any, tuple[int, int]]:
    """How many answers, and how many of them were claimed: by whoever gave them (0), by a column, in all (None)."""
    found: dict[Any, tuple[int, int]] = {}
    for episode, by, claimed in oracle.said:
        if episode in seen:
            key = None if column is None else (episode[column] if column else by)
            many, so_many = found.get(key, (0, 0))
            found[key] = (many + 1, so_many + claimed)
    return found


def sums(who: Scope, seen: set[Any]) -> dict[Any, set[Any]]:
    """The lesson's chart by hand: Sales has North and South below it, and is led by its head and the admins."""
    named = {each["en"]: key for key, each in setups.current().departments.items()}
    sales, north, south = (named[each] for each in ("Sales", "Sales North", "Sales South"))
    under = seen & {north, south}
    return {sales: {sales, north, south}} if under and (who.is_admin or sales in who.leads) else {}


def who_sees_whom(now: datetime) -> None:
    """A rep sees oneself, a head the subtree, an outsider nothing."""
    ids = {name: company.person(name) for name in EVERYBODY}
    found = {
        name: {each.person_id for each in episodes.spans(scope(name), TUESDAY - timedelta(days=1), now)}
        for name in EVERYBODY
    }
    late = figures.figures(scope("rep3"), PERIOD, "person").late
    assert found["rep1"] == {ids["rep1"]}
    assert found["north"] == {ids["rep1"], ids["rep2"], ids["north"]}
    assert found["admin"] == found["head"] == {ids[each] for each in ("rep1", "rep2", "rep3", "north", "head")}
    assert {each.person_id for each in late} == {ids["rep3"]}
    assert [each.ended_at is None for each in late][:2] == [True, False], "what waits still comes first"


def test_the_page_and_the_api_say_the_same(
    app: Flask, week: Clock, sign_in: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, by in (("head", "person"), ("rep1", "stage"), ("north", "department")):
        page = sign_in(name).get(f"{PATH}&by={by}").text
        answer = Caller.of(app, name).get(f"{PATH}&by={by}")
        assert counts(page) == {key: [each["count"] for each in answer_rows(answer, key)] for key in MEASURES}
        listed = page.split("data-late")[1].split("</section>")[0]
        assert listed.count('<h3><a href="') == len(answer["late"]) == answer["late_count"] > 0
        ran_at_night = name == "head"
        assert not ran_at_night or re.search(r"\d\s(min|h|d) by the clock\s·\snorm", listed)
        for late in answer["late"]:
            assert f'"/tasks/{late["task_id"]}"' in listed or f'"/deals/{late["deal_id"]}"' in listed
        assert (
            re.findall(r'data-claimed-by="(\d+)">.*?<td class="num">(\d+)</td><td class="num">(\d+)', page, re.DOTALL)
            == [(str(each["person_id"]), str(each["count"]), str(each["claimed"])) for each in answer["claimed"]]
            or by != "person"
        )
        assert answer["claims"]["claimed"] == {"head": 2, "rep1": 1, "north": 2}[name]
        assert "style=" not in page
        assert page.count('<svg viewBox="0 0 480 100"') == page.count("data-week=") / 8 > 1
    assert "Nothing to measure yet" in sign_in("rep1").get("/figures?from=2025-01-01&to=2025-01-05").text
    no_period_is_refused_by_the_api_and_by_the_page(app, sign_in("rep1"))
    a_bound_that_cuts_is_said(app, sign_in("admin"), monkeypatch)


def answer_rows(answer: Any, measure: str) -> list[dict[str, Any]]:
    groups = [each[measure] for each in answer["items"]]
    return [answer["total"][measure], *(each for each in groups if each["count"] or each["waiting"])]


def counts(page: str) -> dict[str, list[int]]:
    """What the tables of the page count, in all and row by row."""
    parts = page.split("data-claims")[0].split("data-measure=")[1:]
    row = r'<tr data-(?:total|group="\d*"(?: data-sum)?)>.*?<td class="num">(\d+)</td>'
    return {each.split('"')[1]: [int(n) for n in re.findall(row, each, re.DOTALL)] for each in parts}


def no_period_is_refused_by_the_api_and_by_the_page(app: Flask, page: Any) -> None:
    caller = Caller.of(app, "rep1")
    for query in ("from=2026-11-29&to=2026-11-23", "from=2024-01-01&to=2026-01-01", "from=soon", "to=0026-11-24"):
        answer, shown = caller.call("GET", f"/figures?{query}"), page.get(f"/figures?{query}")
        assert (answer.status_code, shown.status_code) == (422, 422)
        assert answer.json is not None
        assert [each["message"] in shown.text for each in answer.json["fields"]] == [True]
        assert [each in shown.text for each in parse_qs(query)["to" if "to" in query else "from"]] == [True]
        assert "data-measure" not in shown.text, "of no other period than the one that was asked for"
    for query in ("by=moon", "x=1"):  # nobody types it
        assert caller.call("GET", f"/figures?{query}").status_code == 422
        assert page.get(f"/figures?{query}").status_code == 200
    for query, first in (
        ("from=2026-10-20", "2026-10-20"),
        ("to=2026-10-23", "2026-10-01"),
        ("from=&to=", "2026-11-01"),
    ):
        answer = page.get(f"/figures?{query}")
        assert (answer.status_code, f'name="from" type="date" value="{first}"' in answer.text) == (200, True), query


def a_bound_that_cuts_is_said(app: Flask, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "data-cut" not in page.get(PATH).text
    monkeypatch.setattr(episodes, "MOST", 3)
    answer = Caller.of(app, "admin").get(PATH)
    assert "data-cut" in page.get(PATH).text
    assert answer["read_since"] is not None
    assert answer["total"]["stay"]["count"] + answer["total"]["stay"]["waiting"] <= 3
