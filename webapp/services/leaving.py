"""Somebody leaves: their open deals and tasks go to whoever takes them over, a part at a time, and the account closes
with the last part. So nothing open ever belongs to somebody who is gone."""

from __future__ import annotations

from sqlalchemy import Select, select

from rules.tasks import OPEN
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import invalid
from webapp.models import Deal, Stage, Task
from webapp.services import accounts, deals, tasks

PART = 50  # deals and tasks in one transaction


def leave(user_id: int, to: int | None, by: Actor) -> bool:
    """The next part of the work goes over to `to`; with the last part the account is closed, which is when this is
    True. Raises Refused: "only_admin", or that somebody must be chosen who is there."""
    user = accounts.apart(user_id)
    accounts.not_the_only_admin(user)
    if has_open_work(user_id):
        if to is None or to == user_id:
            raise invalid("to", "no_taker")
        _hand_over(user_id, to, by)
    if has_open_work(user_id):
        return False
    accounts.deactivate(user_id, by)
    return True


def has_open_work(user_id: int) -> bool:
    return any(session().scalar(each(user_id).limit(1)) is not None for each in (_deals, _tasks))


def _hand_over(user_id: int, to: int, by: Actor) -> None:
    for deal in session().scalars(_deals(user_id).limit(PART).with_for_update()).all():
        deals.edit(deal, {"responsible_id": to}, by=by)
    for task in session().scalars(_tasks(user_id).limit(PART).with_for_update()).all():
        tasks.hand_over(task, to, by)
    session().flush()


def _deals(user_id: int) -> Select[Deal]:
    stages = select(Stage.id).where(Stage.kind == "open")
    mine = select(Deal).where(Deal.responsible_id == user_id, Deal.deleted_at.is_(None), Deal.stage_id.in_(stages))
    return mine.order_by(Deal.id)


def _tasks(user_id: int) -> Select[Task]:
    return select(Task).where(Task.assignee_id == user_id, Task.state.in_(OPEN)).order_by(Task.id)
