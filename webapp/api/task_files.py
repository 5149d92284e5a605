"""Files of a task: attached, read, taken off. Whoever may see the task reads them."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from pydantic import BaseModel
from spectree.model_adapter.pydantic_adapter import BaseFile

from webapp.access.records import task_for
from webapp.access.viewer import viewer
from webapp.api.records import tasks as records
from webapp.api.records.tasks import TaskRecord
from webapp.api.routes import Answer, reads, writes
from webapp.services import task_files
from webapp.web.attachments import as_attachment
from webapp.web.forms.files import uploads

ALL = "/tasks/<int:task_id>/files"
ONE = f"{ALL}/<int:file_id>"


class Upload(BaseModel):
    """multipart/form-data; several under the same name are attached all or none."""

    files: BaseFile


@writes("POST", ALL, TaskRecord, HTTPStatus.CREATED)
def attach(task_id: int, form: Upload) -> Answer[TaskRecord]:
    """Attach files; the task as it is then."""
    came = uploads()
    task = task_for(task_id, for_update=True)
    task_files.attach(task, came, viewer().actor)
    return lambda: records.record(task)


@reads(ONE, None)
def read(task_id: int, file_id: int) -> Response:
    """The file itself, by its own media type."""
    file = task_files.file_of(task_for(task_id), file_id)
    return as_attachment(file.name, file.kind, task_files.content(file))


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def take_off(task_id: int, file_id: int) -> None:
    """Whoever attached it takes it off, until the work is handed in."""
    task = task_for(task_id, for_update=True)
    task_files.take_off(task, task_files.file_of(task, file_id), viewer().actor)
