"""Who hears of a step of a task, and with which facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.models import Task
from webapp.services import notifications
from webapp.snapshots import setups
from webapp.snapshots import tasks as snapshots

URGENT = ("task.overdue", "task.awaiting_acceptance")


def tell(
    task: Task,
    kind: str,
    people: Iterable[int | None],
    by: Actor,
    *,
    about: str = "",
    may_wait: bool = False,
    until: datetime | None = None,
    **facts: object,
) -> None:
    """`about` tells apart what may be told several times of one version of it; what `may_wait` breaks no quiet
    hours; what is true only `until` some moment is not said after it."""
    notifications.tell(
        [each for each in people if each is not None and each != by.user_id],
        kind,
        key=f"{kind}-{task.id}-{about or task.version}",
        text=task.title,
        facts={**_facts(task, by), **{f"task.{key}": value for key, value in facts.items()}},
        urgency="urgent" if kind in URGENT and not may_wait else "normal",
        sender_id=by.user_id,
        deal_id=task.deal_id,
        task_id=task.id,
        until=until,
    )
    announcements.tasks_changed(task.id, task.deal_id)


def leaves(task: Task) -> None:
    """Before a step, or another hand: who has to do with it until then may see it no more."""
    announcements.task_left(task.id, snapshots.sides(task))


def _facts(task: Task, by: Actor) -> dict[str, object]:
    names = setups.current().name_of
    return {
        **task.facts,
        "task.assignee": names(task.assignee_id),
        "task.by": names(by.user_id),
        "task.due_at": {"at": task.due_at.isoformat()} if task.due_at else "",
        "task.result": task.result or "",
    }
