"""Where somebody came from, to go back there: by the browser's word, and kept by a form over what it saves."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from flask import request

from webapp.web.responses import own_path

KEPT = "from"


def way_back(room: str, kept: str = "") -> str:
    """As it was `kept`, else the page before this one; the `room` itself where that was elsewhere or within it."""
    before = urlsplit(request.referrer or "")
    here = before._replace(scheme="", netloc="", fragment="").geturl() if before.netloc == request.host else ""
    found = own_path(kept or request.args.get(KEPT) or here, room)
    is_within = urlsplit(found).path.startswith((f"{room}/", "/sign-in"))
    return room if is_within else found


def keeping(path: str, room: str, back: str) -> str:
    """The address of a page that leads back as the one before it did."""
    return path if back == room else f"{path}?{urlencode({KEPT: back})}"
