"""Many deals moved at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from flask import Blueprint, Response

from rules.setup import Stage
from webapp.access.records import deal_for
from webapp.access.viewer import viewer
from webapp.db import in_turns, transaction
from webapp.errors import NotFound
from webapp.i18n.refusals import refusal
from webapp.models import Deal
from webapp.queries import board, cards
from webapp.services import mass_moves
from webapp.services.mass_moves import MassMoveResult
from webapp.snapshots import setups
from webapp.web.forms import Form
from webapp.web.responses import fragment, page, redirect_to, wants_fragment

pages = Blueprint("mass_moves", __name__)
MASS_MOVE = Form(names=("deal", "stage"))
TAKE_BACK = Form(names=("deal", "visit"))


@pages.post("/moves")
def create() -> Response:
    """Move what can move; what cannot is listed with what it lacks."""
    posted = MASS_MOVE.posted()
    ids, to = posted.ids("deal"), setups.current().stage_named(posted.text("stage"))
    if to is None:
        raise NotFound("stage")
    can_undo = wants_fragment() and to.kind != "lost"
    by = replace(viewer().actor, can_undo=can_undo)
    done = _each(ids, lambda few: mass_moves.move(few, _open, lambda deal: _writable(deal, to), by))
    return _moved(done, "moved", can_undo=can_undo)


@pages.post("/moves/takebacks")
def take_back() -> Response:
    """Undo the moves that were offered, each if it is still the last of its deal; what has gone on meanwhile is
    listed."""
    posted, by = TAKE_BACK.posted(), viewer().actor
    begun = {*posted.ids("visit")} if "visit" in posted else None
    find = partial(_open, write=True)
    done = _each(posted.ids("deal"), lambda few: mass_moves.take_back(few, find, by, begun))
    return _moved(done, "back")


def _each(ids: Iterable[int], act: Callable[[list[int]], MassMoveResult]) -> MassMoveResult:
    """A few deals in a transaction: all of them would keep everybody else from writing for seconds. Should the way end
    in the middle, those before are moved, as they would be by hand."""
    done = MassMoveResult()
    for few in in_turns(islice(ids, mass_moves.MOST)):
        with transaction():
            done += act(few)
    return done


def _moved(done: MassMoveResult, what: str, *, can_undo: bool = False) -> Response:
    if not wants_fragment():
        if not (done.refused or done.gone):
            return redirect_to("/")
        return page("board/not_moved.html", refused=_words(done), gone=len(done.gone))
    shown = cards.some(done.moved)
    touched = sorted(done.left | {card.stage_id for card in shown})
    heads = board.heads(viewer().scope, touched)
    context: dict[str, Any] = {
        "cards": shown,
        "heads": heads,
        "refused": _words(done),
        "gone": len(done.gone),
        "what": what,
        "begun": sorted(done.begun) if can_undo else [],
    }
    return fragment("board/mass_moved.htmx.html", **context)


def _open(deal_id: int, *, write: bool = False) -> Deal:
    return deal_for(deal_id, write=write, for_update=True)


def _writable(deal: Deal, to: Stage) -> Stage:
    deal_for(deal.id, write=True)  # only now: what is read but not written is refused by its title
    return to


def _words(done: MassMoveResult) -> list[tuple[int, str, str]]:
    return [(deal_id, title, refusal(why)) for deal_id, title, why in done.refused]
