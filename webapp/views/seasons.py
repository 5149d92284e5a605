"""Seasons, for admins: days on which norms are otherwise. To others the page does not exist."""

from __future__ import annotations

from flask import Blueprint, Response, flash, get_flashed_messages

from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n import season_words
from webapp.queries import seasons as found
from webapp.services import seasons
from webapp.services.recounts import Moves
from webapp.snapshots import recipients, setups
from webapp.web import calendar_forms, season_forms
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import page, redirect_to

pages = Blueprint("seasons", __name__)


@pages.get("/settings/seasons")
def index() -> Response:
    """All of them, and the form for one more."""
    require_admin()
    return _page()


@pages.post("/settings/seasons")
def create() -> Response:
    """A season; where runs wait that it would move, what becomes of them is asked first."""
    require_admin()
    posted = season_forms.SEASON.posted()
    try:
        with transaction():
            seasons.create(season_forms.draft(posted), require_admin().actor, posted.text("waiting"))
    except Refused as error:
        return _page(posted.refused(error), calendar_forms.moves(error))
    flash("saved")
    return redirect_to("/settings/seasons")


@pages.post("/settings/seasons/<int:season_id>/removals")
def remove(season_id: int) -> Response:
    """Norms are as ever."""
    require_admin()
    posted = season_forms.REMOVAL.posted()
    try:
        with transaction():
            by = require_admin().actor
            seasons.remove(seasons.locked(season_id), by, posted.text("waiting"))
    except Refused as error:
        return _page(posted.refused(error, f"season-{season_id}"), calendar_forms.moves(error))
    flash("saved")
    return redirect_to("/settings/seasons")


def _page(form: FormState = BLANK, moves: Moves | None = None) -> Response:
    return page(
        "seasons/index.html",
        status=form.status,
        form=form,
        moves=moves,
        seasons=found.every(recipients.today()),
        says=season_words.change,
        today=recipients.today(),
        unit_names=season_forms.units(),
        pipelines={each.id: each.name for each in setups.current().pipelines.values()},
        robots={each.id: each.name for each in setups.current().value.robots},
        told=get_flashed_messages(),
    )
