"""Who accepts the work when it is handed in: fixed then, asked, and in the history with who was passed over."""

from __future__ import annotations

from collections.abc import Collection

from webapp.access.scopes import Actor
from webapp.db import session
from webapp.models import RobotRun, Task
from webapp.services import journal, task_notices
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as snapshots


def find(task: Task) -> None:
    """The head as of now: at submission the acceptor is fixed. Who was named by a person stays, and so does a named
    creator who is not the assignee."""
    if task.run_id is None and not task.acceptor_path and _may_accept(task, task.acceptor_id):
        return
    run = session().get(RobotRun, task.run_id) if task.run_id else None
    named = run is None or isinstance(run.definition["settings"].get("creator"), dict)
    if named and _may_accept(task, task.creator_id):
        return
    task_notices.leaves(task)
    found = recipients.head_of(task.assignee_id, snapshots.department_of(task))
    task.acceptor_id, task.acceptor_path = next(iter(found.people), None), found.path


def _may_accept(task: Task, person_id: int | None) -> bool:
    person = setups.current().people.get(person_id or 0)
    return person is not None and person.is_active and person.id != task.assignee_id


def ask(task: Task, by: Actor, *, besides: Collection[int] = ()) -> None:
    """Whoever may accept it today is asked; the history says who was passed over on the way to them. Those `besides`
    were asked before: the others are told when a day begins, perhaps at midnight, so that may wait for their hours."""
    people = sorted(snapshots.deciders(task))
    new = {"people": people, "path": snapshots.way_to_deciders(task)}
    journal.write("task.acceptor_asked", "task", task.id, by, deal_id=task.deal_id, new=new)
    new_ones = [each for each in people if each not in besides]
    task_notices.tell(task, "task.awaiting_acceptance", new_ones, by, may_wait=bool(besides))
