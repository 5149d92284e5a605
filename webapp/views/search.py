"""Search of deals and contacts from every page."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.access.viewer import viewer
from webapp.queries import search
from webapp.web.responses import fragment, page, wants_fragment
from webapp.web.turns import turn_of

pages = Blueprint("search", __name__)


@pages.get("/search")
def show() -> Response:
    """What was found, in the panel under the field or on a page of its own."""
    words = request.args.get("q", "").strip()[:100]
    if wants_fragment():
        return fragment("search/_found.html", found=search.search(viewer().scope, words), words=words)
    deals, people = turn_of(request.args), turn_of(request.args, "people_")
    turns = {"after": deals.after, "before": deals.before, "people_after": people.after, "people_before": people.before}
    found = search.found(viewer().scope, words, deals, people)
    return page("search/show.html", found=found, words=words, turns=turns)
