"""What a visit leaves on the deal: until when it is closed, and how little is asked of the database for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import db, transaction
from webapp.services import undo

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def facts_read(act: Callable[[], Any]) -> int:
    """How often a deal's invoices are looked at, as they are whenever its facts are gathered."""
    found: list[str] = []

    def listen(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found.extend(["asked"] if "FROM invoice" in statement else [])

    event.listen(db.engine, "before_cursor_execute", listen)
    act()
    event.remove(db.engine, "before_cursor_execute", listen)
    return len(found)


def test_a_deal_is_closed_from_when_it_came_to_its_end_until_it_goes_on_or_is_taken_back(clock: Clock) -> None:
    deal_id = acts.deal("processing", fields={"equipment_type": "large"})
    assert acts.deal_of(deal_id).closed_at is None
    for end, raw in (("lost", {"deal": {"lost_reason": "Too dear"}}), ("won", {})):
        clock.go_on(minutes=1)
        acts.move(deal_id, end, raw=raw)
        assert acts.deal_of(deal_id).closed_at == time_source.now()
        clock.go_on(minutes=1)
        acts.move(deal_id, "processing")
        assert acts.deal_of(deal_id).closed_at is None
    acts.move(deal_id, "won")
    with transaction():
        undo.undo(acts.locked(deal_id), company.acting("rep1"))
    assert acts.deal_of(deal_id).closed_at is None


def test_what_is_written_with_a_move_is_judged_by_the_facts_that_the_gate_has_read(clock: Clock) -> None:
    deal_id = acts.deal()
    bare = facts_read(lambda: acts.move(deal_id, "data_collection"))
    written = facts_read(lambda: acts.move(deal_id, "processing", raw={"deal": {"equipment_type": "large"}}))
    assert acts.stage_of(deal_id) == "processing"
    assert (bare, written) == (1, 1)
