"""Whatever an admin does to the draft, and whatever the sheet accepts of it: nothing live points at anything archived,
each waiting run has its robot and its deal, each deal stands on a stage, and a version brought back is what it was.
SETUP_EXAMPLES=200 looks longer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rules import setup_documents
from rules.consequences import Remedy
from rules.setup_documents import Document, Item
from rules.setup_parts import ARCHIVED
from tests import company, servers
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.services.test_setup_plans import nothing_dangles, work
from tests.views.scenes import standing_firm
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import SetupVersion
from webapp.services import board_views, seasons, setup_plans
from webapp.services import drafts as editing
from webapp.snapshots import drafts, setups
from webapp.snapshots import setup_documents as documents

UNASKED = ("keep", "ignore", "leave", "call_off", "wake", "stay")  # nothing else changes with these
EXAMPLES = int(os.environ.get("SETUP_EXAMPLES", "4"))


@pytest.fixture(scope="module")
def firm_of(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Any]:
    return lambda: standing_firm(templates, redis_server, tmp_path_factory.mktemp("changes"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="SETUP_EXAMPLES" not in os.environ,  # chance looks where somebody waits for what it finds
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_whatever_the_sheet_accepts_leaves_nothing_pointing_at_nothing(firm_of: Callable[[], Any], seed: int) -> None:
    chance = Random(seed)
    with firm_of() as app, time_source.running_on(Clock(TUESDAY)), app.app_context():
        for stage in ("new", "data_collection", "processing"):
            acts.deal(stage, fields={"equipment_type": chance.choice(("large", "special"))})
        guests(chance)
        for _ in range(4):
            for _ in range(chance.randrange(1, 4)):
                change(chance)
            before, number = documents.live(), publish(chance)
            if number is None:
                with transaction():
                    editing.discard(company.acting("admin"))
                continue
            work()
            nothing_dangles()
            comes_back_from_its_file()
            if chance.random() < 0.5:
                brought_back(number - 1, before, chance)
        session().close()


def guests(chance: Random) -> None:
    """What stands beside the set-up and names parts of it."""
    here, queries = setups.current(), ("mark=contact.vip", "tag=deal.equipment_type%3Alarge", "mine=1&mark=contact.vip")
    robots = [each.id for each in here.value.robots]
    with transaction():
        for pipeline in here.pipelines:
            board_views.save(company.person("rep1"), pipeline, "Mine", chance.choice(queries))
        for scope, ids in (("robots", chance.sample(robots, 2)), ("pipeline", [*here.pipelines][:1])):
            first = TUESDAY.date()
            draft = seasons.SeasonDraft("Peak", first, first, scope, tuple(ids), {"factor": 300})
            seasons.create(draft, company.acting("admin"), "keep")


def change(chance: Random) -> None:
    """One edit of the draft, of those that a page offers; what is refused is passed over."""
    document, by = drafts.current().document, company.acting("admin")
    item = chance.choice([each for each in document.items if document.is_live(each)])
    stages = [each.key for each in document.of("stage")] or ["sales/new"]
    try:
        with transaction():
            what = chance.randrange(5)
            if what == 0:
                editing.archive(item.kind, item.key, by)
            elif what == 1:
                editing.add("stage", {"name": {"en": "Another"}}, by, home="sales", after=chance.choice(stages))
            elif what == 2:
                equals = [each.key for each in document.of(item.kind) if each.home == item.home and each != item]
                editing.place(item.kind, item.key, chance.choice([None, *equals]), by)
            else:
                editing.edit(item.kind, item.key, *part(chance, item, stages), by)
    except (Refused, NotFound):
        pass


def part(chance: Random, item: Item, stages: list[str]) -> tuple[str, object]:
    name = "label" if item.kind == "field" else "name"
    found: list[tuple[str, object]] = [(name, {"en": chance.choice("ABC")})]
    if item.kind == "robot":
        found += [("is_on", chance.random() < 0.5), ("stage", chance.choice(stages)), ("timing", {"at_once": True})]
    if item.kind == "trigger":
        found += [("stage", chance.choice(stages)), ("is_on", chance.random() < 0.5)]
    if item.kind == "field":
        found += [("required_from", [chance.choice(stages)]), (ARCHIVED.key, True)]
    return chance.choice(found)


def answer(remedy: Remedy) -> str:
    """The lesson's only field that can be lacking is a select."""
    return f"{remedy.key}:large" if remedy.takes_value else remedy.key


def publish(chance: Random) -> int | None:
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
        chosen = {each.id: answer(chance.choice(each.remedies)) for each in plan.consequences if each.remedies}
    try:
        with transaction():
            return setup_plans.apply(plan.row.id, chosen, company.acting("admin")).id
    except Refused:
        return None


def comes_back_from_its_file() -> None:
    live = documents.live()
    text = setup_documents.text_of(live)
    with transaction():
        plan = setup_plans.of_setup(json.loads(text), company.acting("admin"))
        assert (plan.changes, plan.problems) == ((), ())
    assert setup_documents.text_of(documents.live()) == text


def brought_back(number: int, before: Document, chance: Random) -> None:
    """An earlier version; where the sheet asked for nothing, what is live is that very one."""
    with transaction():
        plan = setup_plans.of_version(number, company.acting("admin"))
        asked = [each for each in plan.consequences if each.chosen not in UNASKED]
        chosen = {each.id: each.remedies[0].key for each in asked if each.remedies}
    assert session().get_one(SetupVersion, number).hash == before.hash
    try:
        with transaction():
            setup_plans.apply(plan.row.id, chosen, company.acting("admin"))
    except Refused:
        return
    work()
    nothing_dangles()
    if not asked:
        assert [each for each in documents.live().items if not each.is_archived] == [
            each for each in before.items if not each.is_archived
        ]
