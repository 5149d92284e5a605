"""A deal: shown, made, edited in place, deleted."""

from __future__ import annotations

from flask import Blueprint, Response, request

from rules.setup import Pipeline, Stage
from webapp.access.records import deal_for, deleted_deal_for, may_read_deal
from webapp.access.viewer import viewer
from webapp.db import session, transaction
from webapp.errors import Refused, invalid
from webapp.i18n import field_words
from webapp.models import Deal
from webapp.queries import board, cards, closed
from webapp.queries import contacts as query
from webapp.services import deals, values
from webapp.services.clients import ClientChoice, contact_of
from webapp.snapshots import setups
from webapp.web import out_of_sight
from webapp.web.forms import Form, FormState, Posted, read_id
from webapp.web.responses import fragment, page, redirect_to, wants_fragment
from webapp.web.sheets import deal_sheet, known_client, saved_sheet
from webapp.web.turns import turn_of

pages = Blueprint("deals", __name__)
NEW = Form(
    names=("title", "pipeline", "stage", "amount", "contact", "client", "phone", "quick"),
    entities=("deal",),
    beside={"name": "contact"},
    refusals=("bad_fields", "known_contact", "required_fields"),
)
EDIT = Form(
    names=("version", "title", "amount", "responsible", "contact", "client", "phone", "from"),
    entities=("deal",),
    beside={"responsible_id": "responsible", "name": "contact"},
    refusals=("bad_fields", "known_contact", "required_fields", "stale"),
)


@pages.get("/deals/<int:deal_id>")
def show(deal_id: int) -> Response:
    """The deal's sheet: a page of its own, or laid over the board."""
    return deal_sheet(deal_id)


@pages.get("/deals")
def index() -> Response:
    """The archive of closed deals."""
    args = request.args
    kind, sort = args.get("kind", ""), args.get("sort", "closed")
    kinds = (*closed.KINDS, "deleted") if viewer().scope.is_admin else closed.KINDS
    kind, sort = kind if kind in kinds else "", sort if sort in closed.SORTS else "closed"
    words = args.get("q", "").strip()[:100]
    found, sum_minor = closed.listed(viewer().scope, words, kind, sort, turn_of(args))
    return page("deals/closed.html", page_=found, sum_minor=sum_minor, words=words, kind=kind, sort=sort)


@pages.get("/deals/new")
def new() -> Response:
    """The form of a new deal."""
    typed = {name: request.args.get(name, "") for name in ("pipeline", "stage")}
    if client := query.one(read_id(request.args.get("client"))):
        typed |= {"client": str(client.id), "contact": client.name}
    return _new(FormState(typed=typed))


@pages.post("/deals")
def create() -> Response:
    """Make a deal, with its contact when a new one is named."""
    posted = NEW.posted()
    try:
        with transaction():
            actor = viewer().actor
            stage = setups.current().entrance(posted.text("pipeline") or None, posted.text("stage"))
            if stage is None:
                raise invalid("stage", "unknown_stage")
            deal = deals.create(
                deals.DealDraft(
                    title=posted.text("title"),
                    stage=stage,
                    responsible_id=viewer().id,
                    amount_minor=amount_of(posted.text("amount")),
                    contact_id=contact_of(_client(posted), viewer().actor),
                    values={key: value for key, value in posted.own("deal").items() if value},
                ),
                actor,
            )
            deal_id = deal.id
    except Refused as error:
        return _new(posted.refused(error), error)
    if "quick" in posted and wants_fragment():
        return _added(deal_id)
    return redirect_to(f"/deals/{deal_id}")


def _added(deal_id: int) -> Response:
    card = cards.card(deal_id)
    assert card is not None
    heads = board.heads(viewer().scope, [card.stage_id])
    return fragment("board/added.htmx.html", card=card, heads=heads)


