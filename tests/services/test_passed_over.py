"""Whoever was passed over on the way to whoever is told stands in the deal's history, and why, for each reader: robots,
tasks, the ladder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser
from webapp.db import transaction
from webapp.queries import deals
from webapp.services import tasks
from webapp.snapshots import setups
from webapp.web import templating

NORTH_AWAY = {
    "en": "passed over: head of Sales North: Anna Krylova, away",
    "ru": "пропущены: Руководитель\u00a0· Отдел продаж «Север»: Anna Krylova, отсутствует",
}
SOUTH_VACANT = {"en": "passed over: head of Sales South: vacant"}
OWN = {"en": "passed over: head of Sales North: Anna Krylova, is the one this is about"}


def story(app: Flask, deal_id: int, language: str) -> list[str]:
    """The history in words, as a reader of this language has it."""
    with templating.reading_as(app, templating.Reader(language, "Europe/Moscow")):
        told = deals._story(deal_id, 100, setups.current())
        return [f"{each.text} " if isinstance(each, deals.Line) else f"{each.reason} · {each.passed}" for each in told]


def says(app: Flask, deal_id: int, words: dict[str, str]) -> dict[str, int]:
    return {key: sum(each in line for line in story(app, deal_id, key)) for key, each in words.items()}


def late(rep: str, clock: Clock) -> int:
    deal_id = acts.deal(rep=rep)
    clock.go_on(minutes=10)
    acts.work()
    return deal_id


@pytest.mark.parametrize(
    ("rep", "away", "words"),
    [("rep1", "north", NORTH_AWAY), ("rep3", None, SOUTH_VACANT), ("north", None, OWN), ("rep1", None, {})],
)
def test_a_control_says_whom_it_passed_over(
    inside: Flask, clock: Clock, rep: str, away: str | None, words: dict[str, str]
) -> None:
    if away:
        acts.away(away, clock().date())
    deal_id = late(rep, clock)
    assert says(inside, deal_id, words) == dict.fromkeys(words, 1)
    assert words or not any("passed over" in each for each in story(inside, deal_id, "en"))


def test_the_ladder_says_whom_it_passed_over_and_that_who_knows_has_not_left(inside: Flask, clock: Clock) -> None:
    acts.away("head", clock().date())
    deal_id = late("rep1", clock)
    clock.go_on(hours=1)
    acts.work()
    climbed = next(each for each in story(inside, deal_id, "en") if each.startswith("nobody took it"))
    assert "passed over: head of Sales: Sergey Lebedev, away" in climbed
    assert "no longer works here" not in climbed


def test_who_is_asked_to_accept_is_said_with_who_was_passed_over(inside: Flask, clock: Clock) -> None:
    task_id = acts.vip_task()
    deal_id = acts.task_of_id(task_id).deal_id or 0
    assert says(inside, deal_id, NORTH_AWAY) == {"en": 0, "ru": 0}
    acts.away("north", clock().date(), clock().date() + timedelta(days=3))
    acts.submit(task_id)
    asked = [each for each in story(inside, deal_id, "en") if each.startswith("asked for acceptance")]
    title = "Processing a deal with a VIP client"
    assert asked == [f"asked for acceptance of the work on “{title}”: Sergey Lebedev; {NORTH_AWAY['en']} "]
    assert says(inside, deal_id, NORTH_AWAY) == {"en": 1, "ru": 1}


def test_a_named_acceptor_who_is_away_is_said_too(inside: Flask, clock: Clock) -> None:
    deal_id = acts.deal(waits=False)
    with transaction():
        task = tasks.create_by_hand(
            "Agree", "", company.person("rep1"), company.acting("head"), deal=acts.locked(deal_id), accept=True
        )
    acts.away("head", clock().date())
    acts.submit(task.id)
    line = next(each for each in story(inside, deal_id, "en") if each.startswith("asked for acceptance"))
    assert "was to accept the work: Sergey Lebedev, away" in line
    assert "Anna Krylova" in line.partition(";")[0]


def test_the_page_and_the_api_show_it(app: Flask, clock: Clock, token: Callable[[str], dict[str, str]]) -> None:
    with app.app_context():
        acts.away("north", clock().date())
        deal_id = late("rep1", clock)
    assert NORTH_AWAY["en"] in browser(app, "admin").get(f"/deals/{deal_id}").text
    runs = app.test_client().get(f"/api/v1/deals/{deal_id}/runs", headers=token("admin")).json["items"]
    assert [each["verdict"] for run in runs if run["state"] == "fired" for each in run["path"]] == ["absent", "chosen"]
