"""How an answer is put together: a whole page with its frame, or a fragment. The frame's numbers are read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, render_template, request
from flask_htmx import make_response as htmx_response
from flask_login import current_user
from werkzeug.urls import iri_to_uri

from webapp.access.viewer import Viewer, viewer
from webapp.background import heartbeats
from webapp.errors import Refused
from webapp.i18n.isolates import gettext
from webapp.i18n.refusals import refusal
from webapp.queries.frame import Around, around
from webapp.snapshots import setups
from webapp.web import typed_words
from webapp.web.htmx import htmx

BAD = 400  # and above: nothing was done
REFUSED = "refused.htmx.html"  # a toast beside the form, which stays as it is
LESSON_READ = "dozor_lesson_read"  # by whom the word about the lesson was put away; set by banner.js


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page."""

    viewer: Viewer
    around: Around
    says_lesson: bool
    trouble: str


def frame() -> Frame:
    """The frame of the signed-in viewer."""
    who = viewer()
    says_lesson = setups.current().firm.is_lesson and request.cookies.get(LESSON_READ) != str(who.id)
    return Frame(who, around(who.scope), says_lesson, heartbeats.trouble())


def page(template: str, /, *, status: int = 200, **context: Any) -> Response:
    """A whole page for a signed-in viewer. The worker beside it (sw.js) keeps it for this person alone. What was typed
    into a form that it refuses and does not draw stands above it."""
    context["frame"] = frame()
    words = render_template(template, **context)
    if status >= BAD and (lost := typed_words.lost_from(words)):
        words = render_template(template, lost_words=lost, **context)
    answer = make_response(words, status)
    answer.headers["Dozor-Person"] = str(viewer().id)
    return answer


def fragment(template: str, /, *, status: int = 200, **context: Any) -> Response:
    """A part of a page, for htmx. One that takes the place of a form which it refuses says what was typed there."""
    words = render_template(template, **context)
    if status >= BAD and wants_fragment() and template != REFUSED and (lost := typed_words.lost_from(words)):
        words += render_template("typed.htmx.html", lost_words=lost)
    return make_response(words, status)


def wants_fragment() -> bool:
    """Whether htmx asks for a part, not for a page (a boosted or restored page is whole)."""
    return bool(htmx) and not htmx.wants_page


def redirect_to(path: str) -> Response:
    """See other: after a plain form, or by htmx's own header."""
    if htmx:
        return htmx_response("", 204, redirect=iri_to_uri(path))
    return redirect(path, 303)  # type: ignore[return-value]


def own_path(raw: str | None, default: str = "/") -> str:
    """A path of ours out of a `next` parameter; an address elsewhere (also //host, /\\host) is not followed."""
    if not raw or not raw.startswith("/") or raw.startswith("//") or "\\" in raw or any(c < " " for c in raw):
        return default
    parts = urlsplit(raw)
    return default if parts.scheme or parts.netloc else raw


def refused(error: Refused) -> Response:
    """A refusal that no form took up: a toast for htmx, else a page that says it."""
    if wants_fragment():
        return fragment(REFUSED, status=error.status, message=refusal(error))
    template = "problem.html" if current_user.is_authenticated else "problem_alone.html"
    build = page if template == "problem.html" else fragment
    return build(template, status=error.status, message=refusal(error), title=gettext("Not done"))
