"""A person's own page for colleagues: who they are, when they are away and who stands in; written by themselves, a head
over them, an admin."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, get_flashed_messages

from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound, Refused, invalid
from webapp.queries import absences as found
from webapp.services import absences
from webapp.web.forms import BLANK, Form, FormState, Posted, read_id
from webapp.web.responses import page, redirect_to

pages = Blueprint("absences", __name__)
AWAY = Form(names=("from_on", "until_on", "cover_id", "known"), refusals=("bad_fields",))
BACK = Form(names=("person",))


@pages.get("/people/<int:user_id>")
def show(user_id: int) -> Response:
    """Any colleague's."""
    return _page(user_id)


@pages.post("/people/<int:user_id>/absences")
def create(user_id: int) -> Response:
    """Away on these days."""
    posted = AWAY.posted()
    try:
        with transaction():
            by = viewer().actor
            absences.person_for(user_id, by)
            first, last, cover = _day(posted, "from_on"), _day(posted, "until_on"), _cover(posted)
            absences.add(user_id, first, last, cover, by, known=_known(posted))
    except Refused as error:
        return _page(user_id, posted.refused(error))
    flash("saved")
    return redirect_to(f"/people/{user_id}")


@pages.post("/absences/<int:absence_id>/deletions")
def remove(absence_id: int) -> Response:
    """There after all, from today on; where somebody was quicker, as was wished."""
    try:
        with transaction():
            by = viewer().actor
            user_id = absences.locked(absence_id, by).user_id
            absences.remove(absence_id, by)
    except NotFound:
        user_id = found.person_page(BACK.posted().id("person") or 0, viewer().scope).person.id
    flash("saved")
    return redirect_to(f"/people/{user_id}")


def _day(posted: Posted, name: str) -> date:
    found_day = posted.day(name)
    if found_day is None:
        raise invalid(name, "blank")
    return found_day


def _cover(posted: Posted) -> int | None:
    """Raises Refused: what was sent is nobody's id."""
    if posted.text("cover_id") and posted.id("cover_id") is None:
        raise invalid("cover_id", "not_a_cover")
    return posted.id("cover_id")


def _known(posted: Posted) -> list[int] | None:
    """The absences that the page showed; None where it did not say."""
    ids = map(read_id, posted.text("known").split())
    return [each for each in ids if each is not None] if "known" in posted else None


def _page(user_id: int, form: FormState = BLANK) -> Response:
    seen = found.person_page(user_id, viewer().scope)
    return page("people/show.html", status=form.status, form=form, seen=seen, told=get_flashed_messages())