def _new(form: FormState, error: Refused | None = None) -> Response:
    setup, known = setups.current(), known_client(error)
    context = {
        "form": form,
        "pipelines": [(each, _open_to_new(each)) for each in setup.pipelines.values()],
        "clients": query.choices(form.typed.get("contact", ""), known or read_id(form.typed.get("client"))),
        "known": known,
        "from_contact": read_id(request.args.get("client")),
        "chosen": setup.entrance(form.typed.get("pipeline") or None, form.typed.get("stage")),
    }
    if error and "quick" in form.typed and wants_fragment():
        return fragment("board/add_asks.htmx.html", status=form.status, **context)
    return page("deals/new.html", status=form.status, **context)


def _open_to_new(pipeline: Pipeline) -> list[Stage]:
    return [each for each in setups.current().stages_of(pipeline.id) if each.kind != "lost"]


def amount_of(raw: str) -> int:
    """An amount as typed, in minor units; blank is nothing. Raises Refused naming the field."""
    return values.money(raw, viewer().actor) or 0


def _client(posted: Posted) -> ClientChoice:
    return ClientChoice(posted.text("client"), posted.text("contact"), posted.text("phone"))


@pages.post("/deals/<int:deal_id>")
def update(deal_id: int) -> Response:
    """Change what the form names; a refused value is shown again as typed, with what is wrong."""
    posted = EDIT.posted()
    try:
        with transaction():
            deal, sent = deal_for(deal_id, write=True, for_update=True), posted.changed
            deals.edit(deal, _changes(sent), by=viewer().actor, seen=posted.id("version"), shown=_changes(sent.was))
    except Refused as error:
        if _is_from_board(posted):
            raise
        return deal_sheet(deal_id, _kept(posted, error).refused(error, "deal"), known_client(error))
    return _handed_over(deal_id) if _is_from_board(posted) else saved_sheet(deal_id)


def _is_from_board(posted: Posted) -> bool:
    """A card's menu, which is open over the board and not over the deal's sheet."""
    return posted.text("from") == "board" and wants_fragment()


def _handed_over(deal_id: int) -> Response:
    """Whoever has given a deal away may not see it any more."""
    deal = session().get_one(Deal, deal_id)
    card = cards.card(deal_id) if may_read_deal(deal) else None
    answer = fragment("board/handed_over.htmx.html", card=card, deal_id=deal_id)
    answer.data += out_of_sight.said(out_of_sight.of_deal(deal))
    return answer


def _kept(posted: Posted, error: Refused) -> Posted:
    """What was typed stays. What was only chosen shows as somebody else has left it: choosing again is one press."""
    specs = setups.current().catalogue.of("deal") if error.reason == "stale" else ()
    return posted.without({f"deal.{spec.key}" for spec in specs if field_words.of(spec).is_chosen})


def _changes(posted: Posted) -> deals.DealEdit:
    changes: deals.DealEdit = {}
    if "title" in posted:
        changes["title"] = posted.text("title")
    if "amount" in posted:
        changes["amount_minor"] = amount_of(posted.text("amount"))
    if "responsible" in posted:
        changes["responsible_id"] = posted.id("responsible") or 0
    if "client" in posted:
        changes["contact_id"] = contact_of(_client(posted), viewer().actor)
    elif "contact" in posted:
        raise invalid("contact", "choose_contact")
    if own := posted.own("deal"):
        changes["fields"] = own
    return changes


@pages.post("/deals/<int:deal_id>/deletions")
def delete(deal_id: int) -> Response:
    """Take the deal off the board; an admin can bring it back."""
    with transaction():
        deals.delete(deal_for(deal_id, write=True, for_update=True), viewer().actor)
    return redirect_to("/")


@pages.post("/deals/<int:deal_id>/restorations")
def restore(deal_id: int) -> Response:
    """An admin brings a deleted deal back, and is told where it is when that is not where it was."""
    with transaction():
        deal = deleted_deal_for(deal_id)
        was = deal.stage_id
        deals.restore(deal, viewer().actor)
        became = out_of_sight.of_restored(deal, was)
    path = f"/deals/{deal_id}"
    return redirect_to(path) if became is None else out_of_sight.back_to(path, became)
