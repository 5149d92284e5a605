"""What whoever is rung makes of a call."""

from __future__ import annotations

from flask import Blueprint, Response

from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.services import calls
from webapp.web.responses import redirect_to

pages = Blueprint("calls", __name__)


@pages.post("/calls/<int:call_id>/deals")
def make_deal(call_id: int) -> Response:
    """The caller is a client: a deal of theirs."""
    with transaction():
        deal = calls.make_deal(call_id, viewer().actor)
    return redirect_to(f"/deals/{deal.id}")
