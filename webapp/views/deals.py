"""A deal: shown, made, edited in place, deleted."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from rules.fields import FieldError, parse
from webapp.access.records import deal_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound, Refused, invalid
from webapp.i18n.refusals import problems, refusal
from webapp.queries import board, cards, closed
from webapp.queries import deals as query
from webapp.services import contacts, deals
from webapp.snapshots import setups
from webapp.web.responses import fragment, page, read_id, redirect_to, wants_fragment

pages = Blueprint("deals", __name__)


@pages.get("/deals/<int:deal_id>")
def show(deal_id: int) -> Response:
    """The deal's sheet: a page of its own, or laid over the board."""
    return _sheet(deal_id)


def _sheet(deal_id: int, status: int = 200, **context: Any) -> Response:
    lines = read_id(request.args.get("lines")) or query.LINES
    found = query.sheet(deal_for(deal_id), viewer().scope, min(lines, query.MOST_LINES))
    build, template = (fragment, "deals/_sheet.html") if wants_fragment() else (page, "deals/show.html")
    return build(template, status=status, page=found, people=found.people, **context)


@pages.get("/deals")
def index() -> Response:
    """The archive of closed deals."""
    args = request.args
    kind, sort = args.get("kind", ""), args.get("sort", "closed")
    kind, sort = kind if kind in ("won", "lost") else "", sort if sort in closed.SORTS else "closed"
    words, number = args.get("q", "").strip()[:100], read_id(args.get("page")) or 1
    found = closed.listed(viewer().scope, words, kind, sort, min(number, 100_000))
    return page("deals/closed.html", page_=found, words=words, kind=kind, sort=sort)


@pages.get("/deals/new")
def new() -> Response:
    """The form of a new deal."""
    return _new({"stage": request.args.get("stage", "")})


@pages.post("/deals")
def create() -> Response:
    """Make a deal, with its contact when a new one is named."""
    form = request.form
    try:
        with transaction():
            setup, actor = setups.current(), viewer().actor
            pipeline = setup.pipeline_of(form.get("pipeline") or None)
            stage = setup.stage_of(pipeline.id, form.get("stage", "")) if pipeline else None
            if pipeline is None or (form.get("stage") and stage is None):
                raise NotFound("stage")
            deal = deals.create(
                deals.DealDraft(
                    title=form.get("title", ""),
                    stage=stage or setup.stages_of(pipeline.id)[0],
                    responsible_id=viewer().id,
                    amount_minor=amount_of(form.get("amount", "")),
                    contact_id=_contact(form.get("contact", ""), form.get("phone", "")),
                    values={k.partition(".")[2]: v for k, v in form.items() if k.startswith("deal.") and v},
                ),
                actor,
            )
            deal_id = deal.id
    except Refused as error:
        if error.reason not in ("bad_fields", "required_fields"):
            raise
        return _new(form.to_dict(), error)
    if "quick" in form and wants_fragment():
        return _added(deal_id)
    return redirect_to(f"/deals/{deal_id}")


def _added(deal_id: int) -> Response:
    card = cards.card(deal_id)
    assert card is not None
    heads = board.heads(viewer().scope, [card.stage_id])
    return fragment("board/added.htmx.html", card=card, heads=heads)


def _new(typed: dict[str, str], error: Refused | None = None) -> Response:
    setup = setups.current()
    missing = [setup.catalogue.get(each.entity, each.key) for each in error.missing] if error else []
    context = {
        "typed": typed,
        "problems": _beside(problems(error)) if error else {},
        "message": refusal(error) if error else "",
        "asked": missing,
        "stages": [each for each in setup.stages.values() if each.kind != "lost"],
    }
    if error and "quick" in typed and wants_fragment():
        return fragment("board/add_asks.htmx.html", status=error.status, **context)
    return page("deals/new.html", status=error.status if error else 200, **context)


def _beside(found: dict[str, str]) -> dict[str, str]:
    """What is wrong, by this form's own names: a contact's name is its "contact"."""
    return {"contact" if key == "name" else key: words for key, words in found.items()}


def amount_of(raw: str) -> int:
    """An amount as typed, in minor units; blank is nothing. Raises Refused naming the field."""
    spec = setups.current().catalogue.get("deal", "amount")
    assert spec is not None
    try:
        minor = parse(spec, raw)
    except FieldError as error:
        raise invalid("amount", error.code, **error.facts) from None
    return minor if isinstance(minor, int) else 0


def _contact(name: str, phone: str) -> int | None:
    """The contact of this phone, else a new one of this name; nobody when both are blank."""
    if not name.strip() and not phone.strip():
        return None
    clean = contacts.clean({"phone": phone}) if phone.strip() else {}
    found = contacts.find(None, clean.get("phone"), None)
    return (found or contacts.create({"name": name, "phone": phone or None}, viewer().actor)).id


@pages.post("/deals/<int:deal_id>")
def update(deal_id: int) -> Response:
    """Change what the form names; a refused value is shown again as typed, with what is wrong."""
    try:
        with transaction():
            deal = deal_for(deal_id, write=True, for_update=True)
            form, seen = request.form, read_id(request.form.get("version"))
            deals.edit(deal, _changes(form), by=viewer().actor, seen=seen, shown=_changes(_was(form)))
    except Refused as error:
        if error.reason not in ("bad_fields", "required_fields", "stale"):
            raise
        context = {"typed": _typed(error), "problems": problems(error), "message": refusal(error)}
        return _sheet(deal_id, error.status, **context)
    return _sheet(deal_id) if wants_fragment() else redirect_to(f"/deals/{deal_id}")


def _was(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """What the form showed of what it changes, as "was.amount" beside "amount"."""
    return MultiDict(
        [(name[4:], value) for name, value in form.items() if name.startswith("was.") and name[4:] in form]
    )


def _typed(error: Refused) -> dict[str, str]:
    """What was typed stays. What was only chosen shows as somebody else has left it: choosing again is one press."""
    chosen = {
        f"deal.{spec.key}" for spec in setups.current().catalogue.of("deal") if spec.kind in ("select", "checkbox")
    }
    return {name: value for name, value in request.form.items() if error.reason != "stale" or name not in chosen}


def _changes(form: MultiDict[str, str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "title" in form:
        changes["title"] = form["title"]
    if "amount" in form:
        changes["amount_minor"] = amount_of(form["amount"])
    if "responsible" in form:
        changes["responsible_id"] = read_id(form["responsible"]) or 0
    own = {name[5:]: values[-1] for name, values in form.lists() if name.startswith("deal.")}
    if own:
        changes["fields"] = own
    return changes


@pages.post("/deals/<int:deal_id>/deletions")
def delete(deal_id: int) -> Response:
    """Take the deal off the board; an admin can bring it back."""
    with transaction():
        deals.delete(deal_for(deal_id, write=True, for_update=True), viewer().actor)
    return redirect_to("/")
