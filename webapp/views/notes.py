"""Notes on a deal."""

from __future__ import annotations

from flask import Blueprint, Response

from webapp.access.records import deal_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import notes
from webapp.web.forms import Form
from webapp.web.sheets import deal_sheet, saved_sheet

pages = Blueprint("notes", __name__)
NOTE = Form(names=("text",))


@pages.post("/deals/<int:deal_id>/notes")
def create(deal_id: int) -> Response:
    """Write one; the sheet comes back with it."""
    posted = NOTE.posted()
    try:
        with transaction():
            notes.write(deal_for(deal_id, for_update=True), posted.text("text"), viewer().actor)
    except Refused as error:
        return deal_sheet(deal_id, posted.refused(error, "note"))
    return saved_sheet(deal_id)
