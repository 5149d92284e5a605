"""For monitors: what is up, in JSON."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from webapp.background import heartbeats

pages = Blueprint("health", __name__)


@pages.get("/health")
def show() -> tuple[Response, int]:
    """200 when all is well, 503 when something is ill."""
    seen = heartbeats.health()
    parts = asdict(seen)
    body = {"ok": seen.is_well, **parts, "lag": round(parts.pop("lag_seconds"), 3)}
    body.pop("lag_seconds", None)
    return jsonify(body), 200 if seen.is_well else 503
