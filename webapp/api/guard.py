"""Who may come in at all: a bearer's token and nothing else; and which bodies are read: JSON objects of clean text."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Response, current_app, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    Unauthorized,
    UnsupportedMediaType,
)

from rules.texts import is_storable
from webapp import bounds
from webapp.access import sessions
from webapp.access.viewer import Viewer
from webapp.api.routes import bp
from webapp.api.types import MAX_ID
from webapp.errors import Refused, invalid
from webapp.web.forms import files

OPEN = {"api.specification_openapi", "api.unknown"}
LISTS = {"api.channels_replace"}  # whose body may be a list alone
FILES = {"api.task_files_attach"}  # whose body is a form with files
SETUP = ("api.setup_", "api.stages_", "api.robots_", "api.triggers_", "api.calendars_")  # rooms of what admins set up
NAME_SHOWN = 100  # signs of a name that its caller made up
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@bp.before_request
def admit() -> Response | None:
    """Find the bearer, before any session cookie is looked at, then read the body."""
    if request.endpoint in OPEN:
        return None
    who = sessions.load_token(request)
    if who is None:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
    sessions.login._update_request_context_with_user(who)
    if any(isinstance(each, int) and each > MAX_ID for each in (request.view_args or {}).values()):
        raise NotFound
    _check_once(request.args.to_dict(flat=False))
    _check(dict(request.args))
    if request.method in ("POST", "PUT", "PATCH"):
        _check(_body(), bounds.ENTRIES_OF_SETUP if _is_setup(who) else bounds.ENTRIES)
    return _own_methods() if request.method == "OPTIONS" else None


def _is_setup(who: Viewer) -> bool:
    """Whether the body may be a whole part of the set-up, which is as long as what the API itself has answered."""
    return who.scope.is_admin and (request.endpoint or "").startswith(SETUP)


def _own_methods() -> Response:
    """What the address takes. The route for whatever is unknown lies below each of them, and takes everything."""
    known = _known_methods()
    return Response(status=204, headers={"Allow": ", ".join([*known, *["HEAD"] * ("GET" in known), "OPTIONS"])})


def _body() -> dict[str, Any]:
    if request.endpoint in FILES:
        if request.mimetype != "multipart/form-data":
            raise UnsupportedMediaType
        files.uploads()  # judged before the task is locked
        return {"files": files.names_sent()}
    sent = request.get_data()
    if not sent:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        body = json.loads(sent, parse_constant=_no_number, object_pairs_hook=_each_once)
    except RecursionError:
        raise invalid("body", "nested_too_deep", limit=bounds.DEPTH) from None
    except ValueError:
        raise BadRequest from None
    if isinstance(body, list) and request.endpoint in LISTS:
        return {"items": body}
    if not isinstance(body, dict):
        raise BadRequest
    return body


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object as it was sent: of a name that stands in it twice a parser would drop one, and tell nobody."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise invalid(key[:NAME_SHOWN], "given_twice")
        found[key] = value
    return found


def _check_once(asked: dict[str, list[str]]) -> None:
    """Likewise of what stands in the address."""
    twice = {key: {"code": "given_twice"} for key, values in asked.items() if len(values) > 1}
    if twice:
        raise Refused("bad_fields", problems=twice)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _check(body: dict[str, Any], most: int = bounds.ENTRIES) -> None:
    """Refuse text with characters that cannot be stored, wherever it stands, and whatever is out of bounds."""
    try:
        wrong = bounds.Walk(_is_unstorable, most).over(body)
    except bounds.OutOfBounds as error:
        raise invalid(error.place, error.code, limit=error.limit) from None
    if wrong:
        raise Refused("bad_fields", problems={place: {"code": "not_text"} for place in wrong})


def _is_unstorable(value: Any) -> bool:
    return isinstance(value, str) and not is_storable(value)


@bp.route("/<path:rest>", methods=METHODS, endpoint="unknown")
def unknown(rest: str) -> NoReturn:
    """No such route, or not by this method: said in JSON, not on a page."""
    allowed = _known_methods()
    raise MethodNotAllowed(allowed) if allowed else NotFound


def _known_methods() -> list[str]:
    adapter = current_app.create_url_adapter(request)
    return [method for method in METHODS if _is_known(adapter, method)]


def _is_known(adapter: Any, method: str) -> bool:
    try:
        endpoint, _ = adapter.match(method=method)
    except HTTPException:
        return False
    return str(endpoint) != "api.unknown"
