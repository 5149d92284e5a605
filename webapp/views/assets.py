"""Static files under an address that carries their version, so that browsers keep them for ever."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, send_from_directory

from webapp.display import STATIC

pages = Blueprint("assets", __name__)
FOR_EVER = 365 * 24 * 3600


@pages.get("/static/<version>/<path:name>")
def static(version: str, name: str) -> Response:
    """A file; under an old version the current one is served, but not kept."""
    is_current = version == current_app.extensions["dozor.static"]
    answer = send_from_directory(STATIC, name, max_age=FOR_EVER if is_current else 0)
    if is_current:
        answer.cache_control.public, answer.cache_control.immutable = True, True
    return answer


@pages.get("/favicon.ico")
def favicon() -> Response:
    """For browsers that ask without being told."""
    return send_from_directory(STATIC, "img/mark.svg", mimetype="image/svg+xml", max_age=3600)
