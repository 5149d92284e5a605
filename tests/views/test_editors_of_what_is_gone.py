"""Whoever has an editor of the set-up open while somebody else takes away all of its pipeline is told who did, in the
open page, whichever part of it stands open."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.views.scenes import HTMX, Browser, browser
from webapp.db import session, transaction
from webapp.models import User
from webapp.services import drafts, setup_editing, setup_plans
from webapp.snapshots import drafts as draft_snapshots
from webapp.snapshots import setups

OPEN = ["settings", "stages/{stage}", "robots/{robot}"]
Take = Callable[[str], object]


def acting_twice() -> None:
    """Sergey is an admin too."""
    session().get_one(User, company.person("head")).is_admin = True
    setups.changed()


def made() -> dict[str, str]:
    """A pipeline of the draft with a stage and a robot, by their keys."""
    by = company.acting("admin")
    pipeline = setup_editing.add_pipeline({"en": "Repairs"}, by)
    stage = draft_snapshots.current().document.stages_of(pipeline)[0].key
    robot = setup_editing.add_robot("control", stage, by)
    return {"pipeline": pipeline, "stage": stage.rpartition("/")[2], "robot": robot}


def discards(pipeline: str) -> None:
    drafts.discard(company.acting("head"))


def archives(pipeline: str) -> None:
    """And what is live with it."""
    puts_into_the_archive(pipeline)
    goes_live("head")


def puts_into_the_archive(pipeline: str) -> None:
    drafts.archive("pipeline", pipeline, company.acting("head"))


def open_editor(who: Browser, address: str) -> str:
    """Where it asks for itself anew."""
    found = re.search(r'data-seen="([^"]+)"', who.get(address, headers=HTMX).text)
    assert found is not None
    return f"{address}?seen={unescape(found[1])}"


@pytest.mark.parametrize("place", OPEN)
@pytest.mark.parametrize("take", [discards, archives, puts_into_the_archive])
def test_an_editor_in_a_pipeline_that_goes_says_who_took_it_away(
    app: Flask, clock: Clock, place: str, take: Take
) -> None:
    with app.app_context(), transaction():
        acting_twice()
        keys = made()
    if take is not discards:
        with app.app_context(), transaction():
            goes_live("admin")
    who = browser(app, "admin")
    address = open_editor(who, f"/automation/{keys['pipeline']}/{place.format(**keys)}")
    clock.go_on(minutes=1)
    with app.app_context(), transaction():
        take(keys["pipeline"])
    answer = who.get(address, headers=HTMX)
    assert answer.status_code == 200
    said = unescape(answer.text)
    assert "Pipeline “Repairs” is no longer in the draft: Sergey Lebedev removed it in the meantime." in said
    assert "<form" not in said
    assert who.get(address.partition("?")[0]).status_code == 404, "who comes by the address was told nothing of it"


def goes_live(name: str) -> None:
    by = company.acting(name)
    plan = setup_plans.of_draft(by)
    setup_plans.apply(plan.row.id, {}, by)
