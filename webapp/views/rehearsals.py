"""Rehearsals of a robot of the draft over the last days: begun, watched, ended. For admins."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request

from rules.robots import RobotSpec
from webapp.access.records import require_admin
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.i18n import named, rehearsals, sentences
from webapp.queries import rehearsals as query
from webapp.services import rehearsals as services
from webapp.web.forms import Form, read_id
from webapp.web.responses import fragment, page, redirect_to, wants_fragment
from webapp.web.setup_shown import shown

pages = Blueprint("rehearsals", __name__)
BEGIN = Form(names=("robot", "days"), refusals=None)
NOTHING = Form(names=(), refusals=None)
ONE = "/rehearsals/<int:rehearsal_id>"


@pages.post("/rehearsals")
def create() -> Response:
    """Of a robot as the draft has it."""
    who = require_admin()
    posted = BEGIN.posted()
    draft = shown()
    robot = draft.rule("robot", posted.text("robot"))
    if not isinstance(robot, RobotSpec):
        abort(404)
    with transaction():
        made = services.begin(robot, posted.id("days") or 30, who.actor, draft.document).id
    return redirect_to(f"/rehearsals/{made}")


@pages.get(ONE)
def show(rehearsal_id: int) -> Response:
    """How far it got, and what it found."""
    require_admin()
    row = services.rehearsal(rehearsal_id)
    drafted = services.set_up_of(row)
    names = named.of(drafted) if drafted is not None else named.live()
    robot = services.robot_of(row)
    context: dict[str, Any] = {
        "row": row,
        "drafted_stage": names.stage(robot.stage_id) if services.is_of_draft_alone(row) else "",
        "found": query.summed_up(row, viewer().time_zone),
        "firings": query.firings(row, read_id(request.args.get("after")) or 0),
        "sentence": sentences.robot(robot, names),
        "unknown": rehearsals.unknown,
        "instead": services.instead_of(row),
    }
    if wants_fragment():
        return fragment("rehearsals/_found.html", **context)
    return page("rehearsals/show.html", **context)


@pages.post(ONE + "/endings")
def end(rehearsal_id: int) -> Response:
    """Let it be."""
    require_admin()
    NOTHING.posted()
    with transaction():
        services.cancel(rehearsal_id)
    return redirect_to(f"/rehearsals/{rehearsal_id}")
