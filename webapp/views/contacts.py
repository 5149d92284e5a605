"""Contacts: the list, one with its deals and what was said, made and edited."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, request

from rules.facts import CHANNELS, FieldSpec
from webapp import phones
from webapp.access import clients
from webapp.access.records import contact_for, may_write_contact
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n import formats
from webapp.i18n.refusals import refusal
from webapp.models import Company, Contact
from webapp.queries import calls
from webapp.queries import contacts as query
from webapp.services import contacts
from webapp.services.companies import CompanyEdit
from webapp.snapshots import contact_ways
from webapp.web import client_fields
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.responses import fragment, page, redirect_to, wants_fragment
from webapp.web.turns import turn_of
from webapp.web.ways_back import keeping, way_back

pages = Blueprint("contacts", __name__)
ROOM = "/contacts"
COLUMNS = ("name", "phone", "email", *contact_ways.KINDS)
LEADS_TO = ("known_contact", "merged")  # refusals that name another contact
FORM = Form(
    names=(*COLUMNS, "company", "company_id", "anyway", "version", "from"),
    entities=("contact", "company"),
    refusals=("bad_fields", "known_contact", "required_fields", "stale", "merged"),
)


@pages.get("/contacts")
def index() -> Response:
    """The list, searched by name, phone, e-mail or company."""
    words = request.args.get("q", "").strip()[:100]
    sort = request.args.get("sort", "name")
    sort = sort if sort in query.SORTS else "name"
    found = query.listed(words, turn_of(request.args), sort)
    context: dict[str, Any] = {"page_": found, "words": words, "sort": sort}
    if wants_fragment():
        return fragment("contacts/_list.html", **context)
    return page("contacts/index.html", **context, loose=calls.count_loose(viewer().scope))


@pages.get("/contacts/choices")
def choices() -> Response:
    """Who could be meant by what is being typed as a deal's client: to be chosen, or to be passed over for a new
    one."""
    words, as_buttons = request.args.get("contact", "").strip()[:100], "buttons" in request.args
    template = "contacts/_buttons.html" if as_buttons else "contacts/_choices.html"
    return fragment(template, clients=query.choices(words), words=words, chosen="", known=None)


@pages.get("/contacts/new")
def new() -> Response:
    """The form of a new contact."""
    return _page(None)


@pages.post("/contacts")
def create() -> Response:
    """Make a contact; when somebody has this phone or e-mail already, ask first."""
    posted = FORM.posted()
    try:
        with transaction():
            raw = {key: posted.text(key) or None for key in COLUMNS}
            contacts.check_unknown(raw, None, is_sure="anyway" in posted)
            contact = contacts.create(raw, viewer().actor, own=posted.own("contact"), company=posted.text("company"))
            contact_id = contact.id
    except Refused as error:
        return _page(None, posted.refused(error), error)
    return redirect_to(f"/contacts/{contact_id}")


@pages.get("/contacts/<int:contact_id>")
def show(contact_id: int) -> Response:
    """One contact with the deals and conversations that the viewer may see; one that has gone into another leads
    there."""
    contact = contact_for(contact_id)
    if contact.merged_into_id is not None:
        return redirect_to(f"/contacts/{contact.merged_into_id}")
    return _page(contact)


@pages.post("/contacts/<int:contact_id>")
def update(contact_id: int) -> Response:
    """Save what was changed, and only that: the rest may have been changed by others. A refused form keeps what was
    typed."""
    posted = FORM.posted()
    sent = posted.changed
    try:
        with transaction():
            contact = contact_for(contact_id, write=True)
            raw = {key: sent.text(key) or None for key in COLUMNS if key in sent}
            contacts.check_unknown(raw, contact, is_sure="anyway" in posted)
            contacts.edit(
                contact,
                raw,
                viewer().actor,
                own=sent.own("contact"),
                company=sent.text("company") if "company" in sent else None,
                seen=posted.id("version"),
                shown=_columns_and_own(sent.was),
                of_company=CompanyEdit(sent.own("company"), posted.id("company_id"), sent.was.own("company")),
            )
    except Refused as error:
        return _page(contact_for(contact_id), sent.refused(error), error)
    flash("saved")
    return redirect_to(keeping(f"/contacts/{contact_id}", ROOM, way_back(ROOM, posted.text("from"))))


def _columns_and_own(was: Posted) -> dict[str, str]:
    return {**{key: was.text(key) for key in (*COLUMNS, "company") if key in was}, **was.own("contact")}


def _shown(contact: Contact, works_at: Company | None, specs: list[FieldSpec]) -> dict[str, str]:
    """The contact as its form shows it, with the values of the company that it is about."""
    phone = formats.phone(contact.phone, contact.phone_extension)
    columns = {"name": contact.name, "phone": phone, "email": contact.email or ""}
    further = contact_ways.of([contact.id])[contact.id]
    columns["more_phones"] = "\n".join(formats.phone(*phones.split(each)) for each in further["more_phones"])
    columns["more_emails"] = "\n".join(further["more_emails"])
    kept = query.company_of(contact)
    return {**columns, "company": kept.name if kept else "", **client_fields.shown(specs, contact, works_at)}


def _page(contact: Contact | None, form: FormState = BLANK, error: Refused | None = None) -> Response:
    chosen = str(form.typed.get("company", "")).strip()
    works_at = query.company_named(chosen) if chosen else query.company_of(contact) if contact else None
    has_company = contact is not None and (bool(chosen) or works_at is not None)
    deals, talks = turn_of(request.args), turn_of(request.args, "talks_")
    specs = client_fields.specs_of(("contact", "company") if has_company else ("contact",))
    return page(
        "contacts/show.html",
        status=form.status,
        contact=contact,
        form=form,
        shown=_shown(contact, works_at, specs) if contact else {},
        company_id=client_fields.id_of(works_at) if has_company else None,
        specs=specs,
        known_id=error.facts.get("id") if error and error.reason in LEADS_TO else None,
        deals=query.deals_of(contact.id, viewer().scope, deals) if contact else None,
        talks=query.talks_of(contact.id, viewer().scope, talks) if contact else None,
        turns={"after": deals.after, "before": deals.before, "talks_after": talks.after, "talks_before": talks.before},
        channels={each.key: each.label for each in CHANNELS},
        back=way_back(ROOM, str(form.value("from"))),
        may_write=contact is None or may_write_contact(contact),
        asked_of=refusal(Refused("another_client", who=clients.named_keepers(contact))) if contact else "",
    )
