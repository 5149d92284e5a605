"""What a change means to each open page; and that whoever may not see a deal is not sent a byte about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.live.conftest import LiveServer, Page, once_read, wait_until
from tests.services import acts
from tests.views.scenes import Browser, Scene, browser, scene
from webapp.access.scopes import SYSTEM
from webapp.changes import announcements
from webapp.db import transaction
from webapp.models import Contact, Deal, Department, Post
from webapp.services import inquiries, notifications, people, tasks
from webapp.snapshots import setups


@pytest.fixture
def north(app: Flask) -> Scene:
    return scene(app)


def move(who: Browser, at: Scene, stage: str = "data_collection") -> None:
    assert who.post(f"/deals/{at.deal}/moves", data={"stage": stage}).status_code == 303


def heads(app: Flask, *keys: str) -> set[int]:
    with app.app_context():
        return {company.stage(key).id for key in keys}


def heard(page: Page, number: int) -> list[dict[str, Any]]:
    return [page.next() for _ in range(number)]


def tell(app: Flask, name: str, *keys: str) -> None:
    """Something that a person is told, of each key once."""
    with app.app_context(), transaction():
        for key in keys:
            facts = {"task.by": "", "deal.title": key}
            notifications.tell([company.person(name)], "robot.notify", key=key, facts=facts, text={"en": f"Told {key}"})


def toasts(frames: list[dict[str, Any]]) -> list[int]:
    """The numbers of the notifications that came as toasts."""
    return [int(re.findall(r'data-toast="(\d+)"', each)[0]) for frame in frames for each in frame["toasts"]]


def frames(page: Page, last: int) -> Iterator[dict[str, Any]]:
    """Up to the one after which the page has been told everything as far as notification `last`."""
    said = 0
    while said < last:
        yield (frame := page.until("frame"))
        said = frame["seq"]


def test_a_move_comes_as_a_card_and_two_heads_to_whoever_may_see_it_and_to_nobody_else(
    live: LiveServer, north: Scene
) -> None:
    near = [live.greeted(name) for name in ("north", "rep2", "rep1", "head", "admin")]
    far = [live.greeted(name) for name in ("rep3", "south-deputy")]
    move(browser(live.app, "rep1"), north)
    for page in near:
        got = heard(page, 4)
        assert [each["kind"] for each in got] == ["card", "head", "head", "total"]
        assert got[0]["deal"] == north.deal
        assert 'data-at="data_collection"' in got[0]["html"]
        assert {each["stage"] for each in got[1:3]} == heads(live.app, "new", "data_collection")
    for page in far:
        assert page.hears_nothing()


def test_messages_payments_edits_and_tasks_of_a_deal_are_not_heard_by_an_outsider(
    live: LiveServer, north: Scene
) -> None:
    near, far, who = live.greeted("north"), live.greeted("rep3"), browser(live.app, "rep1")
    for path, sends in (
        (f"/conversations/{north.conversation}/messages", {"text": "Good day"}),
        (f"/invoices/{north.invoice}/payments", {}),
        (f"/deals/{north.deal}", {"title": "Another"}),
        (f"/tasks/{north.task}/submissions", {"result": "Done"}),
        (f"/contacts/{north.contact}", {"name": "Renamed"}),
        (f"/deals/{north.deal}/deletions", {}),
    ):
        assert who.post(path, data=sends).status_code == 303
        near.next()
    assert near.until("gone")["deal"] == north.deal
    assert far.hears_nothing()


def test_a_notification_comes_with_its_toast_once_to_its_person_alone(live: LiveServer) -> None:
    mine, other_tab, boss = live.greeted("rep1"), live.greeted("rep1"), live.greeted("north")
    tell(live.app, "rep1", "a")
    for page in (mine, other_tab):
        got = list(frames(page, last=1))
        assert toasts(got) == [1]
        assert "Told a" in "".join(got[0]["toasts"])
        assert (got[-1]["seq"], got[-1]["unread"]) == (1, 1)
        assert page.hears_nothing(0.3)
    assert boss.hears_nothing(0.2)


def test_a_deal_that_waits_for_acceptance_prompts_the_head_at_once(live: LiveServer, north: Scene) -> None:
    boss = live.greeted("north")
    browser(live.app, "rep1").post(f"/tasks/{north.task}/submissions", data={"result": "Agreed on 5 %"})
    while f'data-approval="{north.task}"' not in (prompts := boss.until("frame")["prompts"]):
        pass
    assert "Agreed on 5 %" in prompts
    browser(live.app, "north").post(f"/tasks/{north.task}/acceptances")
    while f'data-approval="{north.task}"' in boss.until("frame")["prompts"]:
        pass


def test_after_a_reconnect_exactly_what_was_missed_is_told(live: LiveServer) -> None:
    tell(live.app, "rep1", "a", "b")
    first = live.open("rep1", "?seq=0").until("frame")
    assert (toasts([first]), first["seq"]) == ([1, 2], 2)
    live.pages[0].socket.close()
    tell(live.app, "rep1", "c", "d", "a")  # what was told already is not told again
    tell(live.app, "rep2", "other")
    assert toasts([live.open("rep1", "?seq=2").until("frame")]) == [3, 4]
    assert toasts([live.open("rep1", "?seq=4").until("frame")]) == []
    assert toasts([live.open("rep1", "?seq=rubbish").until("frame")]) == [1, 2, 3, 4]


def test_a_page_that_has_heard_more_than_there_is_hears_what_comes_next(live: LiveServer) -> None:
    """A restore has ended the history that it knows: the end of its inbox is where it goes on from."""
    tell(live.app, "rep1", "a", "b")
    page = live.open("rep1", "?seq=27")
    first = page.until("frame")
    assert (toasts([first]), first["seq"]) == ([], 2)
    tell(live.app, "rep1", "c")
    assert toasts([page.until("frame")]) == [3]


def test_more_than_a_page_of_missed_notifications_comes_whole(live: LiveServer) -> None:
    tell(live.app, "rep1", *map(str, range(120)))
    assert toasts(list(frames(live.open("rep1", "?seq=10"), last=120))) == list(range(11, 121))


def test_a_deal_handed_to_another_department_is_gone_for_those_who_can_no_longer_see_it(
    live: LiveServer, north: Scene
) -> None:
    losing = [live.greeted(name) for name in ("rep1", "rep2", "north")]
    winning = [live.greeted(name) for name in ("south-deputy", "head")]
    with live.app.app_context():
        to = company.person("rep3")
    assert browser(live.app, "admin").post(f"/deals/{north.deal}", data={"responsible": to}).status_code == 303
    for page in losing:
        got = heard(page, 3)
        assert [(each["kind"], each.get("deal")) for each in got] == [
            ("gone", north.deal),
            ("head", None),
            ("total", None),
        ]
        assert "html" not in got[0]
    for page in winning:
        assert [each["kind"] for each in heard(page, 3)] == ["card", "head", "total"]


def task_of(app: Flask, assignee: str, by: str = "north", deal_id: int | None = None) -> int:
    """Work that is to be accepted, by default without a deal: whoever has nothing to do with it does not see it."""
    with app.app_context(), transaction() as current:
        deal = current.get_one(Deal, deal_id) if deal_id else None
        who = company.person(assignee)
        return tasks.create_by_hand("Call the bank", "", who, company.acting(by), deal=deal, accept=True).id


def told_of_task(page: Page, task_id: int) -> str:
    """What kind of message the page is sent of it, the first."""
    while (message := page.next()).get("task") != task_id:
        pass
    return str(message["kind"])


@pytest.mark.parametrize("giver", ["rep2", "north"])
def test_a_task_that_is_given_on_leaves_the_pages_of_whoever_had_it(live: LiveServer, giver: str) -> None:
    task_id = task_of(live.app, "rep2")
    losing, keeping, winning, far = (live.greeted(name) for name in ("rep2", "north", "rep1", "head"))
    with live.app.app_context():
        to = company.person("rep1")
    assert browser(live.app, giver).post(f"/tasks/{task_id}/handovers", data={"to": to}).status_code == 303
    assert told_of_task(losing, task_id) == "task_gone"
    assert losing.until("frame")["tasks"] == 0
    assert [told_of_task(page, task_id) for page in (keeping, winning)] == ["task", "task"]
    assert far.hears_nothing()


def test_whoever_had_a_task_and_reads_its_deal_keeps_its_row(live: LiveServer, north: Scene) -> None:
    task_id = task_of(live.app, "rep2", deal_id=north.deal)
    page = live.greeted("rep2")
    with live.app.app_context():
        to = company.person("rep1")
    browser(live.app, "rep2").post(f"/tasks/{task_id}/handovers", data={"to": to})
    assert told_of_task(page, task_id) == "task"


def test_what_somebody_decided_in_anothers_stead_waits_for_nobody_and_stays_in_sight(live: LiveServer) -> None:
    task_id = task_of(live.app, "rep2")
    with live.app.app_context():
        acts.submit(task_id, by="rep2")
        acts.away("north", datetime.now(UTC).date() - timedelta(days=1), datetime.now(UTC).date() + timedelta(days=1))
    deciding, other = live.greeted("head"), live.greeted("rep2")
    assert browser(live.app, "head").post(f"/tasks/{task_id}/returns", data={"reason": "No"}).status_code == 303
    assert told_of_task(deciding, task_id) == "task"
    assert deciding.until("frame")["prompts"] == ""
    assert told_of_task(other, task_id) == "task"


def test_what_changes_while_a_page_is_read_makes_it_ask_again(live: LiveServer, north: Scene) -> None:
    live.greeted("north")
    who, other = browser(live.app, "rep2"), browser(live.app, "rep1")

    def move_it() -> None:
        before = live.hub.changed_at
        move(other, north)
        wait_until(lambda: live.hub.changed_at > before)

    with once_read(live.app, "FROM deal", move_it) as read:
        page = who.get("/").text
    assert read
    assert re.findall(rf'data-deal="{north.deal}" data-version="\d+" data-at="(\w+)"', page) == ["new"]
    rendered_at = int(re.findall(r'data-now="(\d+)"', page)[0])
    assert live.open("rep2").until("since")["at"] >= rendered_at


def test_a_head_counts_only_what_its_reader_may_see(live: LiveServer, north: Scene) -> None:
    scene(live.app, "rep3", "head", "Deal of South")
    pages = {name: live.greeted(name) for name in ("north", "head")}
    browser(live.app, "rep1").post(f"/deals/{north.deal}", data={"amount": "1500"})
    counts = {name: re.findall(r"data-count>(\d+)<", page.until("head")["html"]) for name, page in pages.items()}
    assert counts == {"north": ["1"], "head": ["2"]}


def test_each_page_hears_in_the_language_in_which_it_was_drawn(live: LiveServer, north: Scene) -> None:
    english, boss = live.greeted("rep2"), live.greeted("north")
    me = {"name": "Anna", "locale": "ru", "theme": "auto", "time_zone": "Europe/Moscow"}
    assert browser(live.app, "north").post("/profile", data=me).status_code == 303
    boss.until("redraw")
    anew = live.greeted("north", "?seq=0&lang=ru&zone=Europe%2FMoscow")
    browser(live.app, "rep1").post(f"/deals/{north.deal}", data={"amount": "1500"})
    assert "<h2>New</h2>" in english.until("head")["html"]
    assert "<h2>New</h2>" in boss.until("head")["html"]
    assert "<h2>Новая</h2>" in anew.until("head")["html"]


def test_new_rights_are_heard_as_a_resync_and_hold_at_once(live: LiveServer, north: Scene) -> None:
    page, who = live.greeted("rep3"), browser(live.app, "rep1")
    with live.app.app_context(), transaction() as current:
        department = current.scalars(select(Department.id).where(Department.key == "sales_north")).one()
        current.add(Post(department_id=department, user_id=company.person("rep3"), kind="deputy"))
        setups.changed()
        announcements.rights_changed()
    told = page.next()
    assert told["kind"] == "resync"
    assert f"department-{department}" in told["writes_as"].split()
    move(who, north)
    assert page.next()["kind"] == "card"
    with live.app.app_context(), transaction() as current:
        mine = Post.user_id == company.person("rep3")
        current.delete(current.scalars(select(Post).where(mine)).one())
        setups.changed()
        announcements.rights_changed()
    page.until("resync")
    move(who, north, "new")
    assert page.hears_nothing()


def test_what_a_client_writes_into_a_page_of_others_is_escaped(live: LiveServer, north: Scene) -> None:
    page = live.greeted("north")
    hostile = "<img src=x onerror=alert(1)>"
    with live.app.app_context(), transaction() as current:
        contact = current.get_one(Contact, north.contact)
        contact.name = hostile
        inquiries.receive("chat", {"name": hostile, "external_id": contact.external_id}, hostile, SYSTEM)
        notifications.tell(
            [company.person("north")], "robot.notify", key="x", facts={"deal.title": hostile}, text={"en": hostile}
        )
    drawn = {"card": "", "frame": ""}
    while not all("&lt;img" in each for each in drawn.values()):  # in whichever order they come
        heard = page.next(8)
        if heard["kind"] == "card":
            drawn["card"] += heard["html"]
        elif heard["kind"] == "frame":
            drawn["frame"] += "".join((*heard["toasts"], heard["prompts"]))
    assert "<img src=x" not in "".join(drawn.values())


DRAWN = "?seq=0&lang=en&zone=Europe%2FMoscow"


@pytest.mark.parametrize(
    ("changes", "anew"),
    [
        ({"locale": "ru"}, "?seq=0&lang=ru&zone=Europe%2FMoscow"),
        ({"time_zone": "Asia/Tokyo"}, "?seq=0&lang=en&zone=Asia%2FTokyo"),
    ],
)
def test_a_page_is_told_that_its_reader_reads_otherwise_than_it_was_drawn(
    live: LiveServer, north: Scene, changes: dict[str, str], anew: str
) -> None:
    """By whomever that was changed; and one that was offline then, as it comes back. What is drawn anew hears nothing
    of it."""
    page, beside = live.greeted("rep1", DRAWN), live.greeted("head", DRAWN)
    with live.app.app_context(), transaction():
        people.change_person(company.person("rep1"), cast(people.PersonEdit, changes), company.acting("admin"))
    page.until("redraw")
    move(browser(live.app, "north"), north)
    assert page.until("card")["html"] == beside.until("card")["html"], "until it is drawn anew, it reads as it did"
    live.open("rep1", DRAWN).until("redraw")
    assert live.greeted("rep1", anew).hears_nothing()


@pytest.mark.parametrize("said", ["lang=xx&zone=Europe%2FMoscow", "lang=en&zone=..%2F..%2Fetc%2Fpasswd", "lang=&zone="])
def test_a_page_that_says_nonsense_of_how_it_was_drawn_is_served_as_its_reader_reads(
    live: LiveServer, north: Scene, said: str
) -> None:
    page = live.greeted("rep1", f"?seq=0&{said}")
    move(browser(live.app, "north"), north)
    assert page.until("card")["deal"] == north.deal
