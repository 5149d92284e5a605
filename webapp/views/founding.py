"""A firm of one's own, begun in the browser by whoever has started Dozor and so has read the one-time code. The page
exists only while there is no firm."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask import session as cookie
from flask_login import login_user

from webapp.access import passwords, sessions
from webapp.db import transaction
from webapp.errors import NotFound, Refused, invalid
from webapp.services import founding, founding_codes
from webapp.snapshots import setups
from webapp.web import own_firm
from webapp.web.forms import BLANK, Form, FormState
from webapp.web.rate_limits import limiter
from webapp.web.responses import redirect_to

pages = Blueprint("founding", __name__)
FOUNDING = Form(names=(*own_firm.NAMES, "code"), secret=own_firm.SECRET, refusals=("bad_fields", "busy"))
CODES_PER_ADDRESS = "10 per minute; 60 per hour"


@pages.get("/founding")
def show() -> Response:
    """The form; 404 once there is a firm, or where none is begun by a code."""
    _must_be_open()
    return _page()


@pages.post("/founding")
@limiter.limit(CODES_PER_ADDRESS, deduct_when=lambda answer: answer.status_code == 422)
def create() -> Response:
    """The firm, and its first admin signed in. Of two at once the second finds a firm there."""
    _must_be_open()
    posted = FOUNDING.posted()
    try:
        _must_be_code(posted.text("code"))  # before the hash: guessing costs us nothing
        passwords.check_length(posted.text("password"))
        firm, admin = own_firm.firm_of(posted), own_firm.admin_of(posted)
        with transaction():
            _must_be_code(posted.text("code"))
            user_id = founding.found(firm, admin)
            token = sessions.begin(user_id, request.remote_addr, request.headers.get("User-Agent"))
    except Refused as error:
        return _page(posted.refused(error))
    cookie.clear()
    login_user(sessions.signed_in(token))
    cookie.permanent = True
    return redirect_to("/")


def _must_be_open() -> None:
    if setups.is_founded() or not founding_codes.is_open():
        raise NotFound("founding")


def _must_be_code(typed: str) -> None:
    if not founding_codes.is_code(typed):
        raise invalid("code", "wrong_code")


def _page(form: FormState = BLANK) -> Response:
    return make_response(render_template("founding/show.html", form=form, **own_firm.choices()), form.status)
