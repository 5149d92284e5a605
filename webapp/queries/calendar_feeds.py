"""What stands in a person's calendar: until when work is to be done, and until when it is to be accepted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from rules.rights import Scope
from webapp.access import filters
from webapp.db import session
from webapp.models import CalendarFeed, Deal, Task
from webapp.queries.tasks import TaskView, deadline, views

MOST = 500


def made_at(user_id: int) -> datetime | None:
    """Since when this person has an address; None: there is none."""
    return session().scalar(select(CalendarFeed.made_at).where(CalendarFeed.user_id == user_id))


def due(scope: Scope) -> list[TaskView]:
    """What waits for this person, and has a deadline, the nearest first; no more than a calendar can bear."""
    mine = filters.waiting(scope.user_id, filters.stood_in_for(scope.user_id))
    rows = session().execute(
        select(Task, Deal.title)
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .where(mine, deadline().is_not(None))
        .order_by(deadline(), Task.id)
        .limit(MOST)
    )
    return views(scope, [(row[0], row[1] or "") for row in rows])
