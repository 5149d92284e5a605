"""What an admin does in the list of first steps on the board of a new firm."""

from __future__ import annotations

from flask import Blueprint, Response

from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.queries import first_steps as found
from webapp.services import first_steps, starter_set
from webapp.web.forms import Form, FormState
from webapp.web.responses import page, redirect_to

pages = Blueprint("first_steps", __name__)
STAGES = Form(entities=("stage",))
SET_NAMES = ("reaction", "minutes", "vip", "unpaid", "days", "large", "amount")
STARTER = Form(names=SET_NAMES)
STEP = Form(names=("step",))


@pages.post("/first-steps/stages")
def name_stages() -> Response:
    """The stages are called as the firm calls them."""
    require_admin()
    posted = STAGES.posted()
    try:
        with transaction():
            first_steps.name_stages(posted.own("stage"), require_admin().actor)
    except Refused as error:
        return _again(posted.refused(error, "stages"))
    return redirect_to("/")


@pages.post("/first-steps/robots")
def take_set() -> Response:
    """The starter set, or what is wanted of it."""
    require_admin()
    posted = STARTER.posted()
    try:
        with transaction():
            by = require_admin().actor
            first_steps.note("robots")
            starter_set.take(starter_set.read({name: posted.text(name) for name in posted.fields}, by), by)
    except Refused as error:
        return _again(posted.refused(error, "robots"))
    return redirect_to("/")


@pages.post("/first-steps/notes")
def note() -> Response:
    """A step needs not be done, or the whole list is put away."""
    require_admin()
    with transaction():
        require_admin()
        first_steps.note(STEP.posted().text("step"))
    return redirect_to("/")


@pages.post("/first-steps/inquiries")
def send_inquiry() -> Response:
    """A test inquiry, whose fuse then burns on the board."""
    require_admin()
    with transaction():
        require_admin()
        first_steps.send_test_inquiry()
    return redirect_to("/")


def _again(form: FormState) -> Response:
    return page("first_steps/show.html", status=form.status, form=form, first_steps=found.first_steps())
