"""How Dozor is: for monitors in JSON, for the firm's admins as a page."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from webapp.access.records import require_admin
from webapp.background import heartbeats
from webapp.queries.health import health_page
from webapp.web.responses import page

pages = Blueprint("health", __name__)


@pages.get("/health")
def show() -> tuple[Response, int]:
    """200 when all is well, 503 when something is ill."""
    seen = heartbeats.health()
    parts = asdict(seen)
    body = {"ok": seen.is_well, **parts, "lag": round(parts.pop("lag_seconds"), 3)}
    body.pop("lag_seconds", None)
    return jsonify(body), 200 if seen.is_well else 503


@pages.get("/settings/health")
def settings() -> Response:
    """What an admin can see without a terminal; to others the page does not exist."""
    require_admin()
    return page("health/show.html", found=health_page())
