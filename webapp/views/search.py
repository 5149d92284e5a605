"""Search of deals and contacts from every page."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.access.viewer import viewer
from webapp.queries import search
from webapp.web.responses import fragment, page, wants_fragment

pages = Blueprint("search", __name__)


@pages.get("/search")
def show() -> Response:
    """What was found, in the panel under the field or on a page of its own."""
    words = request.args.get("q", "").strip()[:100]
    if wants_fragment():
        return fragment("search/_found.html", found=search.search(viewer().scope, words), words=words)
    return page("search/show.html", found=search.search(viewer().scope, words, 50), words=words)
