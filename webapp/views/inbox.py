"""The inbox: what a person was told, and clients without an answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from webapp import auth
from webapp.db import transaction
from webapp.pages import fragment, go_to, page, wants_fragment, whole
from webapp.queries import inbox, tasks
from webapp.services import notifications

pages = Blueprint("inbox", __name__)


@pages.get("/inbox")
def show() -> Response:
    """Notifications, newest first, beside clients who wait."""
    who = auth.viewer()
    context: dict[str, Any] = {
        "notices": inbox.notifications(who.id, whole(request.args.get("before"))),
        "clients": inbox.unanswered(who.scope),
    }
    if wants_fragment():
        return fragment("inbox/_inbox.html", **context)
    return page("inbox/show.html", **context)


@pages.get("/bell")
def bell() -> Response:
    """The newest few, for the bell's panel."""
    return fragment("inbox/_bell.html", notices=inbox.notifications(auth.viewer().id)[:8])


@pages.get("/frame")
def frame() -> Response:
    """What a page that was away catches up with: its counters, its prompts, and what was told since `seq`."""
    who = auth.viewer()
    since = whole(request.args.get("seq"))
    return fragment(
        "frame.htmx.html",
        counters=inbox.counters(who.scope),
        prompts=tasks.prompts(who.scope),
        notices=inbox.missed(who.id, since) if since is not None else [],
    )


@pages.post("/notifications/<int:notification_id>/readings")
def read(notification_id: int) -> Response:
    """One was read."""
    with transaction():
        notifications.read(auth.notification_for(notification_id), auth.viewer().actor)
    return Response(status=204) if wants_fragment() else go_to("/inbox")


@pages.post("/inbox/readings")
def read_all() -> Response:
    """All were read."""
    with transaction():
        notifications.read_all(auth.viewer().id, auth.viewer().actor)
    return show() if wants_fragment() else go_to("/inbox")
