"""A rehearsal is work of many small parts: it goes on where it was, is ended by one click, tells nobody and changes
nothing; what is replayed and what is estimated are never one number."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import runner
from tests import company
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views import scenes
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.models import JournalEntry, Rehearsal, RehearsedFiring
from webapp.services import drafts, rehearsals, setup_editing

Token = Callable[[str], dict[str, str]]
OWN = (Rehearsal.__tablename__, RehearsedFiring.__tablename__, "api_token", "idempotency_key")
SLOW = {
    "kind": "control",
    "stage": "new",
    "timing": {"after": {"amount": 30, "unit": "minutes"}},
    "settings": {"text": {"en": "Slow"}},
}


class Api:
    """The API as its admin calls it."""

    def __init__(self, app: Flask, headers: dict[str, str]) -> None:
        self.client, self.headers = app.test_client(), headers

    def __call__(self, method: str, path: str, json: Any = None) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers=self.headers)


@pytest.fixture
def api(app: Flask, token: Token) -> Api:
    return Api(app, token("admin"))


@pytest.fixture
def deals(app: Flask, clock: Clock) -> list[int]:
    """Three that waited an hour in New; one went on in time."""
    with app.app_context():
        made = [acts.deal(title=f"Press {n}") for n in range(4)]
        clock.go_on(minutes=5)
        acts.move(made[3], "data_collection")
        clock.go_on(minutes=55)
        acts.work()
    return made


def untouched(app: Flask) -> dict[str, Any]:
    return {name: rows for name, rows in scenes.rows(app).items() if name not in OWN}


def played(app: Flask) -> None:
    with app.app_context():
        runner.drain()


@pytest.mark.both_databases
def test_it_says_how_often_when_and_whom_and_touches_nothing(app: Flask, api: Api, deals: list[int]) -> None:
    before = untouched(app)
    begun = api("POST", "/rehearsals", {"robot": SLOW, "days": 7})
    assert begun.status_code == 202
    path = f"/rehearsals/{begun.json['id']}"
    assert api("GET", path).json["state"] == "waiting"
    played(app)
    found = api("GET", path).json
    assert (found["state"], found["done"], found["of"]) == ("done", 4, 4)
    assert found["firings"] == {"replayed": 3, "estimated": 0}
    assert [each["deal_id"] for each in found["items"]] == deals[:3]
    assert {each["at"] for each in found["items"]} == {"2026-11-24T07:30:00Z"}
    assert untouched(app) == before


def test_a_part_of_them_is_read_at_a_time(app: Flask, api: Api, deals: list[int]) -> None:
    number = api("POST", "/rehearsals", {"robot": SLOW}).json["id"]
    played(app)
    first = api("GET", f"/rehearsals/{number}?limit=2").json
    rest = api("GET", f"/rehearsals/{number}?limit=2&cursor={first['next']}").json
    assert [each["deal_id"] for each in first["items"] + rest["items"]] == deals[:3]
    assert rest["next"] is None


def test_what_has_no_history_is_estimated_and_told_apart(app: Flask, api: Api, deals: list[int]) -> None:
    with app.app_context(), transaction() as current:
        made = select(JournalEntry).where(JournalEntry.event == "deal.created").order_by(JournalEntry.id)
        first, second, *_ = session().scalars(made)
        current.delete(first)
        second.new = {"title": "It does not say where"}
    condition = {"all": [{"entity": "conversation", "field": "unanswered", "operator": "eq", "value": True}]}
    number = api("POST", "/rehearsals", {"robot": {**SLOW, "condition": condition}}).json["id"]
    played(app)
    found = api("GET", f"/rehearsals/{number}").json
    # Calls that nobody wrote down: that the client waits, is read as it is today; so is where the first two came from.
    assert found["firings"] == {"replayed": 0, "estimated": 3}
    whys = [each["unknown"] for each in found["items"]]
    assert whys == [["conversation.unanswered", "history"]] * 2 + [["conversation.unanswered"]]


def one_part(number: int) -> outbox.Claim:
    """A worker has begun this rehearsal, and holds it."""
    mine = outbox.claim("rehearsal", number)
    assert mine is not None
    runner._phases(runner.WORK["rehearsal"], mine)
    session().close()
    return mine


def test_a_worker_that_dies_leaves_it_to_the_next_and_nothing_is_found_twice(
    app: Flask, api: Api, clock: Clock, deals: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsals, "PART", 1)
    number = api("POST", "/rehearsals", {"robot": SLOW}).json["id"]
    with app.app_context():
        one_part(number)  # and then the worker is gone
        clock.go_on(seconds=31)
        runner.drain()
        assert session().get_one(Rehearsal, number).state == "done"
    assert [each["deal_id"] for each in api("GET", f"/rehearsals/{number}").json["items"]] == deals[:3]


def test_cancelled_it_writes_no_more(app: Flask, api: Api, deals: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsals, "PART", 1)
    number = api("POST", "/rehearsals", {"robot": SLOW}).json["id"]
    with app.app_context():
        mine = one_part(number)
        assert api("DELETE", f"/rehearsals/{number}").status_code == 204
        with pytest.raises(outbox.LeaseLost):
            runner._phases(runner.WORK["rehearsal"], mine)
        session().close()
        runner.drain()
    found = api("GET", f"/rehearsals/{number}").json
    assert (found["state"], found["done"], len(found["items"])) == ("cancelled", 1, 1)


@pytest.mark.both_databases
def test_the_address_of_one_is_never_that_of_another(app: Flask, api: Api, deals: list[int]) -> None:
    first = api("POST", "/rehearsals", {"robot": SLOW}).json["id"]
    played(app)
    quick = {**SLOW, "timing": {"after": {"amount": 2, "unit": "minutes"}}}
    second = api("POST", "/rehearsals", {"robot": quick}).json["id"]
    assert first != second
    played(app)
    before = api("GET", f"/rehearsals/{first}").json
    assert (before["state"], before["items"]) == ("replaced", [])
    after = api("GET", f"/rehearsals/{second}").json
    assert (after["state"], len(after["items"])) == ("done", 4)


def test_one_that_is_replaced_while_a_worker_is_at_it_finds_no_more(
    app: Flask, api: Api, deals: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsals, "PART", 1)
    number = api("POST", "/rehearsals", {"robot": SLOW}).json["id"]
    with app.app_context():
        mine = one_part(number)
        api("POST", "/rehearsals", {"robot": SLOW})
        with pytest.raises(outbox.LeaseLost):
            runner._phases(runner.WORK["rehearsal"], mine)
        session().close()
    assert api("GET", f"/rehearsals/{number}").json["items"] == []


def test_the_old_page_says_that_another_was_begun_and_leads_there(
    app: Flask, deals: list[int], sign_in: Callable[[str], Browser]
) -> None:
    admin = sign_in("admin")
    first, second = (
        admin.post("/rehearsals", data={"robot": robot, "days": "7"}).location
        for robot in ("reaction_control", "vip_notification")
    )
    played(app)
    assert first != second
    for headers in ({}, scenes.HTMX):
        old = admin.get(first, headers=headers).text
        assert 'data-state="replaced"' in old
        assert "Another rehearsal was begun since" in old
        assert f'href="{second}"' in old
        assert "It would not have run at all" not in old
        assert 'hx-trigger="load' not in old
    new = admin.get(second).text
    assert 'data-state="done"' in new
    assert "Another rehearsal" not in new


def test_what_makes_no_sense_is_refused(api: Api) -> None:
    wrong = {
        "robot": {},
        "robot.stage": {"robot": {**SLOW, "stage": "nowhere"}},
        "robot.kind": {"robot": {**SLOW, "kind": "dance"}},
        "robot.settings.text": {"robot": {**SLOW, "settings": {}}},
        "robot.timing": {"robot": {**SLOW, "timing": {"after": "noon"}}},
        "days": {"robot": SLOW, "days": 366},
    }
    for place, body in wrong.items():
        answer = api("POST", "/rehearsals", body)
        assert answer.status_code == 422, place
        assert place in answer.text, answer.text
    assert api("POST", "/rehearsals", {"robot_id": 999}).status_code == 404


def test_on_the_page_it_is_begun_from_the_robot_watched_and_read(
    app: Flask, deals: list[int], sign_in: Callable[[str], Browser]
) -> None:
    admin = sign_in("admin")
    assert 'action="/rehearsals"' in admin.get("/automation/sales/robots/reaction_control").text
    path = admin.post("/rehearsals", data={"robot": "reaction_control", "days": "7"}).headers["Location"]
    waiting = admin.get(path).text
    assert 'data-state="waiting"' in waiting
    assert "0 of 4 deals" in waiting
    assert "10 minutes after a deal enters “New”, control: tell the head of the responsible" in waiting
    played(app)
    done = admin.get(path, headers=scenes.HTMX).text
    assert re.findall(r'data-firing="(\d+)" data-basis="(\w+)"', done) == [
        (str(each), "estimated") for each in deals[:3]
    ]
    assert done.count("<rect") == 1
    assert "Anna Krylova" in done


def test_a_robot_is_rehearsed_with_the_fields_of_the_draft(app: Flask, deals: list[int]) -> None:
    """A field that is not live yet is empty on every deal: a condition that asks for that holds."""
    with app.app_context(), transaction():
        by = company.acting("admin")
        parts = {"kind": "number", "label": {"en": "Weight"}}
        drafts.add("field", setup_editing.whole("field", parts), by, home="deal", key="weight")
        test = {"entity": "deal", "field": "weight", "operator": "empty"}
        drafts.edit("robot", "reaction_control", "condition", {"all": [test]}, by)
    admin = scenes.browser(app, "admin")
    page = admin.post("/rehearsals", data={"robot": "reaction_control", "days": "7"}).location
    played(app)
    with app.app_context():
        row = session().scalars(select(Rehearsal)).one()
        found = session().scalars(select(RehearsedFiring.deal_id).where(RehearsedFiring.rehearsal_id == row.id))
        assert (row.state, row.error, sorted(set(found))) == ("done", None, deals[:3])
    assert "Weight" in admin.get(page).text, "in the words of the draft"


def test_a_robot_on_a_stage_of_the_draft_speaks_of_that_stage_whatever_becomes_of_the_draft(
    app: Flask, deals: list[int]
) -> None:
    admin = scenes.browser(app, "admin")
    base = "/automation/sales"

    def added(what: str, **data: str) -> str:
        return str(admin.post(f"{base}/{what}", data=data).location).rpartition("/")[2]

    zed = added("stages", **{"name.en": "Zed", "after": "new"})
    robot = added("robots", kind="control", stage=zed)
    page = admin.post("/rehearsals", data={"robot": robot, "days": "7"}).location
    played(app)
    first = admin.get(page).text
    assert "after a deal enters “Zed”" in first or "enters “Zed”" in first
    assert "“Zed” is in the draft only, so no deal has been there yet." in first
    assert "It would not have run at all" not in first
    added("stages", **{"name.en": "Other", "after": "new"})
    assert "enters “Zed”" in admin.get(page).text, "another stage of the draft takes no place of it"
    plan = admin.post("/setup/plans").location
    asked = re.findall(r'name="(remedy[^"]+)" value="([^"]+)" required', admin.get(plan).text)
    chosen = dict(reversed(asked))
    assert admin.post(f"{plan}/application", data=chosen).status_code == 303
    live = admin.get(page).text
    assert "enters “Zed”" in live, "it is the same stage once it is live"
    assert "in the draft only" not in live
    assert "It would not have run at all." in live
