"""Who had a form open, and whether it came from a page of ours: asked only when its token has failed."""

from __future__ import annotations

from flask import request

from webapp.access.viewer import viewer_or_none
from webapp.web.forms.posted import SENDER, read_id


def sender() -> str:
    """Whose form is being drawn; "" where nobody has signed in."""
    return str(who.id) if request and (who := viewer_or_none()) else ""


def posted_by() -> int | None:
    """Who had the posted form open."""
    return read_id(request.form.get(SENDER))


def is_same_origin() -> bool:
    """Whether the browser itself says that a page of ours sent this. A browser that says nothing is not believed."""
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site else request.headers.get("Origin") == request.host_url.rstrip("/")
