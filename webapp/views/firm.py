"""The firm itself, for admins: its name, language, zone, country, currency, what its reps see, and how
long people have to take what matters and to accept work."""

from __future__ import annotations

from flask import Blueprint, Response, flash, get_flashed_messages

from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n import chart_words
from webapp.queries.org_chart import Effects
from webapp.services import firms
from webapp.services.recounts import Moves
from webapp.snapshots import setups
from webapp.web import calendar_forms, firm_forms
from webapp.web.forms import BLANK, FormState, check
from webapp.web.org_chart import unless_sure
from webapp.web.responses import page, redirect_to

pages = Blueprint("firm", __name__)


@pages.get("/settings/firm")
def show() -> Response:
    """The form; to others the page does not exist."""
    require_admin()
    return _page()


@pages.post("/settings/firm")
def update() -> Response:
    """What differs from what was shown is saved; whoever comes second to a field is told, and whose sight of
    deals changes is said first."""
    require_admin()
    posted = firm_forms.FIRM.posted()
    changed = posted.changed
    wanted: dict[str, str | None] = {name: changed.text(name) for name in firm_forms.NAMES if name in changed}
    wanted |= {name: wanted[name] or None for name in firms.MAY_BE_NONE if name in wanted}
    try:
        with transaction():
            by = require_admin().actor
            check(changed, firm_forms.kept(firms.locked()), by)
            effects = unless_sure(posted, lambda: firms.change(wanted, by, posted.text("waiting")))
    except Refused as error:
        return _page(posted.refused(error), calendar_forms.moves(error))
    if effects:
        return _page(posted.again(), effects=effects)
    flash("saved")
    return redirect_to("/settings/firm")


def _page(form: FormState = BLANK, moves: Moves | None = None, effects: Effects | None = None) -> Response:
    return page(
        "firm/show.html",
        status=form.status,
        form=form,
        moves=moves,
        effects=effects,
        words=chart_words,
        was=firm_forms.controls(setups.current().firm),
        options=firm_forms.options(),
        has_money=firms.has_money(),
        told=get_flashed_messages(),
    )
