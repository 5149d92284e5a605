"""A rung of an item's ladder has come: the next level is told, or what was put aside comes back. A rung is work of its
own, claimed by a lease and finished behind a fence."""

from __future__ import annotations

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.db import session
from webapp.models import Deal, ImportantItem, ImportantRung, Task
from webapp.services import important

CLOCK = Actor(via="clock")


def climb(mine: Claim) -> None:
    """Do what a rung is for, in the open transaction, if it still matters."""
    held = _held(mine)
    if held is None:
        return
    rung, item = held
    matters = item.state in important.UNTAKEN if rung.kind == "climb" else item.state == "snoozed"
    outbox.end(mine, "fired" if matters else "called_off")
    if matters and rung.kind == "climb":
        important.tell_next_level(item, CLOCK)
    elif matters:
        important.come_back(item, CLOCK)


def _held(mine: Claim) -> tuple[ImportantRung, ImportantItem] | None:
    """The rung, still ours, and its item, locked after its deal and its task."""
    found = session().get(ImportantRung, mine.row_id)
    if found is None:
        return None
    item = session().get_one(ImportantItem, found.item_id)
    if item.deal_id is not None:
        session().get(Deal, item.deal_id, with_for_update=True, populate_existing=True)
    if item.task_id is not None:
        session().get(Task, item.task_id, with_for_update=True, populate_existing=True)
    item = session().get_one(ImportantItem, item.id, with_for_update=True, populate_existing=True)
    rung = session().get_one(ImportantRung, mine.row_id, populate_existing=True)
    if not outbox.is_held(mine, rung):
        raise outbox.LeaseLost(mine)
    return rung, item


def fail(rung_id: int, error: str) -> None:
    """Attempts are used up."""
    rung = session().get(ImportantRung, rung_id)
    if rung is not None and rung.state == "waiting":
        rung.state, rung.ended_at, rung.error = "failed", clock.now(), error[:2000]
