"""How the web form gets onto the firm's own site: a snippet for each pipeline. For admins."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from webapp.access.records import require_admin
from webapp.snapshots import setups
from webapp.web.responses import page

pages = Blueprint("form_setup", __name__)


@pages.get("/form-setup")
def show() -> Response:
    """The snippets and the forms' own addresses; to others the page does not exist."""
    require_admin()
    return page(
        "inquiry_form/setup.html",
        pipelines=list(setups.current().pipelines.values()),
        address=current_app.config["SETTINGS"].url,
    )
