"""How long deals stand: an oracle counts anew over what each person reads; page, board and API agree."""

from __future__ import annotations

import re
from datetime import timedelta
from statistics import median_high
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from rules.stuck import is_stuck
from tests import company
from tests.api.callers import Caller
from tests.conftest import Clock
from tests.services import acts
from tests.views.scenes import browser
from webapp.db import session, transaction
from webapp.models import Deal

AGES = {"rep1": (0, 13, 14, 30, 3), "rep2": (20, 1), "rep3": (15, 40)}  # days; the first three on New, the rest later


@pytest.mark.both_databases
def test_what_stands_still_is_counted_alike_everywhere(app: Flask, clock: Clock) -> None:
    with app.app_context():
        for rep, days in AGES.items():
            for n, each in enumerate(days):
                deal_id = acts.deal("new" if n < 3 else "data_collection", rep=rep, waits=False)
                with transaction():
                    acts.locked(deal_id).entered_at = clock() - timedelta(days=each)
        closed = acts.deal(rep="rep1", waits=False)
        acts.move(closed, "won", raw={"deal": {"equipment_type": "standard"}})
        gone = acts.deal(rep="rep1", waits=False)
        with transaction():
            acts.locked(closed).entered_at = acts.locked(gone).entered_at = clock() - timedelta(days=50)
        acts.delete(gone)
        wanted = {name: oracle(name, clock) for name in ("admin", "head", "north", "rep1", "rep3")}
        ids = {company.person(each): each for each in company.PEOPLE}
    assert wanted["head"]["new"] == (7, 4)
    for name, stages in wanted.items():
        answer = Caller.of(app, name).get("/ages")
        assert {each["stage"]: (each["deals"], each["stuck"]) for each in answer["items"] if each["deals"]} == {
            key: found for key, found in stages.items() if isinstance(key, str)
        }
        page, whole = browser(app, name), sum(each["stuck"] for each in answer["items"])
        assert f'data-stuck-count="{whole}"' in page.get("/pipelines/sales/ages").text
        assert len(re.findall(r"data-deal=", page.get("/pipelines/sales?stuck=1").text)) == whole
        assert ('id="ages"' in page.get("/pipelines/sales").text) == (name not in ("rep1", "rep3"))
        people = {ids[each["person_id"]]: each["stuck"] for each in answer["people"] if each["stuck"]}
        assert sum(people.values()) == whole
    stages = {each["stage"]: each for each in Caller.of(app, "admin").get("/ages")["items"]}
    ages = [86400 * each for each in (0, 13, 14, 20, 1, 15, 40)]
    assert (stages["new"]["median"], stages["new"]["oldest"]) == (median_high(ages), 40 * 86400)
    assert (stages["processing"]["median"], stages["processing"]["oldest"]) == (None, None)
    assert Caller.of(app, "rep1").call("GET", "/ages?pipeline=moon").status_code == 422


def oracle(name: str, clock: Clock) -> dict[Any, Any]:
    """Stage → how many open deals this person reads there, and how many of them stand still."""
    who, found = company.acting(name).scope, {}
    assert who is not None
    for each in session().scalars(select(Deal).where(Deal.deleted_at.is_(None), Deal.closed_at.is_(None))):
        if who.may_read(each.responsible_id, each.department_id):
            key = acts.key(each.stage_id)
            many, stuck = found.get(key, (0, 0))
            found[key] = (many + 1, stuck + is_stuck(each.entered_at, True, clock()))
    return found
