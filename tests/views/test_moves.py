"""A move's answers: small, true, and with a way on when it is refused."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.views.scenes import HTMX, Scene, browser, row, rows, scene
from webapp.db import session
from webapp.models import Deal, JournalEntry
from webapp.snapshots.setups import current

EQUIPMENT = "deal.equipment_type"


def names(app: Flask, *people: str) -> list[str]:
    with app.app_context():
        return [current().name_of(company.person(each)) for each in people]


def stage_id(app: Flask, key: str) -> int:
    with app.app_context():
        return company.stage(key).id


def test_a_move_answers_with_the_card_and_two_headers_and_no_column(app: Flask, north: Scene) -> None:
    others = [scene(app, title=f"Neighbour {n} of a rather long and wordy name") for n in range(3)]
    sends = {"stage": "data_collection", "before": "", "version": north.version}
    answer = browser(app, "rep1").post(f"/deals/{north.deal}/moves", data=sends, headers=HTMX)
    assert answer.status_code == 200
    assert len(answer.data) <= 6 * 1024
    assert re.findall(r'data-deal="(\d+)"', answer.text) == [str(north.deal)]
    heads = re.findall(r'<header id="head-(\d+)"', answer.text)
    assert heads == [str(stage_id(app, "new")), str(stage_id(app, "data_collection"))]
    counts = re.findall(r"data-count>(\d+)<", answer.text)
    assert counts == [str(len(others)), "1"]
    assert 'data-at="data_collection"' in answer.text


def test_a_stage_asks_for_exactly_what_is_missing_and_takes_it_with_the_move(app: Flask, north: Scene) -> None:
    who, before = browser(app, "rep1"), rows(app)
    sends = {"stage": "processing", "version": north.version, "from": "deal"}
    for headers in (HTMX, {}):
        asked = who.post(f"/deals/{north.deal}/moves", data=sends, headers=headers)
        assert asked.status_code == 422
        form = asked.text[asked.text.index("data-required-form") :]
        assert set(re.findall(r'name="((?:deal|contact)\.[^"]+)"', form)) == {EQUIPMENT}
        assert re.search(r'name="stage" value="processing"', form)
        assert rows(app) == before
    assert who.post(f"/deals/{north.deal}/moves", data={**sends, EQUIPMENT: "special"}).status_code == 303
    assert (row(app, north.deal)["stage_id"], row(app, north.deal)["fields"]) == (
        stage_id(app, "processing"),
        {"equipment_type": "special"},
    )


def test_lost_asks_for_its_reason_alone(app: Flask, north: Scene) -> None:
    who = browser(app, "rep1")
    asked = who.post(f"/deals/{north.deal}/moves", data={"stage": "lost"}, headers=HTMX)
    assert asked.status_code == 422
    assert set(re.findall(r'name="(deal\.[^"]+)"', asked.text)) == {"deal.lost_reason"}
    assert (
        who.post(f"/deals/{north.deal}/moves", data={"stage": "lost", "deal.lost_reason": "Price"}).status_code == 303
    )
    assert row(app, north.deal)["lost_reason"] == "Price"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_who_comes_second_is_told_who_moved_it_where_and_sees_the_truth(
    app: Flask, north: Scene, headers: dict[str, str]
) -> None:
    seen = {"version": north.version}
    first = browser(app, "north").post(f"/deals/{north.deal}/moves", data={"stage": "data_collection", **seen})
    assert first.status_code == 303
    before = rows(app)
    second = browser(app, "rep1").post(f"/deals/{north.deal}/moves", data={"stage": "new", **seen}, headers=headers)
    assert second.status_code == 409
    said = html.unescape(second.text)
    assert f"{names(app, 'north')[0]} was quicker and moved it to Data collection at 10:00." in said
    assert ('data-at="data_collection"' in said) == bool(headers)
    assert rows(app) == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_stale_edit_is_told_and_what_was_typed_is_kept(app: Flask, north: Scene, headers: dict[str, str]) -> None:
    seen = {"version": north.version}
    assert browser(app, "north").post(f"/deals/{north.deal}", data={"title": "By the head", **seen}).status_code == 303
    before = rows(app)
    answer = browser(app, "rep1").post(f"/deals/{north.deal}", data={"title": "By the rep", **seen}, headers=headers)
    said = html.unescape(answer.text)
    assert answer.status_code == 409
    assert f"{names(app, 'north')[0]} changed it in the meantime" in said
    assert "By the rep</textarea>" in said
    assert f'name="version" value="{north.version + 1}"' in said  # sent again, it is a decision
    assert rows(app) == before


def test_a_stale_contact_is_told_and_what_was_typed_is_kept(app: Flask, north: Scene) -> None:
    who = browser(app, "rep1")
    assert who.post(f"/contacts/{north.contact}", data={"name": "First", "version": "1"}).status_code == 303
    before = rows(app)
    answer = who.post(f"/contacts/{north.contact}", data={"name": "Second", "version": "1"})
    assert answer.status_code == 409
    assert "changed it in the meantime" in answer.text
    assert 'value="Second"' in answer.text
    assert rows(app) == before


def test_a_neighbour_that_was_just_deleted_does_not_stop_a_drop(app: Flask, north: Scene) -> None:
    other, who = scene(app, title="Neighbour"), browser(app, "rep1")
    assert who.post(f"/deals/{other.deal}/deletions").status_code == 303
    answer = who.post(f"/deals/{north.deal}/moves", data={"stage": "data_collection", "before": other.deal})
    assert answer.status_code == 303


def test_a_card_is_dropped_where_the_hand_let_go(app: Flask, clock: Any) -> None:
    a, b, c = (scene(app, title=name).deal for name in "ABC")
    who = browser(app, "rep1")

    def column() -> list[int]:
        return [int(each) for each in re.findall(r'data-deal="(\d+)"', who.get("/").text)]

    assert column() == [c, b, a]
    assert who.post(f"/deals/{c}/moves", data={"stage": "new", "after": a}, headers=HTMX).status_code == 200
    assert column() == [b, a, c]
    assert who.post(f"/deals/{c}/moves", data={"stage": "new", "before": a}, headers=HTMX).status_code == 200
    assert column() == [b, c, a]


def test_what_a_stage_would_ask_is_said_while_the_card_is_in_the_air(app: Flask, north: Scene) -> None:
    needs = browser(app, "rep2").get(f"/deals/{north.deal}/needs").json
    assert needs["data_collection"] == []
    assert needs["processing"] == needs["won"] == ["Equipment type"]
    assert needs["lost"] == ["Why it was lost"]


def test_a_move_is_written_in_the_journal_with_its_way_in(app: Flask, north: Scene) -> None:
    browser(app, "rep1").post(f"/deals/{north.deal}/moves", data={"stage": "data_collection"})
    with app.app_context():
        entry = session().query(JournalEntry).filter_by(event="deal.moved", deal_id=north.deal).one()
        assert (entry.old, entry.new, entry.by_id, entry.cause["via"]) == (
            company.stage("new").id,
            company.stage("data_collection").id,
            north.owner,
            "page",
        )
        assert session().get_one(Deal, north.deal).version == north.version + 1
