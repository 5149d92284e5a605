"""Contacts: the list, one with its deals, made and edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from webapp import auth, setups
from webapp.db import transaction
from webapp.errors import Refused
from webapp.models import Contact
from webapp.pages import fragment, go_to, page, wants_fragment, whole
from webapp.queries import contacts as query
from webapp.services import contacts
from webapp.words.refusals import problems, refusal

pages = Blueprint("contacts", __name__)
COLUMNS = ("name", "phone", "email")


@pages.get("/contacts")
def index() -> Response:
    """The list, searched by name, phone, e-mail or company."""
    words = request.args.get("q", "").strip()[:100]
    sort = request.args.get("sort", "name")
    sort = sort if sort in query.SORTS else "name"
    found = query.listed(words, min(whole(request.args.get("page")) or 1, 10_000), sort)
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
    """Make a contact."""
    form = request.form
    try:
        with transaction():
            raw = {key: form.get(key) or None for key in COLUMNS}
            actor = auth.viewer().actor
            contact_id = contacts.create(raw, actor, own=_own(), company=form.get("company")).id
    except Refused as error:
        return _form(None, form.to_dict(), error)
    return go_to(f"/contacts/{contact_id}")


@pages.get("/contacts/<int:contact_id>")
def show(contact_id: int) -> Response:
    """One contact with the deals that the viewer may see."""
    contact = auth.contact_for(contact_id)
    own = {f"contact.{key}": value for key, value in contact.fields.items()}
    typed = {key: getattr(contact, key) or "" for key in COLUMNS} | own
    return _form(contact, {**typed, "company": query.company_of(contact), "version": contact.version})


@pages.post("/contacts/<int:contact_id>")
def update(contact_id: int) -> Response:
    """Change a contact; a refused form keeps what was typed."""
    form = request.form
    try:
        with transaction():
            contact = auth.contact_for(contact_id, write=True)
            raw = {key: form.get(key) or None for key in COLUMNS if key in form}
            contacts.edit(
                contact,
                raw,
                auth.viewer().actor,
                own=_own(),
                company=form.get("company"),
                seen=whole(form.get("version")),
            )
    except Refused as error:
        if error.reason == "not_yours":
            raise
        return _form(auth.contact_for(contact_id), form.to_dict(), error)
    return go_to(f"/contacts/{contact_id}")


def _own() -> dict[str, str]:
    return {name[8:]: values[-1] for name, values in request.form.lists() if name.startswith("contact.")}


def _form(contact: Contact | None, typed: Mapping[str, object], error: Refused | None = None) -> Response:
    specs = [spec for spec in setups.current().catalogue.of("contact") if not spec.is_built_in]
    return page(
        "contacts/show.html",
        status=error.status if error else 200,
        contact=contact,
        typed=typed,
        specs=specs,
        problems=problems(error) if error else {},
        message=refusal(error) if error else "",
        deals=query.deals_of(contact.id, auth.viewer().scope) if contact else [],
        may_write=contact is None or auth.may_write_contact(contact),
    )
