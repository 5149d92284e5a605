"""A deal's moves: by drag, by the card's menu, by the small form that a stage asks with. One URL for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify

from rules.setup import Stage
from webapp.access.records import deal_for, neighbour_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound, Refused
from webapp.i18n import formats
from webapp.i18n.refusals import refusal
from webapp.models import Deal
from webapp.queries import board, cards
from webapp.services import deals, gate, undo
from webapp.snapshots import setups
from webapp.web import client_fields
from webapp.web.card_menus import card_menu
from webapp.web.forms import Form, Posted
from webapp.web.responses import fragment, page, redirect_to, wants_fragment

pages = Blueprint("moves", __name__)
MOVE = Form(
    names=("stage", "before", "after", "version", "from", "company_id"),
    entities=("deal", "contact", "company"),
    beside={"lost_reason": "deal.lost_reason", "amount": "deal.amount"},
    refusals=("required_fields", "bad_fields", "stale"),
)
TAKE_BACK = Form(names=("visit",))


@pages.get("/deals/<int:deal_id>/moves/new")
def new(deal_id: int) -> Response:
    """Where to: the same move as a plain form; to who may not move it, why."""
    deal = deal_for(deal_id)
    if not viewer().scope.may_write(deal.responsible_id, deal.department_id):
        return _fixed(deal)
    return card_menu(deal)


def _fixed(deal: Deal) -> Response:
    build, template = (fragment, "board/fixed.htmx.html") if wants_fragment() else (page, "deals/fixed.html")
    return build(template, status=403, deal=deal, owner=setups.current().name_of(deal.responsible_id))


@pages.get("/deals/<int:deal_id>/needs")
def needs(deal_id: int) -> Response:
    """What each stage would ask this deal for: said while the card is in the air."""
    deal = deal_for(deal_id)
    return jsonify({key: [formats.text(each.label) for each in lacks] for key, lacks in gate.needs(deal).items()})


@pages.post("/deals/<int:deal_id>/moves")
def create(deal_id: int) -> Response:
    """Move the deal, with the values that came along; refused, the small form asks for exactly what is missing."""
    posted, was, begun = MOVE.posted(), None, None
    try:
        with transaction():
            deal = deal_for(deal_id, write=True, for_update=True)
            was, to = deal.stage_id, _stage(deal, posted.text("stage"))
            can_undo = wants_fragment() and to.kind != "lost"
            moved = deals.move(
                deal,
                to,
                by=replace(viewer().actor, can_undo=can_undo),
                before=neighbour_for(posted.id("before")),
                after=neighbour_for(posted.id("after")),
                seen=posted.id("version"),
                raw=_raw(posted.changed),
                shown=_shown(posted),
            )
            begun = moved.visit_id if can_undo and to.id != was else None
    except Refused as error:
        return _refused(deal_id, posted, error)
    if not wants_fragment():
        return redirect_to(f"/deals/{deal_id}" if posted.text("from") == "deal" else "/")
    return _moved(deal_id, was, begun=begun)


@pages.post("/deals/<int:deal_id>/takebacks")
def take_back(deal_id: int) -> Response:
    """Undo one's own move that was offered, while it is fresh and the last."""
    posted = TAKE_BACK.posted()
    try:
        with transaction():
            deal = deal_for(deal_id, write=True, for_update=True)
            was = deal.stage_id
            undo.undo(deal, viewer().actor, posted.ids("visit") if "visit" in posted else None)
    except Refused as error:
        if not wants_fragment() or error.status in (403, 404):
            raise
        return _moved(deal_id, None, error.status, refusal(error))
    return _moved(deal_id, was) if wants_fragment() else redirect_to("/")


def _stage(deal: Deal, key: str) -> Stage:
    stage = setups.current().stage_of(deal.pipeline_id, key)
    if stage is None:
        raise NotFound("stage")
    return stage


def _raw(posted: Posted) -> dict[str, dict[str, str]]:
    """Values by entity: "deal.equipment_type" is {"deal": {"equipment_type": …}}."""
    return {entity: own for entity in MOVE.entities if (own := posted.own(entity))}


def _shown(posted: Posted) -> deals.ClientShown:
    """What the small form showed of the deal's client: an edit of a client does not touch the deal's version."""
    was = posted.changed.was
    return deals.ClientShown(was.own("contact"), was.own("company"), posted.id("company_id"))


def _moved(deal_id: int, was: int | None, status: int = 200, message: str = "", begun: int | None = None) -> Response:
    """The card and the headers of the columns that it left and entered: never a whole column. `begun`: the visit that
    the move began, by which it is offered to be taken back."""
    card = cards.card(deal_id)
    touched = list(dict.fromkeys(each for each in (was, card.stage_id if card else None) if each is not None))
    heads = board.heads(viewer().scope, touched)
    return fragment(
        "board/moved.htmx.html",
        status=status,
        card=card,
        heads=heads,
        message=message,
        begun=begun,
    )


def _refused(deal_id: int, posted: Posted, error: Refused) -> Response:
    is_of_deal = error.reason in ("stale", "held_by_task") and not error.problems
    if is_of_deal and not wants_fragment():
        raise error
    if is_of_deal:
        return _moved(deal_id, None, 409, refusal(error))
    form, deal = posted.refused(error), deal_for(deal_id)
    asked = [(each.entity, each.key) for each in error.missing]
    asked += [(e, key) for e, own in _raw(posted).items() for key in own if (e, key) not in asked]
    catalogue = setups.current().catalogue
    context: dict[str, Any] = {
        "deal": deal,
        "stage": _stage(deal, posted.text("stage")),
        "fields": [(entity, key, catalogue.get(entity, key)) for entity, key in asked],
        "shown": _as_it_was(asked, deal, posted, error),
        "seen": posted.id("version") or deal.version,
        "form": form,
    }
    if wants_fragment():
        return fragment("board/required.htmx.html", status=form.status, **context)
    return page("deals/required.html", status=form.status, **context)


def _as_it_was(asked: list[tuple[str, str]], deal: Deal, posted: Posted, error: Refused) -> dict[str, str]:
    """What the small form shows of the client, and so has shown when it comes back: what stood there when it was first
    drawn, until somebody is told that it is otherwise by now."""
    shown = client_fields.asked_on_a_move(deal.contact_id, asked)
    if error.reason == "stale":
        return shown
    came = {name: posted.text(f"was.{name}") for name in shown if f"was.{name}" in posted}
    return {**shown, **came, **({"company_id": posted.text("company_id")} if "company_id" in posted else {})}
