"""A stage is archived in the very moment in which a deal enters it: the deal is seen, or it does not enter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask
from sqlalchemy import text

from jobs import runner
from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import SetupMoved
from webapp.services import deals, setup_plans
from webapp.services import drafts as editing
from webapp.services.setup_plans import Stale
from webapp.snapshots import setups

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("inside")]
DATA = "sales/data_collection"
LED = {f"trigger_to_stage:dialogue_taken:stage={DATA}": "lead:sales/processing"}


@pytest.fixture
def plan(app: Flask, clock: Clock) -> int:
    """Data collection goes; no deal stands there."""
    by = company.acting("admin")
    with transaction():
        editing.edit("stage", DATA, ARCHIVED.key, True, by)
    with transaction():
        return setup_plans.of_draft(by).row.id


def applied(plan: int) -> int:
    with transaction():
        return setup_plans.apply(plan, LED, company.acting("admin")).id


@contextmanager
def beside(app: Flask, act: Callable[[], object]) -> Iterator[list[object]]:
    """Another thread does this; what it returned or raised is there at the end."""
    found: list[object] = []

    def run() -> None:
        with app.app_context():
            try:
                found.append(act())
            except Exception as error:  # a refusal is an outcome here
                found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        thread.join(60)
    assert not thread.is_alive()


def is_somebody_waiting() -> bool:
    here = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
    return bool(session().scalar(text(f"{here} AND datname = current_database()")))


def test_who_read_the_old_set_up_does_not_enter_a_stage_that_has_gone(app: Flask, plan: int) -> None:
    deal_id = acts.deal()
    with transaction():
        deal = acts.locked(deal_id)
        stage = setups.current().stage_named(DATA)
        assert stage is not None
        with beside(app, lambda: applied(plan)) as found:
            pass
        assert isinstance(found[0], int), found
        with pytest.raises(SetupMoved):
            deals.move(deal, stage, by=company.acting("rep1"))
        session().rollback()
    session().expire_all()
    assert acts.stage_of(deal_id) == "new"


def test_who_has_entered_but_not_committed_is_waited_for_and_asked_about(app: Flask, plan: int) -> None:
    deal_id = acts.deal()
    with ExitStack() as until_the_end, transaction():
        deal = acts.locked(deal_id)
        deals.move(deal, company.stage("data_collection"), by=company.acting("rep1"))
        session().flush()
        found = until_the_end.enter_context(beside(app, lambda: applied(plan)))
        while not found and not is_somebody_waiting():
            time.sleep(0.02)
    (stale,) = found
    assert isinstance(stale, Stale), stale
    assert stale.new == {f"deals_on_stage:{DATA}"}
    chosen = {**LED, f"deals_on_stage:{DATA}": "move:sales/processing"}
    with transaction():
        fresh = setup_plans.of_draft(company.acting("admin")).row.id
    with transaction():
        setup_plans.apply(fresh, chosen, company.acting("admin"))
    runner.drain(kinds=("setup",))
    session().expire_all()
    assert acts.stage_of(deal_id) == "processing"
