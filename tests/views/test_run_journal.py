"""The journal of automation: narrowed by deal, robot, person, day and outcome, each run on exactly one of its pages,
the dull ones folded; of deals that one reads alone; and why a robot did nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import Browser
from webapp.db import session
from webapp.models import RobotRun
from webapp.queries import paging

SignIn = Callable[[str], Browser]
pytestmark = pytest.mark.usefixtures("clock")


def shown(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'data-why="(\d+)"', page)]


def texts(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def deals(app: Flask, clock: Clock) -> tuple[int, int]:
    """One of North whose control fired, and one of South whose was called off."""
    with app.app_context():
        ours, theirs = acts.deal(title="Of North"), acts.deal(title="Of South", rep="rep3")
        acts.move(theirs, "data_collection", by="rep3")
        clock.go_on(minutes=11)
        acts.work()
    return ours, theirs


def test_it_is_narrowed_and_each_sees_the_runs_of_deals_they_read(
    app: Flask, deals: tuple[int, int], sign_in: SignIn
) -> None:
    ours, theirs = deals
    with app.app_context():
        fired, gone = acts.run_of(ours, "reaction_control"), acts.run_of(theirs, "reaction_control")
        admin, north, rep3 = company.person("admin"), company.person("north"), company.person("rep3")
    both = {fired.id, gone.id}
    cases = {
        "": both,
        f"?deal={ours}": {fired.id},
        f"?robot={fired.robot_id}": both,
        "?robot=999": set(),
        f"?person={north}": {fired.id},  # was told
        f"?person={rep3}": {gone.id},  # is responsible
        f"?person={admin}": set(),
        "?state=called_off": {gone.id},
        "?state=nonsense": both,
        "?day=2026-11-24": both,
        "?day=2026-11-23": set(),
        "?after=nonsense": both,
    }
    page = sign_in("admin")
    assert {query: set(shown(page.get(f"/runs{query}").text)) for query in cases} == cases
    for headers in ({}, {"HX-Request": "true"}):
        answer = page.get("/runs?day=0026-11-24", headers=headers)
        assert (answer.status_code, shown(answer.text)) == (422, [])
        assert "The date must be between 1900 and 2199." in answer.text
    assert set(shown(sign_in("rep3").get("/runs").text)) == {gone.id}
    assert sign_in("rep3").get(f"/runs?deal={ours}").status_code == 404
    assert shown(sign_in("north").get("/runs").text) == [fired.id]


def test_the_api_narrows_alike_and_says_why(
    app: Flask, deals: tuple[int, int], token: Callable[[str], dict[str, str]]
) -> None:
    ours, theirs = deals

    def items(who: str, path: str) -> list[dict[str, Any]]:
        answer = app.test_client().get(f"/api/v1{path}", headers=token(who))
        assert answer.status_code == 200, answer.text
        return answer.json["items"]

    assert [(each["deal_id"], each["state"]) for each in items("admin", "/runs?state=fired")] == [(ours, "fired")]
    assert {each["deal_id"] for each in items("admin", "/runs?day=2026-11-24&limit=1")} == {theirs}
    assert items("rep3", f"/runs?deal_id={ours}") == []
    assert items("admin", "/runs?day=2026-11-25") == []
    why = {each["robot_id"]: (each["state"], each["why"]) for each in items("north", f"/deals/{ours}/robots")}
    assert ("fired", "told Anna Krylova") in why.values()
    assert (None, "the deal has not reached Payment yet") in why.values()


def test_each_run_stands_on_one_page_though_all_ended_at_once(
    app: Flask, clock: Clock, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 4)
    with app.app_context():
        many = [acts.deal(title=f"Deal {n}") for n in range(9)]
        for each in many[:6]:
            acts.move(each, "data_collection")
        clock.go_on(minutes=11)
        acts.work()
        wanted = {each.id for each in session().query(RobotRun).filter(RobotRun.state != "waiting")}
    page, seen, path = sign_in("admin"), [], "/runs"
    while path:
        text = page.get(path).text
        seen += shown(text)
        path = html.unescape("".join(re.findall(r'href="(/runs\?[^"]*after=[^"]*)"', text)))
    assert len(seen) == len(set(seen)) == len(wanted)
    assert set(seen) == wanted


def test_what_did_nothing_is_folded_until_it_is_asked_for(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    with app.app_context():
        for n in range(5):
            acts.move(acts.deal(title=f"Deal {n}"), "data_collection")
    page = sign_in("admin")
    assert "5 robots did nothing" in texts(page.get("/runs").text)
    alone = page.get("/runs?state=called_off").text
    assert "did nothing" not in alone
    assert len(shown(alone)) == 5


def test_of_each_robot_on_a_deal_it_says_what_it_did_or_why_it_did_nothing(
    app: Flask, clock: Clock, sign_in: SignIn
) -> None:
    with app.app_context():
        deal_id = acts.deal()
        clock.go_on(minutes=2)
        acts.move(deal_id, "payment", raw={"deal": {"equipment_type": "large"}})
    said = texts(sign_in("rep1").get(f"/runs?deal={deal_id}").text)
    assert "never entered Processing: moved New → Payment by Ivan Petrov at 10:02" in said
    assert "Called off, Ivan Petrov moved the deal to Payment" in said
    assert sign_in("rep1").get(f"/deals/{deal_id}").text.count(f'href="/runs?deal={deal_id}"') == 1
