"""Many deals moved at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response

from rules.setup import Stage
from webapp.access.records import deal_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound
from webapp.i18n.refusals import refusal
from webapp.models import Deal
from webapp.queries import board, cards
from webapp.services import mass_moves
from webapp.snapshots import setups
from webapp.web.forms import Form
from webapp.web.responses import fragment, page, redirect_to, wants_fragment

pages = Blueprint("mass_moves", __name__)
MASS_MOVE = Form(names=("deal", "stage"))
TAKE_BACK = Form(names=("deal",))


@pages.post("/moves")
def create() -> Response:
    """Move what can move; what cannot is listed with what it lacks."""
    posted = MASS_MOVE.posted()
    ids, to = posted.ids("deal"), setups.current().stage_named(posted.text("stage"))
    if to is None:
        raise NotFound("stage")
    can_undo = wants_fragment() and to.kind != "lost"
    with transaction():
        by = replace(viewer().actor, can_undo=can_undo)
        done = mass_moves.move(ids, _open, lambda deal: _writable(deal, to), by)
    return _moved(done, "moved", can_undo=can_undo)


@pages.post("/moves/takebacks")
def take_back() -> Response:
    """Undo one's own last move of each of these deals, while it is fresh; what has gone on meanwhile is listed."""
    ids = TAKE_BACK.posted().ids("deal")
    with transaction():
        done = mass_moves.take_back(ids, lambda each: deal_for(each, write=True, for_update=True), viewer().actor)
    return _moved(done, "back")


def _moved(done: mass_moves.MassMoveResult, what: str, *, can_undo: bool = False) -> Response:
    if not wants_fragment():
        if not done.refused:
            return redirect_to("/")
        return page("board/not_moved.html", refused=_words(done), moved=len(done.moved))
    shown = [card for each in done.moved if (card := cards.card(each))]
    touched = sorted(done.left | {card.stage_id for card in shown})
    heads = board.heads(viewer().scope, touched)
    context: dict[str, Any] = {
        "cards": shown,
        "heads": heads,
        "refused": _words(done),
        "what": what,
        "can_undo": can_undo,
    }
    return fragment("board/mass_moved.htmx.html", **context)


def _open(deal_id: int) -> Deal:
    return deal_for(deal_id, for_update=True)


def _writable(deal: Deal, to: Stage) -> Stage:
    deal_for(deal.id, write=True)  # only now: what is read but not written is refused by its title
    return to


def _words(done: mass_moves.MassMoveResult) -> list[tuple[int, str, str]]:
    return [(deal_id, title, refusal(why)) for deal_id, title, why in done.refused]
