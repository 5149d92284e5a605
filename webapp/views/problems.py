"""What people see when something cannot be shown: a sentence and a way on, never a code."""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from webapp.access.viewer import viewer
from webapp.db.outages import DatabaseAway
from webapp.db.saving import CannotSave
from webapp.errors import NotFound, Refused
from webapp.i18n import N_
from webapp.i18n.isolates import gettext
from webapp.web import responses
from webapp.web.forms import SENDER, is_same_origin, posted_by, posted_pairs

log = logging.getLogger(__name__)
TOLD = {
    400: (N_("Not understood"), N_("Something in this request could not be read. Go back and try again.")),
    403: (N_("Not allowed"), N_("You may not change this.")),
    404: (N_("Not here"), N_("There is nothing here, or you may not see it.")),
    405: (N_("Not possible here"), N_("This cannot be done here.")),
    413: (N_("Too large"), N_("This is too large to be saved.")),
    429: (N_("Too many attempts"), N_("Too many attempts. Wait a minute and try again.")),
    500: (
        N_("Something went wrong"),
        N_("Something went wrong on our side. Nothing was saved; try again in a moment."),
    ),
    503: (N_("Try again in a moment"), N_("Dozor is busy right now. Try again in a moment.")),
}
GONE = N_("Nothing was saved: this is not here any more, or you may not see it any more.")
CANNOT_SAVE = N_("Nothing can be saved right now. What you typed is kept here: try again in a moment.")
NOT_SAVED = N_("Nothing can be saved right now, and nothing was saved. Try again in a moment.")
AWAY = N_("The database does not answer right now. Try again in a moment.")
AWAY_WITH_TYPED = N_("The database does not answer right now. What you typed is kept here: try again in a moment.")
MACHINES = "/hooks/"  # they read no pages, and try again by the status


def register(app: Flask) -> None:
    """One answer for each kind of trouble. The API answers for itself."""
    app.register_error_handler(Refused, responses.refused)
    app.register_error_handler(NotFound, lambda _: _say(404))
    app.register_error_handler(CSRFError, _token_failed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CannotSave, _cannot_save)
    app.register_error_handler(DatabaseAway, _away)
    app.register_error_handler(500, lambda _: _say(500))


def _cannot_save(error: CannotSave) -> Response:
    """Said as it is, and what was typed goes along, to be sent once more."""
    log.error("nothing was saved: %s", error)
    if request.path.startswith("/api/"):
        return current_app.extensions["dozor.api_failed"](ServiceUnavailable())
    if request.path.startswith(MACHINES):
        return _line(503, gettext(NOT_SAVED))
    message = gettext(CANNOT_SAVE)
    if responses.wants_fragment():
        return responses.fragment("refused.htmx.html", status=503, message=message)
    return _again(503, message)


def _away(error: DatabaseAway) -> Response:
    """Nobody is asked who reads: what knows it does not answer. One line in the log, for there may be thousands."""
    log.error("the database does not answer: %s", error)
    if request.path.startswith("/api/"):
        return current_app.extensions["dozor.api_failed"](ServiceUnavailable(), is_away=True)
    if request.path.startswith(MACHINES):
        return _line(503, gettext(AWAY))
    if request.method == "POST" and not responses.wants_fragment():
        return _again(503, gettext(AWAY_WITH_TYPED))
    return _say(503, gettext(AWAY))


def _line(status: int, message: str) -> Response:
    return Response(f"{message}\n", status, content_type="text/plain; charset=utf-8")


def _token_failed(error: CSRFError) -> Response:
    """The form is given back, to be sent by hand once more, only to the very person who had opened it and only where
    the browser says that it came from a page of ours. Nobody else is shown what was in it."""
    if responses.wants_fragment() or request.path.startswith("/api/") or not _is_own():
        return _say(400, gettext("This page was open for too long. Reload it and try again."))
    return _again(400, gettext("This page was open for too long. What you typed is kept here: send it again."))


def _is_own() -> bool:
    return is_same_origin() and current_user.is_authenticated and posted_by() == viewer().id


def _again(status: int, message: str) -> Response:
    """What was typed, to be sent once more; a password is not kept for that."""
    typed = [pair for pair in posted_pairs() if pair[0] not in ("csrf_token", SENDER)]
    is_secret = any("password" in name for name, _ in typed)
    again = "" if is_secret or request.method != "POST" else request.full_path.rstrip("?")
    return make_response(render_template("not_saved.html", message=message, typed=typed, again=again), status)


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    if request.path.startswith("/api/"):
        return current_app.extensions["dozor.api_failed"](error)
    return _say(error.code or 500)


def _say(code: int, message: str | None = None) -> Response:
    title, sentence = TOLD.get(code, TOLD[500 if code >= 500 else 400])
    if code == 404 and request.method == "POST":
        sentence = GONE
    message = message or gettext(sentence)
    if request.path.startswith(MACHINES):
        return _line(code, message)
    if responses.wants_fragment():
        return responses.fragment("refused.htmx.html", status=code, message=message)
    told = {"title": gettext(title), "message": message}
    if code < 500 and current_user.is_authenticated and not request.path.startswith("/static/"):
        return responses.page("problem.html", status=code, **told)
    return make_response(render_template("problem_alone.html", **told), code)
