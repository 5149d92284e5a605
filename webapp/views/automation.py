"""The screen of automation: what brings a deal to each stage and what happens there, each as one sentence. For
admins; to others it does not exist."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect

from rules.setup import Setup, pipeline_named
from webapp.access.records import require_admin
from webapp.i18n import conflicts, named, runs, sentences
from webapp.queries import automation as query
from webapp.snapshots import setups
from webapp.web.responses import page

pages = Blueprint("automation", __name__)


@pages.get("/automation")
def index() -> Response:
    """The first pipeline's."""
    require_admin()
    first = next(iter(shown().pipelines), None) or abort(404)
    return redirect(f"/automation/{first.key}", 303)  # type: ignore[return-value]


@pages.get("/automation/<pipeline>")
def show(pipeline: str) -> Response:
    """One pipeline."""
    require_admin()
    return _page(pipeline)


def shown() -> Setup:
    """The set-up that the screen shows."""
    return setups.current().value


def _page(key: str) -> Response:
    value = shown()
    screen = query.screen(value, pipeline_named(value, key) or abort(404))
    return page(
        "automation/show.html",
        screen=screen,
        value=value,
        names=named.of(value),
        say=sentences,
        states=runs.states(),
        conflicts=[conflicts.words(each, value) for each in screen.conflicts],
    )
