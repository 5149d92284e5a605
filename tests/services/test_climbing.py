"""A rung of the ladder of *Important now* does what it is for only while its item stands as it did when it was set."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import quicker
from tests.services.test_important import have, late, on, the
from webapp.background import outbox
from webapp.background.outbox import LeaseLost
from webapp.db import session, transaction
from webapp.models import ImportantItem, ImportantRung
from webapp.services import climbing, important

pytestmark = [pytest.mark.usefixtures("inside", "clock")]
STATES = ("open", "handed_on", "taken", "snoozed", "settled", "done")
MATTERS = {("climb", "open"), ("climb", "handed_on"), ("wake", "snoozed")}


def rung_due(clock: Clock, kind: str) -> tuple[ImportantItem, ImportantRung]:
    """An item whose rung of this kind is about to come; nobody has looked yet."""
    item = the(late(clock), "late_reply")
    if kind == "wake":
        on(item, important.snooze, "north", clock.at + timedelta(hours=1))
    rungs = select(ImportantRung).where(ImportantRung.item_id == item.id, ImportantRung.state == "waiting")
    rung = session().scalars(rungs.where(ImportantRung.kind == kind)).one()
    clock.at = max(clock.at, rung.due_at) + timedelta(seconds=1)
    return item, rung


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ["climb", "wake"])
def test_a_rung_does_what_it_is_for_only_while_that_is_wanted(clock: Clock, kind: str, state: str) -> None:
    """Whoever was quicker by a moment has left the item in any of its states."""
    item, rung = rung_due(clock, kind)
    mine = outbox.claim("rung", rung.id)
    assert mine is not None
    told = {name: len(acts.told(name)) for name in ("north", "head")}
    meanwhile = update(ImportantItem).where(ImportantItem.id == item.id).values(state=state)
    with quicker("important_item", meanwhile), transaction():
        climbing.climb(mine)
    ended = session().get_one(ImportantRung, rung.id, populate_existing=True)
    now = session().get_one(ImportantItem, item.id, populate_existing=True)
    news = {name: len(acts.told(name)) - before for name, before in told.items()}
    if (kind, state) not in MATTERS:
        assert (ended.state, now.state, now.level, news) == ("called_off", state, 0, {"north": 0, "head": 0})
    elif kind == "climb":
        assert (ended.state, now.state, now.level, have(now)) == ("fired", "open", 1, ["head", "north"])
        assert news == {"north": 0, "head": 1}
    else:
        assert (ended.state, now.state, now.level, have(now)) == ("fired", "open", 0, ["north"])
        assert (now.holder_id, now.left_at, news) == (None, None, {"north": 0, "head": 0}), (
            "it stands in the list again"
        )


@pytest.mark.parametrize("taken", [{"state": "called_off"}, {"attempts": 9}, {"claimed_at": None}], ids=str)
def test_a_rung_that_is_another_workers_by_then_tells_nobody(clock: Clock, taken: dict[str, object]) -> None:
    item, rung = rung_due(clock, "climb")
    mine = outbox.claim("rung", rung.id)
    assert mine is not None
    gone = update(ImportantRung).where(ImportantRung.id == rung.id).values(**taken)
    with quicker("important_item", gone), pytest.raises(LeaseLost), transaction():
        climbing.climb(mine)
    assert (have(item), acts.told("head", "important.climbed")) == (["north"], [])
