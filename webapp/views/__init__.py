"""The pages: one resource a module, REST verbs. A view authorises, calls one service or query, and answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Flask, Response, abort, current_app, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from rules.texts import is_storable
from webapp.access.viewer import viewer_or_none
from webapp.snapshots import setups
from webapp.views import (
    absences,
    addresses,
    assets,
    automation,
    automation_rules,
    automation_stages,
    board_views,
    boards,
    calendar_feeds,
    calendars,
    calls,
    channels,
    contact_merges,
    contacts,
    deals,
    field_values,
    fields,
    figures,
    firm,
    first_steps,
    form_setup,
    founding,
    health,
    hooks,
    important,
    inbox,
    inquiry_form,
    invoices,
    links,
    mass_moves,
    messages,
    moves,
    next_steps,
    notes,
    org,
    problems,
    profile,
    publishing,
    pushing,
    rehearsals,
    runs,
    search,
    seasons,
    sign_in,
    staff,
    staff_lists,
    staff_moves,
    start_over,
    task_files,
    tasks,
    telephony,
    twiml,
    versions,
    webhooks,
)
from webapp.web import rate_limits
from webapp.web.forms import posted_pairs
from webapp.web.responses import redirect_to, wants_fragment

ROOMS = (
    addresses,
    absences,
    assets,
    automation,
    automation_rules,
    automation_stages,
    board_views,
    boards,
    calendar_feeds,
    calendars,
    calls,
    channels,
    contact_merges,
    contacts,
    deals,
    field_values,
    fields,
    figures,
    firm,
    first_steps,
    form_setup,
    founding,
    health,
    hooks,
    important,
    inbox,
    inquiry_form,
    invoices,
    links,
    mass_moves,
    messages,
    moves,
    next_steps,
    notes,
    org,
    profile,
    publishing,
    pushing,
    rehearsals,
    runs,
    search,
    seasons,
    sign_in,
    staff,
    staff_lists,
    staff_moves,
    start_over,
    task_files,
    tasks,
    telephony,
    twiml,
    versions,
    webhooks,
)
PUBLIC = frozenset(
    {
        "assets.static",
        "assets.favicon",
        "assets.manifest",
        "assets.embed",
        "assets.offline",
        "assets.worker",
        "calendar_feeds.read",
        "founding.show",
        "founding.create",
        "health.show",
        "hooks.receipt",
        "hooks.trigger",
        "inquiry_form.show",
        "inquiry_form.create",
        "links.show",
        "links.create",
        "sign_in.form",
        "sign_in.create",
        "twiml.come_in",
        "twiml.end",
        "twiml.end_round",
        "twiml.leg",
    }
)

# What answers before there is a firm.
WITHOUT_A_FIRM = frozenset(
    {
        "assets.static",
        "assets.favicon",
        "assets.manifest",
        "assets.offline",
        "assets.worker",
        "health.show",
        "founding.show",
        "founding.create",
    }
)


class Id(IntegerConverter):
    """A number in an address, no larger than an id can be: a larger one is no address of ours."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": 2**31 - 1, **kwargs})


def register(app: Flask) -> None:
    """Every page, closed to whoever has not signed in unless it is named in PUBLIC."""
    app.url_map.converters["int"] = Id
    rate_limits.register(app)
    for room in ROOMS:
        app.register_blueprint(room.pages)
    problems.register(app)
    app.before_request(_without_a_slash)
    app.before_request(_only_with_a_firm)
    app.before_request(_only_signed_in)
    app.before_request(_only_text)


def _without_a_slash() -> Response | None:
    """What was typed with a slash at its end is the address without it, if there is one."""
    if request.endpoint or request.method not in ("GET", "HEAD"):
        return None
    path, adapter = request.path.rstrip("/"), current_app.create_url_adapter(request)
    if path in ("", request.path) or adapter is None:
        return None
    try:
        adapter.match(path, method="GET")
    except HTTPException:
        return None
    query = request.query_string.decode("utf-8", "replace")
    return redirect(f"{path}?{query}" if query else path, 308)  # type: ignore[return-value]


def _only_with_a_firm() -> Response | None:
    """Until there is a firm, one page is all there is. The API answers for itself: nobody has a token."""
    if request.endpoint in WITHOUT_A_FIRM or request.path.startswith("/api/") or setups.is_founded():
        return None
    return redirect("/founding", 303)  # type: ignore[return-value]


def _only_signed_in() -> Response | None:
    own_check = request.path.startswith("/api/") or request.path == "/live"
    if request.endpoint in PUBLIC or own_check or viewer_or_none():
        return None
    if request.method != "GET" or wants_fragment():
        return redirect_to("/sign-in")
    target = request.full_path.rstrip("?")
    return redirect(f"/sign-in?next={quote(target)}" if target != "/" else "/sign-in", 303)  # type: ignore[return-value]


def _only_text() -> None:
    """Characters that cannot be stored are refused once, for every form and address. The API answers for itself."""
    if request.path.startswith("/api/"):
        return
    sent = [each for pair in (*request.args.items(multi=True), *posted_pairs()) for each in pair]
    if not all(is_storable(each) for each in (request.path, *sent)):
        abort(400)
