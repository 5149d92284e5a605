"""Files of a task: attached, read, taken off."""

from __future__ import annotations

from flask import Blueprint, Response

from webapp.access.records import task_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.queries import tasks as query
from webapp.services import task_files
from webapp.web.attachments import as_attachment
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.forms.files import uploads
from webapp.web.responses import fragment, page, redirect_to, wants_fragment

pages = Blueprint("task_files", __name__)
BESIDE = Form(names=("result",), refusals=None)  # the report in whose form they are chosen


@pages.post("/tasks/<int:task_id>/files")
def attach(task_id: int) -> Response:
    """Attach what was chosen, all of it or nothing."""
    posted, came = BESIDE.posted(), uploads()
    try:
        with transaction():
            task_files.attach(task_for(task_id, for_update=True), came, viewer().actor)
    except Refused as error:
        return _shown(task_id, posted, posted.refused(error, _place(task_id)))
    return _shown(task_id, posted)


@pages.get("/tasks/<int:task_id>/files/<int:file_id>")
def read(task_id: int, file_id: int) -> Response:
    """The file itself, to be kept and never to be shown in the place of a page."""
    file = task_files.file_of(task_for(task_id), file_id)
    return as_attachment(file.name, file.kind, task_files.content(file))


@pages.post("/tasks/<int:task_id>/files/<int:file_id>/deletions")
def take_off(task_id: int, file_id: int) -> Response:
    """Whoever attached it takes it off again."""
    posted = BESIDE.posted()
    try:
        with transaction():
            task = task_for(task_id, for_update=True)
            task_files.take_off(task, task_files.file_of(task, file_id), viewer().actor)
    except Refused as error:
        return _shown(task_id, posted, posted.refused(error, _place(task_id)))
    return _shown(task_id, posted)


def _place(task_id: int) -> str:
    return f"files-{task_id}"


def _shown(task_id: int, posted: Posted, refused: FormState = BLANK) -> Response:
    """The files as they stand; without scripts the whole page, in which what was typed of the report stands too."""
    found = query.whole(viewer().scope, task_for(task_id))
    if wants_fragment():
        return fragment("tasks/_files.html", status=refused.status, task=found.task, form=refused)
    if refused is BLANK and not posted.text("result"):
        return redirect_to(f"/tasks/{task_id}")
    form = refused if refused is not BLANK else FormState(_place(task_id), {"result": posted.text("result")})
    return page("tasks/show.html", status=form.status, task=found.task, beside=found, deal_page=False, form=form)
