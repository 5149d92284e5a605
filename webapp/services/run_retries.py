"""A robot's run that has failed is tried again, when an admin says so: as a run of its own, while its deal still stands
where the first one did."""

from __future__ import annotations

from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import NotFound, Refused
from webapp.models import AT_ONCE, Deal, RobotRun
from webapp.services import journal

COPIED = (
    "robot_id",
    "deal_id",
    "visit_id",
    "start",
    "cause",
    "message_id",
    "definition_id",
    "base_at",
    "season",
    "depth",
)


def retry(run_id: int, by: Actor) -> RobotRun:
    """Lock order: the deal, then the run. Raises Refused."""
    found = session().get(RobotRun, run_id)
    if found is None:
        raise NotFound("run")
    deal = session().get_one(Deal, found.deal_id, with_for_update=True, populate_existing=True)
    failed = session().get_one(RobotRun, run_id, with_for_update=True, populate_existing=True)
    if failed.state != "failed" or failed.reason.get("again"):
        raise Refused("not_failed")
    if deal.deleted_at is not None or failed.visit_id not in (None, deal.visit_id):
        raise Refused("deal_went_on")
    failed.reason = {**failed.reason, "again": True}
    now, start, _, count = clock.now(), *failed.key.partition("~")
    made = RobotRun(key=f"{start}~{int(count or 0) + 1}", due_at=now, visible_at=AT_ONCE, created_at=now, pauses=[])
    for each in COPIED:
        setattr(made, each, getattr(failed, each))
    session().add(made)
    session().flush()
    outbox.arm("run", made.id, now)
    journal.write("run.tried_again", "run", made.id, by, deal_id=deal.id)
    announcements.deal_changed(deal.id, deal.stage_id)
    return made
