"""The firm itself, for admins: its name, language, zone, country, currency, what its reps see, and how
long people have to take what matters and to accept work."""

from __future__ import annotations

from flask import Blueprint, Response, flash, get_flashed_messages

from rules.important import FIRMS_TIMES
from rules.tasks import FIRMS_TIMES as TIMES_TO_ACCEPT
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import firms
from webapp.services.recounts import Moves
from webapp.web import calendar_forms, own_firm
from webapp.web.forms import BLANK, Form, FormState
from webapp.web.responses import page, redirect_to

pages = Blueprint("firm", __name__)
NAMES = ("firm", "locale", "time_zone", "country", "currency", "rep_sees", "take_within", "accept_within")
FIRM = Form(names=(*NAMES, "waiting"), refusals=("bad_fields", "has_waiting_runs"))


@pages.get("/settings/firm")
def show() -> Response:
    """The form; to others the page does not exist."""
    require_admin()
    return _page()


@pages.post("/settings/firm")
def update() -> Response:
    """What differs from what was shown is saved."""
    require_admin()
    posted = FIRM.posted()
    changed = posted.changed
    wanted: dict[str, str | None] = {name: changed.text(name) for name in NAMES if name in changed}
    wanted |= {name: wanted[name] or None for name in firms.MAY_BE_NONE if name in wanted}
    try:
        with transaction():
            firms.change(wanted, require_admin().actor, posted.text("waiting"))
    except Refused as error:
        return _page(posted.refused(error), calendar_forms.moves(error))
    flash("saved")
    return redirect_to("/settings/firm")


def _page(form: FormState = BLANK, moves: Moves | None = None) -> Response:
    return page(
        "firm/show.html",
        status=form.status,
        form=form,
        moves=moves,
        zones=own_firm.zones(),
        countries=own_firm.countries(),
        currencies=own_firm.currencies(),
        has_money=firms.has_money(),
        times=FIRMS_TIMES,
        times_to_accept=TIMES_TO_ACCEPT,
        told=get_flashed_messages(),
    )
