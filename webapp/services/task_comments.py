"""Words about a task, beside it. Whoever may see the task may write one; both sides of the work are told, and whoever
is named."""

from __future__ import annotations

from rules import rights
from rules.texts import shortened
from webapp.access.scopes import Actor
from webapp.db import instant, session
from webapp.models import Task, TaskComment
from webapp.services import journal, task_notices, texts
from webapp.services.naming import named
from webapp.snapshots import setups
from webapp.snapshots import tasks as snapshots

TEXT_LIMIT = 10_000
SAID = 300  # of it in a notification


def write(task: Task, text: str, by: Actor) -> TaskComment:
    """A comment. Who is named with an @ and may not see the task stands on it as not told."""
    assert by.user_id is not None
    text, facts = texts.text("text", text, TEXT_LIMIT), snapshots.snapshot_of(task)
    mentioned, untold = named(text, by.user_id, lambda who: rights.may_see_task(who, *facts))
    told = [each for each in dict.fromkeys((*_sides(task), *mentioned)) if each != by.user_id]
    comment = TaskComment(task_id=task.id, by_id=by.user_id, text=text, told=told, untold=untold, at=instant())
    session().add(comment)
    session().flush()
    said = {"told": told, "untold": untold, "comment": comment.id}
    journal.write("task.commented", "task", task.id, by, deal_id=task.deal_id, new=said)
    about, words = f"comment-{comment.id}", shortened(text, SAID)
    task_notices.tell(task, "task.commented", list(told), by, about=about, comment=words)
    return comment


def _sides(task: Task) -> list[int]:
    """Who does it, who accepts it, who wanted it: those of them who are here."""
    people = setups.current().people
    return [
        each
        for each in (task.assignee_id, task.acceptor_id, task.creator_id)
        if each is not None and each in people and people[each].is_active
    ]
