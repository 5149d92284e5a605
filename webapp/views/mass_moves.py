"""Many deals moved at once."""

from __future__ import annotations

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


@pages.post("/moves")
def create() -> Response:
    """Move what can move; what cannot is listed with what it lacks."""
    posted = MASS_MOVE.posted()
    ids, to = posted.ids("deal"), setups.current().stage_named(posted.text("stage"))
    if to is None:
        raise NotFound("stage")
    with transaction():
        done = mass_moves.move(ids, _open, lambda deal: _writable(deal, to), viewer().actor)
    if not wants_fragment():
        if not done.refused:
            return redirect_to("/")
        return page("board/not_moved.html", refused=_words(done), moved=len(done.moved))
    shown = [card for each in done.moved if (card := cards.card(each))]
    touched = sorted(done.left | {card.stage_id for card in shown})
    heads = board.heads(viewer().scope, touched)
    return fragment("board/mass_moved.htmx.html", cards=shown, heads=heads, refused=_words(done))


def _open(deal_id: int) -> Deal:
    return deal_for(deal_id, for_update=True)


def _writable(deal: Deal, to: Stage) -> Stage:
    deal_for(deal.id, write=True)  # only now: what is read but not written is refused by its title
    return to


def _words(done: mass_moves.MassMoveResult) -> list[tuple[int, str, str]]:
    return [(deal_id, title, refusal(why)) for deal_id, title, why in done.refused]
