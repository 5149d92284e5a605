"""The description of the API, for people and for programs that draw clients from it. Open to all: it holds no data."""

from __future__ import annotations

from flask import Response, jsonify

from webapp.api.parameters import with_robot_kinds
from webapp.api.routes import bp, document


@bp.get("/openapi.json", endpoint="specification_openapi")
def openapi() -> Response:
    """OpenAPI 3.1."""
    return jsonify(with_robot_kinds(document.spec))
