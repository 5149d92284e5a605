"""Deals that lack what a stage requires of them, as a list, and one value for all that are ticked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, request

from rules import setup as parts
from webapp.access.records import require_admin
from webapp.db import in_turns, transaction
from webapp.errors import Refused
from webapp.i18n.refusals import refusal
from webapp.services import mass_values
from webapp.services.mass_values import MassFillResult
from webapp.snapshots import lacking, setups
from webapp.web.field_screens import coming, lacking_of, spec_in
from webapp.web.forms import BLANK, Form, FormState
from webapp.web.responses import page, redirect_to
from webapp.web.setup_shown import shown

pages = Blueprint("field_values", __name__)
ONE = "/settings/fields/<any(deal, contact, company):entity>/<key>/lacking/<pipeline>/<stage>"
FORM = Form(names=("deal_id",), entities=("deal", "contact", "company"))


@pages.get(ONE)
def show(entity: str, key: str, pipeline: str, stage: str) -> Response:
    """The deals at that stage and past it."""
    require_admin()
    return _list(entity, key, pipeline, stage)


@pages.post(ONE)
def fill(entity: str, key: str, pipeline: str, stage: str) -> Response:
    """Put a value into those that are ticked. It is live at once, like any edit of a deal."""
    who = require_admin()
    posted = FORM.posted()
    done, wrong = MassFillResult(), None
    try:
        for few in in_turns(posted.ids("deal_id")[: mass_values.MOST]):
            with transaction():
                done += mass_values.fill(entity, key, posted.own(entity).get(key), few, who.actor)
    except Refused as error:
        wrong = posted.refused(error)
    if wrong or done.refused or done.gone:
        return _list(entity, key, pipeline, stage, wrong or posted.again(), done)
    flash(f"filled:{len(done.filled)}")
    return redirect_to(request.path)


def _list(
    entity: str, key: str, pipeline: str, stage: str, form: FormState = BLANK, done: MassFillResult | None = None
) -> Response:
    """The deals that lack it; after a filling of which some have refused (`done`), these too, and each why."""
    found = shown()
    spec, first = spec_in(found, entity, key), found.stage(pipeline, stage)
    missing = lacking_of(found, spec, first)
    live: Any = setups.current().catalogue.get(entity, key)
    if parts.stage_by_id(found.value, first.id) is None:
        abort(404)
    return page(
        "fields/lacking.html",
        status=form.status,
        spec=spec,
        live=live,
        stage=first,
        missing=missing,
        coming=coming(found, first),
        rows=lacking.rows(missing.ids),
        stages={each.id: each for each in found.value.stages},
        form=form,
        filled=len(done.filled) if done else 0,
        refused=[(deal_id, title, refusal(why)) for deal_id, title, why in done.refused] if done else [],
        gone=len(done.gone) if done else 0,
    )
