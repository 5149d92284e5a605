"""Seasons, for admins: days on which norms are otherwise. To others the page does not exist."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, get_flashed_messages

from rules.seasons import Season
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import NotFound, Refused
from webapp.i18n import season_words
from webapp.queries import seasons as found
from webapp.services import journal, seasons
from webapp.services.recounts import Moves
from webapp.snapshots import recipients
from webapp.web import calendar_forms, season_forms
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import page, redirect_to

pages = Blueprint("seasons", __name__)
ONE = "/settings/seasons/<int:season_id>"


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


@pages.get(ONE)
def show(season_id: int) -> Response:
    """One of them, in a form."""
    require_admin()
    return _one(season_id)


@pages.post(ONE)
def update(season_id: int) -> Response:
    """What differs from what was shown is saved; what waits is asked about as of a new one. What somebody has removed
    meanwhile stands there to be added anew."""
    require_admin()
    posted = season_forms.SEASON.posted()
    try:
        with transaction():
            by, row = require_admin().actor, seasons.locked(season_id)
            kept = seasons.as_it_is(row)
            season_forms.check_shown(posted, kept, by)
            seasons.edit(row, season_forms.edited(posted, kept), by, posted.text("waiting"))
    except Refused as error:
        return _one(season_id, posted.refused(error), calendar_forms.moves(error))
    except NotFound:
        return _page(posted.without_shown.refused(journal.gone("season.removed", season_id)))
    flash("saved")
    return redirect_to(f"/settings/seasons/{season_id}")


@pages.post(f"{ONE}/removals")
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
    except NotFound:
        journal.gone("season.removed", season_id)  # as was wished
    flash("saved")
    return redirect_to("/settings/seasons")


def _one(season_id: int, form: FormState = BLANK, moves: Moves | None = None) -> Response:
    shown = found.one(season_id)
    choices = _choices(form, moves, shown.season)
    return page("seasons/show.html", shown=shown, kept=season_forms.controls(shown.season), **choices)


def _page(form: FormState = BLANK, moves: Moves | None = None) -> Response:
    today = recipients.today()
    return page(
        "seasons/index.html",
        seasons=found.every(today),
        says=season_words.change,
        kept=season_forms.fresh(today),
        **_choices(form, moves),
    )


def _choices(form: FormState, moves: Moves | None, kept: Season | None = None) -> dict[str, Any]:
    return {
        "status": form.status,
        "form": form,
        "moves": moves,
        "options": season_forms.options(kept),
        "scopes": season_forms.scopes(kept),
        "told": get_flashed_messages(),
    }
