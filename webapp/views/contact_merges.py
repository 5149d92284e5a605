"""Two contacts that turned out to be one person: found, seen side by side, made one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, request

from webapp.access.records import contact_for, contacts_to_merge, may_write_contact
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound, Refused, not_an_option
from webapp.i18n import merges as words
from webapp.models import Contact
from webapp.queries import merges as query
from webapp.services import journal, merging
from webapp.web.forms import BLANK, Form, FormState, Posted, asked, read_id
from webapp.web.responses import fragment, page, redirect_to, wants_fragment

pages = Blueprint("contact_merges", __name__)
SIDES = ("stays", GOES := "goes")  # whose value is chosen where both have one
FORM = Form(
    names=("into", "version", "into_version", *merging.COLUMNS),
    entities=("contact",),
    refusals=("bad_fields", "stale", "required_fields"),
)


@pages.get("/contacts/<int:contact_id>/merges/new")
def new(contact_id: int) -> Response:
    """Whom this contact could turn out to be; with `into` the two side by side."""
    if (into_id := read_id(request.args.get("into"))) is not None:
        return _side_by_side(contact_id, into_id)
    contact = contact_for(contact_id)
    if contact.merged_into_id is not None:
        return redirect_to(f"/contacts/{contact.merged_into_id}")
    if not may_write_contact(contact):
        raise NotFound("contact")
    typed = asked("q").strip()[:100]
    context: dict[str, Any] = {
        "contact": contact,
        "words": typed,
        "found": query.choices(contact, typed, viewer().scope),
    }
    return fragment("contacts/_same.html", **context) if wants_fragment() else page("contacts/same.html", **context)


@pages.post("/contacts/<int:contact_id>/merges")
def create(contact_id: int) -> Response:
    """Make one contact of the two; what is refused is shown side by side again, as it was chosen."""
    posted = FORM.posted()
    into_id = posted.id("into")
    if into_id is None or into_id == contact_id:
        raise NotFound("contact")
    try:
        with transaction():
            goes, into = contacts_to_merge(contact_id, into_id, for_update=True)
            _check_seen(goes, posted.id("version"))
            _check_seen(into, posted.id("into_version"))
            merging.merge(goes, into, _taken(posted), viewer().actor)
    except Refused as error:
        return _side_by_side(contact_id, into_id, posted.refused(error))
    flash("merged")
    return redirect_to(f"/contacts/{into_id}")


def _taken(posted: Posted) -> list[str]:
    chosen = {key: posted.text(key) for key in merging.choices() if key in posted}
    if wrong := next((key for key, side in chosen.items() if side not in SIDES), None):
        raise not_an_option(wrong, SIDES)
    return [key for key, side in chosen.items() if side == GOES]


def _check_seen(contact: Contact, seen: int | None) -> None:
    if seen is not None and seen != contact.version:
        raise journal.stale("contact", contact.id)


def _side_by_side(goes_id: int, into_id: int, form: FormState = BLANK) -> Response:
    goes, into = contacts_to_merge(goes_id, into_id)
    if goes is into:
        raise NotFound("contact")
    return page(
        "contacts/merge.html",
        status=form.status,
        goes=goes,
        into=into,
        form=form,
        rows=words.rows(goes, into, merging.pairs(goes, into, ())),
        along=query.goes_along(goes, viewer().scope),
    )
