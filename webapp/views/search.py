"""Search of deals and contacts from every page."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp import auth
from webapp.pages import fragment, page, wants_fragment
from webapp.queries import search

pages = Blueprint("search", __name__)


@pages.get("/search")
def show() -> Response:
    """What was found, in the panel under the field or on a page of its own."""
    words = request.args.get("q", "").strip()[:100]
    if wants_fragment():
        return fragment("search/_found.html", found=search.found(auth.viewer().scope, words), words=words)
    return page("search/show.html", found=search.found(auth.viewer().scope, words, 50), words=words)
