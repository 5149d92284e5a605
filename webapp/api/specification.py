"""The description of the API, for people and for programs that draw clients from it. Open to all: it holds no data, and
is drawn once, so that whoever asks without a key costs a copy of it and no drawing."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from flask import Response, current_app, request

from rules.robot_kinds import ROBOT_KINDS, RobotKind
from webapp.api.parameters import with_robot_kinds
from webapp.api.routes import bp, document


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The description as these kinds of robots have it."""

    kinds: tuple[RobotKind, ...]
    body: bytes
    tag: str


_kept: list[_Drawn] = []


@bp.get("/openapi.json", endpoint="specification_openapi")
def openapi() -> Response:
    """OpenAPI 3.1."""
    kinds = tuple(ROBOT_KINDS.values())
    drawn = next((each for each in _kept if each.kinds == kinds), None)
    if drawn is None:
        body = current_app.json.dumps(with_robot_kinds(document.spec)).encode()
        drawn = _Drawn(kinds, body, sha256(body).hexdigest())
        _kept[:] = [drawn]
    answer = Response(drawn.body, mimetype="application/json")
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.set_etag(drawn.tag)
    return answer.make_conditional(request)  # type: ignore[return-value]
