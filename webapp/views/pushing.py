"""Web push of one's own browser: the firm's key, a browser that wants to be told, the token for its worker."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request
from flask_wtf.csrf import generate_csrf

from webapp.access.viewer import viewer
from webapp.background import push_keys
from webapp.db import transaction
from webapp.services import subscriptions
from webapp.web.forms import Form

pages = Blueprint("pushing", __name__)
BROWSER = Form(names=("endpoint", "p256dh", "auth"))


@pages.get("/push/key")
def key() -> Response:
    """By which the browser's push service knows this firm."""
    return Response(push_keys.kept(current_app.config["SETTINGS"].data).public, mimetype="text/plain")


@pages.get("/push/token")
def token() -> Response:
    """For the worker, which has no page to read it from. Other sites cannot read this answer."""
    return jsonify(csrf=generate_csrf(), person=viewer().id)


@pages.post("/profile/push")
def subscribe() -> Response:
    """This browser is told from now on, until its sign-in ends."""
    posted, who = BROWSER.posted(), viewer()
    keys = {name: posted.text(name) for name in ("p256dh", "auth")}
    label = request.user_agent.string[:100]
    assert who.session_id is not None
    settings = current_app.config["SETTINGS"]
    by_key = push_keys.kept(settings.data).public
    with transaction():
        subscriptions.subscribe(
            who.id,
            who.session_id,
            posted.text("endpoint"),
            keys,
            label,
            who.actor,
            allowed=settings.outbound_allow,
            by_key=by_key,
        )
    return Response(status=204)
