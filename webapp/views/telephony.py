"""How the firm takes calls, for admins: the provider, how many rings, which number belongs to which department."""

from __future__ import annotations

from flask import Blueprint, Response, flash

from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import telephony
from webapp.web.channels import channels_page
from webapp.web.forms import Form
from webapp.web.responses import redirect_to

pages = Blueprint("telephony", __name__)
HERE = "/settings/channels"
SET_UP = Form(names=("secret", "rings", "caller_id"), secret=frozenset({"secret"}))
LINE = Form(names=("number", "department"))


@pages.post(f"{HERE}/telephony")
def set_up() -> Response:
    """The provider's secret, the rings, what is shown."""
    require_admin()
    posted = SET_UP.posted()
    try:
        with transaction():
            telephony.set_up(
                secret=posted.text("secret"),
                rings=posted.text("rings").strip(),
                caller_id=posted.text("caller_id"),
                by=require_admin().actor,
            )
    except Refused as error:
        return channels_page(posted.refused(error, "telephony"))
    return _saved()


@pages.post(f"{HERE}/telephony/deletions")
def delete() -> Response:
    """Calls are taken here no more."""
    require_admin()
    with transaction():
        telephony.remove(require_admin().actor)
    return _saved()


@pages.post(f"{HERE}/lines")
def add_line() -> Response:
    """A number belongs to a department from now on."""
    require_admin()
    posted = LINE.posted()
    try:
        with transaction():
            telephony.add_line(posted.text("number"), posted.text("department"), require_admin().actor)
    except Refused as error:
        return channels_page(posted.refused(error, "line"))
    return _saved()


@pages.post(f"{HERE}/lines/<int:line_id>/deletions")
def remove_line(line_id: int) -> Response:
    """A number belongs to no department any more."""
    require_admin()
    with transaction():
        telephony.remove_line(line_id, require_admin().actor)
    return _saved()


def _saved() -> Response:
    flash("saved")
    return redirect_to(f"{HERE}#telephony")
