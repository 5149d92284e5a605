"""The pages: one resource a module, REST verbs. A view authorises, calls one service or query, and answers."""

from __future__ import annotations

from flask import Flask, Response, redirect, request
from flask_login import current_user

from webapp.pages import go_to, wants_fragment
from webapp.views import (
    assets,
    boards,
    contacts,
    deals,
    health,
    inbox,
    invoices,
    messages,
    moves,
    problems,
    profile,
    sign_in,
    tasks,
)

ROOMS = (assets, boards, contacts, deals, health, inbox, invoices, messages, moves, profile, sign_in, tasks)
PUBLIC = frozenset({"assets.static", "assets.favicon", "health.show", "sign_in.form", "sign_in.create"})


def register(app: Flask) -> None:
    """Every page, closed to whoever has not signed in unless it is named in PUBLIC."""
    for room in ROOMS:
        app.register_blueprint(room.pages)
    problems.register(app)
    app.before_request(_only_signed_in)


def _only_signed_in() -> Response | None:
    own_check = request.path.startswith("/api/") or request.path == "/live"
    if request.endpoint in PUBLIC or own_check or current_user.is_authenticated:
        return None
    if request.method != "GET" or wants_fragment():
        return go_to("/sign-in")
    target = request.full_path.rstrip("?")
    return redirect(f"/sign-in?next={target}" if target != "/" else "/sign-in", 303)  # type: ignore[return-value]
