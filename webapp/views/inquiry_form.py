"""The public web form: what a visitor of any site writes becomes an inquiry. It stands in a foreign site's frame, where
browsers keep no cookies: instead of a session a signed token says which form was opened, and when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import refresh
from flask_limiter.errors import RateLimitExceeded
from itsdangerous import BadSignature, URLSafeSerializer

from rules.setup import Pipeline
from webapp import clock
from webapp.access.scopes import Actor
from webapp.config import LOCALES
from webapp.db import jot, transaction
from webapp.errors import Refused
from webapp.i18n import refusals
from webapp.i18n.isolates import gettext
from webapp.services import contacts, conversations, first_steps, inquirers, inquiries
from webapp.snapshots import setups
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.rate_limits import limiter
from webapp.web.templating import Reader

pages = Blueprint("inquiry_form", __name__)
PER_ADDRESS = "6 per minute; 60 per hour"
PER_CLIENT = "12 per 10 minutes; 60 per day"  # whoever says to be one: from however many addresses
IN_ALL = "120 per minute; 2000 per day"  # of all forms; a firm's day is a hundred
FIELDS = ("name", "phone", "email", "text")
TRAP = "website"  # hidden from people: who fills it in is asked again
FORM = Form(names=(*FIELDS, TRAP, "token"), refusals=None)
LOOKS = ("light", "dark")
OPEN_FOR = timedelta(hours=24)
AT_LEAST = timedelta(seconds=2)


@pages.record_once
def _without_session(state: BlueprintSetupState) -> None:
    app = state.app
    app.extensions["csrf"].exempt(create)


@pages.after_request
def _in_any_frame(answer: Response) -> Response:
    """This page alone may stand in a foreign frame: there is nothing on it to be clicked by trickery."""
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors *"
    )
    return answer


@pages.get("/form/<key>")
def show(key: str) -> Response:
    """The form, or the thanks after it."""
    pipeline = _opened(key)
    _note_site()
    return _page(pipeline, is_sent="sent" in request.args)


def _note_site() -> None:
    """Opened inside of a page of somebody's site: the first step of a new firm that waits for this is done."""
    dest, site = (request.headers.get(f"Sec-Fetch-{each}") for each in ("Dest", "Site"))
    fact = first_steps.seen_on_a_site() if dest == "iframe" and site in ("cross-site", "same-site") else None
    if fact is not None:
        jot(fact)


@pages.post("/form/<key>")
def create(key: str) -> Response:
    """An inquiry; refused, what was typed stays. The same words sent again within minutes are one inquiry."""
    pipeline = _opened(key)
    posted = FORM.posted()
    typed = {name: posted.text(name).strip() for name in (*FIELDS, "token")}
    if problems := _wrong(typed):
        return _page(pipeline, FormState(typed=typed, problems=problems, status=422))
    if doubt := _doubt(pipeline, posted):
        return _page(pipeline, FormState(typed=typed, message=doubt, status=422))
    try:
        words = conversations.words(typed["text"])  # before anything is locked
        with _at_a_bearable_pace(typed), transaction():
            contact = {name: typed[name] for name in ("name", "phone", "email") if typed[name]}
            inquiries.receive_once("form", contact, words, Actor(via="form"), pipeline_key=pipeline.key)
    except Refused as error:
        return _page(pipeline, posted.refused(error))
    except RateLimitExceeded:
        message = gettext("Too many messages at once. Wait a minute and send it again.")
        return _page(pipeline, FormState(typed=typed, message=message, status=429))
    return redirect(f"/form/{pipeline.key}?{urlencode({**_choices(), 'sent': 1})}", 303)  # type: ignore[return-value]


@contextmanager
def _at_a_bearable_pace(typed: dict[str, str]) -> Iterator[None]:
    """Raises RateLimitExceeded. What a first limit stops does not count for the next: an address that floods takes
    nobody else's share. A phone and an e-mail count each, for one of them is made up as easily as not."""
    left, _ = inquirers.readable({"phone": typed["phone"]})
    known = contacts.clean({"email": typed["email"], "phone": left["phone"]})
    with ExitStack() as counted:
        counted.enter_context(limiter.limit(PER_ADDRESS))
        for client in filter(None, (known["phone"], known["email"])):
            counted.enter_context(limiter.limit(PER_CLIENT, key_func=partial("client {}".format, client)))
        counted.enter_context(limiter.limit(IN_ALL, key_func=lambda: "everybody"))
        yield


def _opened(key: str) -> Pipeline:
    """The pipeline that the form leads to. From here on the visitor's language holds: the site's, else the
    browser's."""
    setup = setups.current()
    asked = request.args.get("lang")
    locale = asked if asked in LOCALES else request.accept_languages.best_match(LOCALES) or setup.firm.locale
    g.reader = Reader(locale, setup.firm.time_zone)
    refresh()
    pipeline = setup.pipeline_of_inquiries(key)
    return pipeline or abort(404)


def _wrong(typed: dict[str, str]) -> dict[str, str]:
    """Everything that is wrong at once, in the visitor's words."""
    found: dict[str, str] = {}
    try:
        left, _ = inquirers.readable({"phone": typed["phone"]})
        contacts.clean({"name": typed["name"], "email": typed["email"], "phone": left["phone"] or typed["phone"]})
    except Refused as error:
        found = refusals.problems(error)
    if not typed["phone"] and not typed["email"]:
        found["phone"] = gettext("Leave a phone number or an e-mail, so that we can answer.")
    if not typed["text"]:
        found["text"] = gettext("Write what it is about.")
    return found


def _doubt(pipeline: Pipeline, posted: Posted) -> str:
    """Why this may not have been sent by a person. Nobody is turned away for good: sent once more, it goes through."""
    opened = _token_age(pipeline, posted.text("token"))
    if opened is None:
        return gettext("This page was open for too long. Send it again.")
    if opened < AT_LEAST or posted.text(TRAP):
        return gettext("That was faster than people write. Check it and send it again.")
    return ""


def _token_age(pipeline: Pipeline, token: str) -> timedelta | None:
    """How long the form has been open; None when the token is not one of this form or has had its day."""
    try:
        key, opened = _tokens().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    age = timedelta(seconds=clock.now().timestamp() - opened)
    return age if key == pipeline.key and timedelta() <= age <= OPEN_FOR else None


def _tokens() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="inquiry form")


def _choices() -> dict[str, str]:
    """Language and look that the site asked for: they go on with the form."""
    asked = {"lang": request.args.get("lang"), "theme": request.args.get("theme")}
    known = {"lang": LOCALES, "theme": LOOKS}
    return {name: value for name, value in asked.items() if value in known[name]}


def _page(pipeline: Pipeline, form: FormState = BLANK, *, is_sent: bool = False) -> Response:
    token = form.typed.get("token", "")
    kept = token if _token_age(pipeline, token) is not None else ""
    body = render_template(
        "inquiry_form/show.html",
        firm=setups.current().firm.name,
        action=f"/form/{pipeline.key}?{urlencode(_choices())}".rstrip("?"),
        theme=_choices().get("theme", "auto"),
        token=kept or _tokens().dumps([pipeline.key, clock.now().timestamp()]),
        trap=TRAP,
        limit=conversations.TEXT_LIMIT,
        form=form,
        is_sent=is_sent,
    )
    return make_response(body, form.status)
