"""How far a move goes: the rooms that a deal is handed through on its way, and how often its facts are gathered."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.services import acts
from tests.views.scenes import HTMX, Scene, browser, scene
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.services import deals

HOUSE = ("webapp.", "rules.", "jobs.")
NO_OTHER_ID = 7_654_321  # a number that nothing else is given: wherever it is an argument, it is this deal
AROUND_A_DATE = {"after_field": {"entity": "deal", "field": "created_at", "amount": 3, "unit": "days"}}


@contextmanager
def walked(deal_id: int) -> Iterator[Counter[str]]:
    """Every function of Dozor that is given the deal (its row, or its id) as an argument, by room, and how often.

    A room is a module. The constructor of a dataclass is none: there the id is written down, not handed on.
    """
    found: Counter[str] = Counter()

    def look(frame: FrameType, event: str, _: Any) -> None:
        code, module = frame.f_code, frame.f_globals.get("__name__", "")
        if event != "call" or not module.startswith(HOUSE) or code.co_name == "__init__":
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        given = [frame.f_locals.get(each) for each in names]
        if any(isinstance(each, Deal) or (type(each) is int and each == deal_id) for each in given):
            found[f"{module}:{code.co_qualname}"] += 1

    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


@pytest.fixture
def apart(app: Flask) -> Scene:
    """A deal with everything around it, whose id no other row has."""
    with app.app_context(), transaction() as current:
        draft = deals.DealDraft("Before it", company.stage("new"), company.person("rep1"))
        first = deals.create(draft, SYSTEM)
        columns = {each.key: getattr(first, each.key) for each in Deal.__table__.columns}
        current.add(Deal(**columns | {"id": NO_OTHER_ID - 1, "visit_id": None, "deleted_at": datetime.now(UTC)}))
    made = scene(app)
    assert made.deal == NO_OTHER_ID
    return made


@pytest.mark.parametrize(
    ("stage", "values", "most"),
    # Two of them are the database's, which loads it locked (get_core) and writes where it stands (write_core); two see
    # to it that what people were told of the deal, and is over by the move, goes as read.
    [("data_collection", {}, 14), ("processing", {"deal.equipment_type": "special"}, 15)],
    ids=["as it is", "with a value, which passes the room of values too"],
)
def test_a_move_hands_the_deal_through_few_rooms(
    app: Flask, apart: Scene, stage: str, values: dict[str, str], most: int
) -> None:
    who = browser(app, "rep1")
    with walked(apart.deal) as found:
        moved = who.post(f"/deals/{apart.deal}/moves", data={"stage": stage, "version": "1", **values}, headers=HTMX)
    assert moved.status_code == 200
    rooms = {each.partition(":")[0] for each in found}
    assert {"webapp.views.moves", "webapp.access.records", "webapp.services.visits"} <= rooms  # it was looked at all
    assert len(rooms) <= most, "\n".join(sorted(rooms))


def test_a_move_gathers_the_facts_once(app: Flask, apart: Scene) -> None:
    with app.app_context():
        acts.robot("vip_task", timing=AROUND_A_DATE)
    who, sends = browser(app, "rep1"), {"stage": "processing", "version": "1", "deal.equipment_type": "special"}
    with walked(apart.deal) as found:
        assert who.post(f"/deals/{apart.deal}/moves", data=sends, headers=HTMX).status_code == 200
    with app.app_context():
        assert session().get_one(Deal, apart.deal).fields == {"equipment_type": "special"}
    assert sum(found[f"webapp.snapshots.deals:{each}"] for each in ("snapshot_of", "entering")) == 1
