"""Files of a task: attached by whoever does it or gave it, taken off again by whoever attached them, read by whoever
may see the task.

They stand in the database, in pieces: a file is there with its row or not at all, and every copy of the firm has it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from rules import uploads as rules
from rules.uploads import FIELD, Upload
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import Task, TaskFile, TaskFilePart
from webapp.services import journal, tasks

PIECE = 64 * 1024


def attach(task: Task, uploads: Sequence[Upload], by: Actor) -> list[TaskFile]:
    """All of them, or none: raises Refused naming the first that may not be. What is there already is there once. They
    have been judged as they came, for that takes longer than others should wait for a lock."""
    assert by.user_id is not None
    tasks.must_be_allowed(task, "attach", by)
    if not uploads:
        raise invalid(FIELD, "no_file")
    known = {each.digest: each for each in of(task.id)}
    for each in uploads:
        if each.unfit is not None:
            raise invalid(FIELD, each.unfit.code, file=rules.shown_name(each.name), **each.unfit.facts)
    digests = {each.digest: each for each in uploads}
    if len(known.keys() | digests.keys()) > rules.MOST:
        raise invalid(FIELD, "too_many_files", limit=rules.MOST)
    return [known.get(digest) or _keep(task, each, by) for digest, each in digests.items()]


def _keep(task: Task, upload: Upload, by: Actor) -> TaskFile:
    assert by.user_id is not None
    file = TaskFile(
        task_id=task.id,
        by_id=by.user_id,
        name=rules.name_for(upload.name, upload.kind),
        kind=upload.kind,
        size=len(upload.content),
        digest=upload.digest,
        at=clock.now(),
    )
    session().add(file)
    session().flush()
    for position, start in enumerate(range(0, file.size, PIECE)):
        piece = upload.content[start : start + PIECE]
        session().execute(insert(TaskFilePart).values(file_id=file.id, position=position, content=piece))
    journal.write("task.file_attached", "task", task.id, by, deal_id=task.deal_id, new=_facts(file))
    announcements.tasks_changed(task.id, task.deal_id)
    return file


def of(task_id: int) -> list[TaskFile]:
    """In the order in which they came."""
    return list(session().scalars(select(TaskFile).where(TaskFile.task_id == task_id).order_by(TaskFile.id)))


def file_of(task: Task, file_id: int) -> TaskFile:
    """One of this task's. Raises NotFound."""
    file = session().get(TaskFile, file_id)
    if file is None or file.task_id != task.id:
        raise NotFound("file")
    return file


def content(file: TaskFile) -> bytes:
    """The whole of it."""
    wanted = select(TaskFilePart.content).where(TaskFilePart.file_id == file.id).order_by(TaskFilePart.position)
    return b"".join(session().scalars(wanted))


def take_off(task: Task, file: TaskFile, by: Actor) -> None:
    """Whoever attached it takes it off again, until the work is handed in: what an acceptor has looked at stays."""
    tasks.must_be_allowed(task, "attach", by)
    if file.by_id != by.user_id:
        raise Refused("not_yours")
    if task.submitted_at is not None and file.at <= task.submitted_at:
        raise Refused("file_handed_in", record=("task", task.id))
    journal.write("task.file_taken_off", "task", task.id, by, deal_id=task.deal_id, old=_facts(file))
    announcements.tasks_changed(task.id, task.deal_id)
    session().execute(delete(TaskFilePart).where(TaskFilePart.file_id == file.id))
    session().delete(file)


def _facts(file: TaskFile) -> dict[str, object]:
    return {"name": file.name, "size": file.size, "digest": file.digest}
