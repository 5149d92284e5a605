"""Many deals at once: the page that moved them shows every column anew that they came from or went to, and no other."""

from __future__ import annotations

import re

from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import HTMX, browser


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
