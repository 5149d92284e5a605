"""What comes next on a deal: agreed in one line, changed, done, cancelled, taken back; from the card's menu or the
sheet. And on how many deals nothing is agreed, person by person."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort

from webapp.access.records import deal_for, require_admin
from webapp.access.scopes import Actor
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n.refusals import refusal
from webapp.models import Deal
from webapp.queries import cards
from webapp.queries import next_steps as query
from webapp.services import firms, next_steps
from webapp.snapshots import setups
from webapp.web.card_menus import card_menu
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.responses import fragment, redirect_to, wants_fragment
from webapp.web.sheets import deal_sheet
from webapp.web.step_forms import STEP, check_ended, draft

pages = Blueprint("next_steps", __name__)
TAKE_BACK = Form(names=("act", "from"), refusals=STEP.refusals)
MARKS = Form(names=("marks",))
Act = Callable[[Deal, Actor], object]


@pages.post("/deals/<int:deal_id>/next_steps")
def create(deal_id: int) -> Response:
    """Agree on the next step, or change the one that is agreed."""
    posted = STEP.posted()
    return _do(deal_id, posted, lambda deal, by: next_steps.agree(deal, draft(posted, deal, by), by), "agreed")


@pages.post("/deals/<int:deal_id>/next_steps/completions")
def finish(deal_id: int) -> Response:
    """It is done."""
    posted = STEP.posted()
    return _do(deal_id, posted, _as_shown(posted, next_steps.finish), "done")


@pages.post("/deals/<int:deal_id>/next_steps/cancellations")
def cancel(deal_id: int) -> Response:
    """It is not needed any more."""
    posted = STEP.posted()
    return _do(deal_id, posted, _as_shown(posted, next_steps.cancel), "cancelled")


@pages.post("/deals/<int:deal_id>/next_steps/takebacks")
def take_back(deal_id: int) -> Response:
    """Undo one's own change of the step that was offered, while it is fresh and the last."""
    posted = TAKE_BACK.posted()
    return _do(deal_id, posted, lambda deal, by: next_steps.take_back(deal, by, posted.id("act")), "")


@pages.get("/pipelines/<key>/next_steps")
def index(key: str) -> Response:
    """On how many deals a step is wanting: of oneself, and of everybody whose deals one sees."""
    pipeline = setups.current().pipeline_of(key) or abort(404)
    scope = viewer().scope
    lacking = query.by_person(scope, pipeline.id)
    mine = sum(count for person, count in lacking if person.id == scope.user_id)
    return fragment("board/next_steps.htmx.html", pipeline=pipeline, lacking=lacking, mine=mine)


@pages.get("/pipelines/<key>/next_steps/mine")
def mine(key: str) -> Response:
    """The number of one's own alone."""
    pipeline = setups.current().pipeline_of(key) or abort(404)
    return fragment("board/_lacking.html", pipeline=pipeline, mine=query.own(viewer().scope, pipeline.id))


@pages.post("/settings/next_steps")
def mark() -> Response:
    """What cards say of a next step: an admin's choice for the firm."""
    require_admin()
    with transaction():
        firms.mark_next_steps(MARKS.posted().text("marks"), viewer().actor)
    return redirect_to("/")


def _as_shown(posted: Posted, act: Act) -> Act:
    def do(deal: Deal, by: Actor) -> None:
        check_ended(posted, deal, by)
        act(deal, by)

    return do


def _do(deal_id: int, posted: Posted, act: Act, done: str) -> Response:
    """One change of the step; then the card or the sheet as it is, with a way back."""
    try:
        with transaction():
            act(deal_for(deal_id, write=True, for_update=True), viewer().actor)
            done_by = next_steps.last_act(deal_id) if done else None
    except Refused as error:
        if error.status == 409 and not error.problems and wants_fragment():
            return _told(deal_id, posted, error.status, refusal(error), "")
        return _again(deal_id, posted, posted.refused(error, "next_step"))
    if not wants_fragment():
        return redirect_to(f"/deals/{deal_id}" if posted.text("from") == "deal" else "/")
    return _told(deal_id, posted, 200, "", done, done_by)


def _told(deal_id: int, posted: Posted, status: int, message: str, done: str, done_by: int | None = None) -> Response:
    """`done`: what was done, with an offer to take back this and nothing else (`done_by`); else `message`, why not."""
    card, answer = cards.card(deal_id), "board/next_step.htmx.html"
    context = {"card": card, "message": message, "done": done, "done_by": done_by, "place": posted.text("from")}
    beside = fragment(answer, status=status, **context)
    if posted.text("from") == "deal":
        beside.set_data(deal_sheet(deal_id).get_data(as_text=True) + beside.get_data(as_text=True))
    return beside


def _again(deal_id: int, posted: Posted, form: FormState = BLANK) -> Response:
    if posted.text("from") == "deal":
        return deal_sheet(deal_id, form)
    return card_menu(deal_for(deal_id), form)
