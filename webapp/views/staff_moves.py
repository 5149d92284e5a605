"""Somebody goes to another department, for admins: what it would do is shown first, and done when it is sent again."""

from __future__ import annotations

from flask import Blueprint, Response, flash

from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused, invalid
from webapp.queries import staff as found
from webapp.services import hand_overs, moving
from webapp.services.moving import Move
from webapp.web import staff_room
from webapp.web.forms import Form, Posted
from webapp.web.responses import redirect_to

pages = Blueprint("staff_moves", __name__)
MOVE = Form(names=("leaves", "department", "deals", "taker", "sure"))
ONE = "/settings/people/<int:user_id>"


@pages.post(f"{ONE}/moves")
def create(user_id: int) -> Response:
    """From one department to another."""
    require_admin()
    found.one(user_id)
    posted = MOVE.posted()
    shown = None
    try:
        with transaction():
            by, move = require_admin().actor, _move(posted)
            if posted.text("sure"):
                is_done = hand_overs.begin_move(user_id, move, by)
            else:
                shown = staff_room.moving_of(user_id, move, by)
    except Refused as error:
        return staff_room.one(user_id, posted.refused(error, "moving"))
    if shown:
        return staff_room.one(user_id, posted.again("moving"), shown=shown)
    flash("saved" if is_done else "leaving")
    return redirect_to(f"/settings/people/{user_id}")


def _move(posted: Posted) -> Move:
    """Raises Refused."""
    if posted.text("taker") and posted.id("taker") is None:
        raise invalid("taker", "no_such_person")
    taker = posted.id("taker") if posted.text("deals") == moving.OVER else None
    return Move(posted.id("leaves") or 0, posted.id("department") or 0, posted.text("deals"), taker)
