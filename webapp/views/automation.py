"""The screen of automation: what brings a deal to each stage and what happens there, each as one sentence; and
pipelines. For admins; to others it does not exist."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect

from rules import setup as parts
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import drafts, field_editing, setup_editing
from webapp.web import setup_controls, setup_forms, setup_screens
from webapp.web.forms import Form
from webapp.web.responses import redirect_to
from webapp.web.setup_screens import Editor, answer, as_it_stands, columns
from webapp.web.setup_shown import shown

pages = Blueprint("automation", __name__)
# Of a new pipeline: it stands in a menu of the one that is looked at, and comes back there.
NEW = Form(names=("beside",), entities=("name",), refusals=None)


@pages.get("/automation")
def index() -> Response:
    """The first pipeline's."""
    require_admin()
    return redirect(f"/automation/{_first()}", 303)  # type: ignore[return-value]


def _first() -> str:
    first = next(iter(parts.standing_pipelines(shown().value)), None) or abort(404)
    return first.key


@pages.post("/automation")
def create() -> Response:
    """A pipeline more, with its first stages."""
    who = require_admin()
    posted = NEW.posted()
    try:
        with transaction():
            key = setup_editing.add_pipeline(setup_forms.words(posted, "name"), who.actor)
    except Refused as error:
        return answer(posted.text("beside") or _first(), form=posted.refused(error, "pipeline"))
    return redirect_to(f"/automation/{key}")


@pages.get("/automation/<pipeline>")
def show(pipeline: str) -> Response:
    """One pipeline."""
    require_admin()
    return columns(pipeline)


@pages.get("/automation/<pipeline>/settings")
def edit(pipeline: str) -> Response:
    """What a pipeline is called, and whose reps take its inquiries."""
    require_admin()
    return as_it_stands(pipeline, "pipeline", pipeline, lambda: Editor("pipeline", pipeline))


@pages.post("/automation/<pipeline>/settings")
def update(pipeline: str) -> Response:
    """Into the draft."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    try:
        with transaction():
            typed = setup_controls.typed_over(posted, "pipeline", pipeline, "words", who.actor)
            values = {"name": setup_forms.words(typed, "name"), "department": typed.id("department")}
            setup_editing.set_parts("pipeline", pipeline, values, who.actor)
    except Refused as error:
        return answer(pipeline, Editor("pipeline", pipeline), posted.refused(error))
    return answer(pipeline, Editor("pipeline", pipeline))


@pages.post("/automation/<pipeline>/settings/lost_reasons")
def lost_reasons(pipeline: str) -> Response:
    """Why deals are lost: worded, added, put in order, archived and brought back."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    try:
        with transaction():
            typed = setup_controls.typed_over(posted, "pipeline", pipeline, "lost_reasons", who.actor)
            field_editing.set_lost_reasons(pipeline, typed.own("option"), posted.text("act"), who.actor)
    except Refused as error:
        return answer(pipeline, Editor("pipeline", pipeline), posted.refused(error, "options"))
    return answer(pipeline, Editor("pipeline", pipeline))


@pages.post("/automation/<pipeline>/undos")
def undo(pipeline: str) -> Response:
    """Take back one's own last change of the draft."""
    who = require_admin()
    with transaction():
        drafts.undo(who.actor)
    return answer(pipeline, closes=True) if setup_screens.wants_fragment() else redirect_to(f"/automation/{pipeline}")
