"""The inbox: what a person was told, and clients without an answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from webapp.access.records import notification_for
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.queries import inbox
from webapp.queries.frame import around
from webapp.queries.paging import Turn
from webapp.services import notifications
from webapp.web.forms import read_id
from webapp.web.responses import fragment, page, redirect_to, wants_fragment
from webapp.web.turns import turn_of

pages = Blueprint("inbox", __name__)


@pages.get("/inbox")
def show() -> Response:
    """Notifications, newest first, beside clients who wait."""
    who = viewer()
    is_unread = request.args.get("show") == "unread"
    told = turn_of(request.args)
    waits = Turn(request.args.get("from", ""), request.args.get("until", ""))
    notices = inbox.notifications(who.id, told, is_unread=is_unread)
    context: dict[str, Any] = {
        "notices": notices,
        "subjects": inbox.by_subject(notices.rows),
        "shows": "unread" if is_unread else "",
        "counters": inbox.counters(who.scope),
        "turn": told,
        "clients": inbox.unanswered(who.scope, waits),
        "waits": waits,
    }
    if wants_fragment():
        return fragment("inbox/_inbox.html", **context)
    return page("inbox/show.html", **context)


@pages.get("/bell")
def bell() -> Response:
    """The newest few, for the bell's panel."""
    return fragment("inbox/_bell.html", subjects=inbox.by_subject(inbox.newest(viewer().id))[:8])


@pages.get("/frame")
def frame() -> Response:
    """What a page that was away catches up with: its counters, its prompts, and what was told since `seq`."""
    who = viewer()
    shown = around(who.scope)
    since = read_id(request.args.get("seq"))
    return fragment(
        "frame.htmx.html",
        counters=shown.counters,
        prompts=shown.prompts,
        calls=shown.calls,
        notices=inbox.missed(who.id, since) if since is not None else [],
    )


@pages.post("/notifications/<int:notification_id>/readings")
def read(notification_id: int) -> Response:
    """One was read."""
    with transaction():
        notifications.read(notification_for(notification_id), viewer().actor)
    return Response(status=204) if wants_fragment() else redirect_to("/inbox")


@pages.post("/inbox/readings")
def read_all() -> Response:
    """All were read."""
    with transaction():
        notifications.read_all(viewer().id, viewer().actor)
    return show() if wants_fragment() else redirect_to("/inbox")
