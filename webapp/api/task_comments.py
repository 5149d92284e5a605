"""What is said about a task. Whoever may see the task reads and writes it."""

from __future__ import annotations

from http import HTTPStatus

from webapp.access.records import task_for
from webapp.access.viewer import viewer
from webapp.api.records import tasks as records
from webapp.api.records.tasks import CommentRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Page, Paging, cursor
from webapp.queries import listings as found
from webapp.services import task_comments

ALL = "/tasks/<int:task_id>/comments"


class NewComment(Body):
    """`text` may name people of the firm, as "@Anna Krylova"."""

    text: str


@reads(ALL, Page[CommentRecord])
def index(task_id: int, query: Paging) -> Page[CommentRecord]:
    """Comments on a task, newest first."""
    task_for(task_id)
    slice_ = found.task_comments(task_id, found.Place(query.limit, query.before))
    return Page[CommentRecord](items=[records.comment(each) for each in slice_.rows], next=cursor(slice_.next))


@writes("POST", ALL, CommentRecord, HTTPStatus.CREATED)
def create(task_id: int, json: NewComment) -> Answer[CommentRecord]:
    """Write one; both sides of the work are told, and who is named, if they may see the task."""
    said = task_comments.write(task_for(task_id, for_update=True), json.text, viewer().actor)
    return lambda: records.comment(said)
