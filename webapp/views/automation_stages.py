"""Stages on the screen of automation: added, put elsewhere, called and coloured otherwise, archived and brought back.
All of it goes into the draft."""

from __future__ import annotations

from flask import Blueprint, Response, request

from rules.setup_parts import ARCHIVED
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import drafts, setup_editing
from webapp.web import setup_controls, setup_forms
from webapp.web.responses import redirect_to, wants_fragment
from webapp.web.setup_screens import Editor, answer, as_it_stands
from webapp.web.setup_shown import shown

pages = Blueprint("automation_stages", __name__)
ROOM = "/automation/<pipeline>/stages"
ONE = ROOM + "/<key>"


@pages.get(ROOM)
def new(pipeline: str) -> Response:
    """The form of a new stage. It has no word of its own behind the room: there stand the keys of the firm's stages."""
    require_admin()
    return answer(pipeline, Editor("new_stage", "", stage=request.args.get("after", "")))


@pages.post(ROOM)
def create(pipeline: str) -> Response:
    """A stage more, behind another."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    try:
        with transaction():
            after = f"{pipeline}/{posted.text('after')}" if posted.text("after") else None
            name = setup_forms.words(posted, "name")
            key = setup_editing.add_stage(pipeline, name, after, who.actor).rpartition("/")[2]
    except Refused as error:
        return answer(pipeline, Editor("new_stage", "", stage=posted.text("after")), posted.refused(error))
    return _opened(pipeline, key)


@pages.get(ONE)
def show(pipeline: str, key: str) -> Response:
    """One stage: its name, colour, place, and where it is used."""
    require_admin()
    return as_it_stands(pipeline, "stage", f"{pipeline}/{key}", lambda: _editor_of(pipeline, key))


def _editor_of(pipeline: str, key: str) -> Editor:
    shown().stage(pipeline, key)
    return Editor("stage", key)


@pages.post(ONE)
def update(pipeline: str, key: str) -> Response:
    """Its name and colour."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    shown().stage(pipeline, key)
    try:
        with transaction():
            typed = setup_controls.typed_over(posted, "stage", f"{pipeline}/{key}", "words", who.actor)
            values = {"name": setup_forms.words(typed, "name"), "hue": typed.id("hue") or 0}
            setup_editing.set_parts("stage", f"{pipeline}/{key}", values, who.actor)
    except Refused as error:
        return answer(pipeline, Editor("stage", key), posted.refused(error))
    return _opened(pipeline, key)


@pages.post(ONE + "/moves")
def move(pipeline: str, key: str) -> Response:
    """Behind another; first without one."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    shown().stage(pipeline, key)
    whole = f"{pipeline}/{key}"
    try:
        with transaction():
            typed = setup_controls.typed_over(posted, "stage", whole, "place", who.actor).text("after")
            drafts.place("stage", whole, f"{pipeline}/{typed}" if typed else None, who.actor)
    except Refused as error:
        return answer(pipeline, Editor("stage", key), posted.refused(error, "place"))
    return _opened(pipeline, key)


@pages.post(ONE + "/deletions")
def delete(pipeline: str, key: str) -> Response:
    """Into the archive; it stands open, with the way back."""
    who = require_admin()
    shown().stage(pipeline, key)
    with transaction():
        drafts.archive("stage", f"{pipeline}/{key}", who.actor)
    return _opened(pipeline, key)


@pages.post(ONE + "/returns")
def bring_back(pipeline: str, key: str) -> Response:
    """Out of the archive, with its key."""
    who = require_admin()
    shown().stage(pipeline, key)
    with transaction():
        drafts.edit("stage", f"{pipeline}/{key}", ARCHIVED.key, False, who.actor)
    return _opened(pipeline, key)


def _opened(pipeline: str, key: str) -> Response:
    if wants_fragment():
        return answer(pipeline, Editor("stage", key))
    return redirect_to(f"/automation/{pipeline}/stages/{key}")
