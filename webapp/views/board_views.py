"""A person's saved views of the board."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response

from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound, Refused
from webapp.i18n.isolates import gettext
from webapp.services import board_views
from webapp.snapshots import setups
from webapp.web.forms import Form
from webapp.web.responses import page, redirect_to

pages = Blueprint("board_views", __name__)
VIEW = Form(names=("name", "pipeline", "query"))
KNOWN = frozenset(
    {"mine", "mark", "burning", "step", "stuck", "responsible", "department", "tag", "least", "q", "sort"}
)


@pages.post("/views")
def create() -> Response:
    """Keep the filters of the form's query under a name, and show the pipeline's board so."""
    posted = VIEW.posted()
    pipeline = setups.current().pipeline_of(posted.text("pipeline") or None)
    if pipeline is None:
        raise NotFound("pipeline")
    pairs = [(name, value) for name, value in parse_qsl(posted.text("query")[:2000]) if name in KNOWN]
    try:
        with transaction():
            board_views.save(viewer().id, pipeline.id, posted.text("name"), urlencode(pairs))
    except Refused as error:
        form = posted.refused(error)
        return page("board/view.html", status=form.status, form=form)
    return redirect_to(f"/pipelines/{pipeline.key}?{urlencode(pairs)}")


@pages.post("/views/<int:view_id>/deletions")
def delete(view_id: int) -> Response:
    """Forget it. One that another tab has forgotten already is gone as was wished; of another person's no more is said
    than that."""
    try:
        with transaction():
            board_views.remove(viewer().id, view_id)
    except NotFound:
        gone = gettext("This view is no longer there: it has been deleted.")
        return page("problem.html", status=404, title=gettext("Not here"), message=gone)
    return redirect_to("/")
