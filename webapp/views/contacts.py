"""Contacts: the list, one with its deals, made and edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, request

from webapp.access.records import contact_for, may_write_contact
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n import formats
from webapp.i18n.refusals import problems, refusal
from webapp.models import Contact
from webapp.queries import contacts as query
from webapp.services import contacts
from webapp.snapshots import setups
from webapp.web.responses import fragment, page, read_id, redirect_to, wants_fragment

pages = Blueprint("contacts", __name__)
COLUMNS = ("name", "phone", "email")


@pages.get("/contacts")
def index() -> Response:
    """The list, searched by name, phone, e-mail or company."""
    words = request.args.get("q", "").strip()[:100]
    sort = request.args.get("sort", "name")
    sort = sort if sort in query.SORTS else "name"
    found = query.listed(words, min(read_id(request.args.get("page")) or 1, 10_000), sort)
    context: dict[str, Any] = {"page_": found, "words": words, "sort": sort}
    if wants_fragment():
        return fragment("contacts/_list.html", **context)
    return page("contacts/index.html", **context)


@pages.get("/contacts/new")
def new() -> Response:
    """The form of a new contact."""
    return _form(None, {})


@pages.post("/contacts")
def create() -> Response:
    """Make a contact; when somebody has this phone or e-mail already, ask first."""
    form = {name: values[-1] for name, values in request.form.lists()}  # a ticked box comes after its "off"
    try:
        with transaction():
            raw = {key: form.get(key) or None for key in COLUMNS}
            contacts.check_unknown(raw, None, is_sure="anyway" in form)
            contact_id = contacts.create(raw, viewer().actor, own=_own(form), company=form.get("company")).id
    except Refused as error:
        return _form(None, form, error)
    return redirect_to(f"/contacts/{contact_id}")


@pages.get("/contacts/<int:contact_id>")
def show(contact_id: int) -> Response:
    """One contact with the deals that the viewer may see."""
    contact = contact_for(contact_id)
    return _form(contact, _shown(contact))


@pages.post("/contacts/<int:contact_id>")
def update(contact_id: int) -> Response:
    """Save what was changed, and only that: the rest may have been changed by others. A refused form keeps what was
    typed."""
    form = request.form
    sent = {name: values[-1] for name, values in form.lists() if form.get(f"was.{name}") != values[-1]}
    try:
        with transaction():
            contact = contact_for(contact_id, write=True)
            raw = {key: sent[key] or None for key in COLUMNS if key in sent}
            contacts.check_unknown(raw, contact, is_sure="anyway" in form)
            was = {name.removeprefix("contact."): form[f"was.{name}"] for name in sent if f"was.{name}" in form}
            contacts.edit(
                contact,
                raw,
                viewer().actor,
                own=_own(sent),
                company=sent.get("company"),
                seen=read_id(form.get("version")),
                shown=was,
            )
    except Refused as error:
        if error.reason == "not_yours":
            raise
        contact = contact_for(contact_id)
        return _form(contact, {**_shown(contact), **sent}, error)
    flash("saved")
    return redirect_to(f"/contacts/{contact_id}")


def _own(sent: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("contact."): value for name, value in sent.items() if name.startswith("contact.")}


def _shown(contact: Contact) -> dict[str, str]:
    """The contact as its form shows it."""
    own = {}
    for spec in setups.current().catalogue.of("contact"):
        value = contact.fields.get(spec.key)
        if not spec.is_built_in:
            own[f"contact.{spec.key}"] = ("on" if value else "off") if spec.kind == "checkbox" else str(value or "")
    columns = {"name": contact.name, "phone": formats.phone(contact.phone), "email": contact.email or ""}
    return {**columns, "company": query.company_of(contact), **own}


def _form(contact: Contact | None, typed: Mapping[str, object], error: Refused | None = None) -> Response:
    specs = [spec for spec in setups.current().catalogue.of("contact") if not spec.is_built_in]
    known = error.facts.get("id") if error and error.reason == "known_contact" else None
    return page(
        "contacts/show.html",
        status=error.status if error else 200,
        contact=contact,
        typed=typed,
        shown=_shown(contact) if contact else {},
        specs=specs,
        problems=problems(error) if error else {},
        message=refusal(error) if error else "",
        known_id=known,
        deals=query.deals_of(contact.id, viewer().scope) if contact else [],
        may_write=contact is None or may_write_contact(contact),
    )
