"""Many deals at once: the page that moved them shows every column anew that they came from or went to, and no other."""

from __future__ import annotations

import re

from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.drawn_forms import form_of
from tests.views.scenes import HTMX, browser
from webapp.db.giving_way import FEW


def test_the_heads_of_all_columns_that_deals_left_or_came_to_are_drawn_anew(app: Flask, clock: Clock) -> None:
    stages = ("new", "data_collection", "payment")
    with app.app_context():
        deals = [acts.deal(each, fields={"equipment_type": "large"}, title=f"On {each}") for each in stages]
        ids = {company.stage(each).id: each for each in (*stages, "processing", "won")}
    rep = browser(app, "rep1")

    def anew(path: str, moved: list[int], **more: str) -> set[str]:
        answer = rep.post(path, data={"deal": moved, **more}, headers=HTMX)
        assert answer.status_code == 200
        return {ids[int(each)] for each in re.findall(r'hx-target="#head-(\d+)"', answer.text)}

    assert anew("/moves", deals, stage="processing") == {*stages, "processing"}
    assert anew("/moves/takebacks", deals[:2]) == {"new", "data_collection", "processing"}
    assert anew("/moves", deals[:1], stage="new") == set(), "it stands there already"


def test_many_are_taken_back_by_the_moves_that_the_toast_told_of_and_what_has_gone_on_is_said(
    app: Flask, clock: Clock
) -> None:
    with app.app_context():
        deals = [acts.deal(fields={"equipment_type": "large"}, title=f"Press {n}") for n in range(3)]
    rep, phone = browser(app, "rep1"), browser(app, "rep1")
    moved = rep.post("/moves", data={"deal": deals, "stage": "data_collection"}, headers=HTMX)
    clock.go_on(seconds=3)
    phone.post(f"/deals/{deals[1]}/moves", data={"stage": "processing"}, headers=HTMX)
    back = rep.post("/moves/takebacks", data=form_of(moved.text, "/moves/takebacks").data(), headers=HTMX)
    assert "2 deals moved back" in back.text
    assert "1 deal stayed where it is" in back.text
    assert re.search(rf'href="/deals/{deals[1]}">Press 1</a>.*?can no longer be undone', back.text, re.DOTALL)
    assert stages(app, deals) == ["new", "processing", "new"]


def test_all_are_taken_back_where_nothing_was_done_since(app: Flask, clock: Clock) -> None:
    """More than one transaction takes."""
    with app.app_context():
        deals = [acts.deal(title=f"Press {n}") for n in range(FEW + 2)]
    rep = browser(app, "rep1")
    moved = rep.post("/moves", data={"deal": deals, "stage": "data_collection"}, headers=HTMX)
    back = rep.post("/moves/takebacks", data=form_of(moved.text, "/moves/takebacks").data(), headers=HTMX)
    assert f"{FEW + 2} deals moved back" in back.text
    assert set(stages(app, deals)) == {"new"}


def stages(app: Flask, deals: list[int]) -> list[str]:
    with app.app_context():
        return [acts.stage_of(each) for each in deals]
