"""How Dozor is: for monitors in JSON, for the firm's admins as a page."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from flask import Blueprint, Response, current_app, flash, jsonify

from webapp.access.records import require_admin
from webapp.background import clock_jumps, heartbeats
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n import runs, work_words
from webapp.queries.health import failing, health_page
from webapp.services import gateways, jumps, pings, run_retries
from webapp.snapshots import setups
from webapp.web.forms import BLANK, Form, FormState
from webapp.web.responses import page, redirect_to

pages = Blueprint("health", __name__)
PING = Form(names=("url",))


@pages.get("/health")
def show() -> tuple[Response, int]:
    """200 when all is well, 503 when something of Dozor itself is ill; `failing`: kinds of channels whose other side
    takes nothing, which is no reason to take Dozor out of service; `starting`: what is not up yet, and not missed."""
    seen = heartbeats.health()
    parts = asdict(seen)
    body = {"ok": seen.is_well, **parts, "lag": round(parts.pop("lag_seconds"), 3)}
    body.pop("lag_seconds", None)
    body["failing"] = failing() if seen.database else []
    return jsonify(body), 200 if seen.is_well else 503


@pages.get("/settings/health")
def settings() -> Response:
    """What an admin can see without a terminal; to others the page does not exist."""
    require_admin()
    return _page()


def _page(form: FormState = BLANK) -> Response:
    return page(
        "health/show.html",
        status=form.status,
        found=health_page(),
        work_name=work_words.name,
        why=partial(runs.reason, setup=setups.current()),
        form=form,
    )


@pages.post("/settings/health/pings")
def set_ping() -> Response:
    """Whom a sign of life is given."""
    require_admin()
    posted = PING.posted()
    try:
        with transaction():
            pings.set_url(posted.text("url"), require_admin().actor)
    except Refused as error:
        return _page(posted.refused(error, "ping"))
    return redirect_to("/settings/health#watcher")


@pages.post("/settings/health/pings/deletions")
def remove_ping() -> Response:
    """Nobody is given one any more."""
    require_admin()
    with transaction():
        gateways.remove(pings.KIND, require_admin().actor)
    return redirect_to("/settings/health#watcher")


@pages.post("/settings/health/recounts")
def count_again() -> Response:
    """What was counted by a clock that has been put right since is counted again."""
    who = require_admin()
    found = jumps.count_again(clock_jumps.file_in(current_app.config["SETTINGS"].data), who.actor)
    flash(str(found.all), "counted")
    return redirect_to("/settings/health#clock")


@pages.post("/runs/<int:run_id>/retries")
def retry_run(run_id: int) -> Response:
    """A robot that has failed tries again."""
    require_admin()
    try:
        with transaction():
            run_retries.retry(run_id, require_admin().actor)
    except Refused as error:
        return _page(PING.posted().refused(error, "run"))
    return redirect_to("/settings/health#robots")
