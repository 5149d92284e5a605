"""An absence from the person's face: one click to their page, a form of three fields, and everybody sees it there."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_important import late, on, the
from tests.views.scenes import browser
from webapp.db import session, transaction
from webapp.models import Absence, Department
from webapp.services import absences, important, places, tasks

TWO_WEEKS = {"from_on": "2026-11-24", "until_on": "2026-12-07"}


def test_a_leave_of_two_weeks_with_cover_is_one_form_from_the_face(app: Flask, clock: Clock) -> None:
    with app.app_context():
        deal, rep1, rep3 = acts.deal(), company.person("rep1"), company.person("rep3")
    mine, cover = browser(app, "rep1"), browser(app, "rep3")
    mine_page = f"/people/{rep1}"
    assert f'href="{mine_page}#absence"' in mine.get(f"/deals/{deal}").text
    assert "data-absences" in mine.get(mine_page).text
    assert cover.get(f"/deals/{deal}").status_code == 404
    mine.post(f"{mine_page}/absences", data={**TWO_WEEKS, "cover_id": str(rep3)})
    assert cover.get(f"/deals/{deal}").status_code == 200
    seen = cover.get(mine_page).text
    assert "Oleg Voronin stands in" in seen
    assert '<form class="form"' not in seen, "who may not write it is not asked"
    clock.go_on(days=14)
    assert cover.get(f"/deals/{deal}").status_code == 404


def test_who_knows_the_work_is_proposed_to_stand_in_and_nobody_stays_a_choice(app: Flask, clock: Clock) -> None:
    def chosen(page: str) -> str:
        return page.partition('id="a-cover"')[2].partition(" selected>")[2].partition("<")[0].strip()

    with app.app_context():
        rep1, rep2, rep3, north = map(company.person, ("rep1", "rep2", "rep3", "north"))
        department, by = by_key("sales_north"), company.acting("head")
        acts.deal(rep="rep2")
        with transaction():
            places.put(rep3, department, "member", by)
    head = browser(app, "head")
    assert chosen(head.get(f"/people/{rep1}").text) == "Oleg Voronin", "Maria Sokolova has a deal, the head is told"
    with app.app_context(), transaction():
        absences.add(rep3, date(2026, 11, 24), date(2026, 11, 24), None, by)
    assert chosen(head.get(f"/people/{rep1}").text) == "Maria Sokolova", "who is away stands in for nobody"
    with app.app_context(), transaction():
        absences.add(rep2, date(2026, 11, 24), date(2026, 11, 24), None, by)
    assert chosen(head.get(f"/people/{rep1}").text) == "Anna Krylova"
    with app.app_context(), transaction():
        places.put(rep1, department, "deputy", by)
    assert chosen(head.get(f"/people/{north}").text) == "Ivan Petrov", "who leads is followed by a deputy"
    refused = head.post(f"/people/{rep1}/absences", data={"from_on": "", "until_on": "", "cover_id": ""})
    assert (refused.status_code, chosen(refused.text)) == (422, "nobody"), "what was chosen stays chosen"


def test_a_head_writes_it_for_a_rep_and_takes_it_back(app: Flask, clock: Clock) -> None:
    with app.app_context():
        rep1 = company.person("rep1")
    head, other = browser(app, "north"), browser(app, "rep2")
    assert other.post(f"/people/{rep1}/absences", data=TWO_WEEKS).status_code == 403
    assert head.post(f"/people/{rep1}/absences", data=TWO_WEEKS).status_code == 303
    kept = head.get(f"/people/{rep1}").text.partition('data-absence="')[2].partition('"')[0]
    assert other.post(f"/absences/{kept}/deletions").status_code == 403
    assert head.post(f"/absences/{kept}/deletions").status_code == 303
    assert "No absence is planned" in head.get(f"/people/{rep1}").text


def test_back_at_work_by_a_page_or_a_program_leaves_the_days_that_were(app: Flask, clock: Clock, token: Any) -> None:
    with app.app_context():
        rep1, rep2 = company.person("rep1"), company.person("rep2")
        for name in ("rep1", "rep2"):
            acts.away(name, date(2026, 11, 20), date(2026, 12, 7))
        ids = {each.user_id: each.id for each in session().scalars(select(Absence))}
    head = browser(app, "north")
    assert "Back at work" in head.get(f"/people/{rep1}").text
    for _ in range(2):
        assert head.post(f"/absences/{ids[rep1]}/deletions", data={"person": rep1}).status_code == 303
    assert "No absence is planned" in head.get(f"/people/{rep1}").text
    gone = app.test_client().delete(f"/api/v1/absences/{ids[rep2]}", headers=token("north"))
    assert gone.status_code == 204
    with app.app_context():
        assert {each.until_on for each in session().scalars(select(Absence))} == {date(2026, 11, 23)}


def test_a_page_says_whom_one_stands_in_for_and_a_cover_stands_in_only_while_there(app: Flask, clock: Clock) -> None:
    with app.app_context():
        rep1, rep2 = company.person("rep1"), company.person("rep2")
    mine, cover, head = browser(app, "rep1"), browser(app, "rep2"), browser(app, "north")
    mine.post(f"/people/{rep1}/absences", data={**TWO_WEEKS, "cover_id": str(rep2)})
    said = cover.get(f"/people/{rep2}").text
    assert "They stand in for Ivan Petrov, 24 Nov 2026 to 7 Dec 2026." in said
    assert "They stand in for" not in mine.get(f"/people/{rep1}").text
    assert "Maria Sokolova stands in</p>" in head.get(f"/people/{rep1}").text
    some = {"from_on": "2026-11-26", "until_on": "2026-11-30", "cover_id": ""}
    assert cover.post(f"/people/{rep2}/absences", data=some).status_code == 303, "who falls ill can say so"
    page = head.get(f"/people/{rep1}").text
    assert "Maria Sokolova stands in only from 24 Nov 2026 to 25 Nov 2026, 1 Dec 2026 to 7 Dec 2026</p>" in page
    inbox = head.get("/inbox").text
    assert f'<a href="/people/{rep1}#absence">Nobody stands in for Ivan Petrov</a>' in inbox
    assert "Maria Sokolova cannot, from 26 Nov 2026 to 30 Nov 2026." in inbox
    cover.post(f"/people/{rep2}/absences", data={**TWO_WEEKS, "cover_id": ""})
    assert "Maria Sokolova cannot stand in then</p>" in head.get(f"/people/{rep1}").text


def test_a_planned_absence_is_cancelled_and_one_that_has_begun_ends(app: Flask, clock: Clock) -> None:
    with app.app_context():
        rep1 = company.person("rep1")
    mine, page = browser(app, "rep1"), f"/people/{rep1}"
    mine.post(f"{page}/absences", data={"from_on": "2026-11-25", "until_on": "2026-11-26", "cover_id": ""})
    assert ("Cancel absence" in mine.get(page).text, "Back at work" in mine.get(page).text) == (True, False)
    clock.go_on(days=1)
    assert ("Cancel absence" in mine.get(page).text, "Back at work" in mine.get(page).text) == (False, True)
    last_year = {"from_on": "2025-11-25", "until_on": "2025-11-26", "cover_id": ""}
    refused = mine.post(f"{page}/absences", data=last_year)
    assert (refused.status_code, "This absence would be over already" in refused.text) == (422, True)


def test_a_head_who_goes_sees_what_will_go_to_whom(app: Flask, clock: Clock) -> None:
    with app.app_context():
        north = company.person("north")
        acts.deal(rep="north")
        acts.submit(acts.vip_task(), by="rep1")
        with transaction():
            tasks.create_by_hand("Call", "", company.person("rep3"), company.acting("head"), acceptor_id=north)
            tasks.create_by_hand("Count", "", north, company.acting("head"))
        clock.go_on(minutes=11)
        on(the(late(clock), "late_reply"), important.take, "north")
    page = browser(app, "north").get(f"/people/{north}").text
    assert "1 open deal stays theirs" in page
    assert "1 client is waiting for a reply" in page
    assert "1 task stays with them" in page
    assert "1 task they were to accept is accepted by Sergey Lebedev." in page
    assert "1 task they were to accept is accepted by Pavel Orlov." in page, "who did it works in South"
    assert "on their “Important now” list: hand" in page
    assert "1 important item waits for them alone, taken or told to nobody else: hand it off." in page
    assert "What the head of Sales North is told goes to: Sergey Lebedev." in page
    assert "data-meanwhile" not in browser(app, "rep2").get(f"/people/{north}").text


def test_a_deputy_accepts_instead_of_a_head_who_goes(app: Flask, clock: Clock) -> None:
    with app.app_context():
        north, by = company.person("north"), company.acting("admin")
        acts.submit(acts.vip_task(), by="rep1")
        with transaction():
            places.put(company.person("rep2"), by_key("sales_north"), "deputy", by)
    page = browser(app, "north").get(f"/people/{north}").text
    assert "1 task they were to accept is accepted by Maria Sokolova." in page
    with app.app_context(), transaction():
        today = date(2026, 11, 24)
        absences.add(north, today, today, None, by)
    assert "data-approval" in browser(app, "rep2").get("/").text, "as the page has said"


def by_key(key: str) -> int:
    return session().scalars(select(Department.id).where(Department.key == key)).one()
