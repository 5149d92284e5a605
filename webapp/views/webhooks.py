"""Addresses of other systems that robots may tell, for admins. A new one's secret stands on the answer alone."""

from __future__ import annotations

from flask import Blueprint, Response, flash

from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import webhooks
from webapp.services.old_secrets import A_DAY
from webapp.web.channels import channels_page
from webapp.web.forms import Form
from webapp.web.responses import redirect_to

pages = Blueprint("webhooks", __name__)
HERE = "/settings/channels/webhooks"
ONE = f"{HERE}/<int:webhook_id>"
OVERLAP = Form(names=("overlap",))
NEW = Form(names=("name", "url"))


@pages.post(HERE)
def create() -> Response:
    """A new one, and what it signs with, this once."""
    require_admin()
    posted = NEW.posted()
    try:
        with transaction():
            made, secret = webhooks.add(posted.text("name"), posted.text("url"), require_admin().actor)
            shown = (made.name, secret)
    except Refused as error:
        return channels_page(posted.refused(error, "webhook"))
    return channels_page(signed=shown)


@pages.post(f"{ONE}/tests")
def test(webhook_id: int) -> Response:
    """A word that says nothing; what becomes of it stands in the log."""
    require_admin()
    with transaction():
        webhooks.test(webhook_id, require_admin().actor)
    return redirect_to("/settings/channels#log")


@pages.post(f"{ONE}/secrets")
def renew(webhook_id: int) -> Response:
    """Another secret, this once; the old one signs too for a day, or ends."""
    require_admin()
    hours = A_DAY if OVERLAP.posted().text("overlap") == "day" else 0
    with transaction():
        made, secret = webhooks.renew(webhook_id, hours, require_admin().actor)
        shown = (made.name, secret)
    return channels_page(signed=shown)


@pages.post(f"{ONE}/deletions")
def delete(webhook_id: int) -> Response:
    """Nothing goes there any more, unless a robot still names it."""
    require_admin()
    try:
        with transaction():
            webhooks.end(webhook_id, require_admin().actor)
    except Refused as error:
        return channels_page(NEW.posted().refused(error, "webhooks"))
    flash("saved")
    return redirect_to("/settings/channels#webhooks")
