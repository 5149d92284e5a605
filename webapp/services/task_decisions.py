"""Whoever has decided something about work of no deal goes on reading it: that they stood in for somebody, or
that an item of it stood before them, may end with the deciding itself. The task is locked."""

from __future__ import annotations

from webapp.access.scopes import Actor
from webapp.db import session
from webapp.models import ImportantItem, Task, TaskDecision


def keep(task: Task, by: Actor) -> None:
    """Work on a deal is read by whoever reads the deal, whatever they have decided."""
    if task.deal_id is None:
        _keep(task.id, by)


def keep_of(item: ImportantItem, by: Actor) -> None:
    if item.task_id is not None and item.deal_id is None:
        _keep(item.task_id, by)


def _keep(task_id: int, by: Actor) -> None:
    if by.user_id is not None and session().get(TaskDecision, (by.user_id, task_id)) is None:
        session().add(TaskDecision(user_id=by.user_id, task_id=task_id))
