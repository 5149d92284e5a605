"""A person's own settings: name, language, time zone, theme, password."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, request
from flask_limiter.errors import RateLimitExceeded

from webapp.access import sessions
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import people, sign_ins
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.rate_limits import PASSWORDS_PER_ACCOUNT, PASSWORDS_PER_ADDRESS, limiter
from webapp.web.responses import page, redirect_to

pages = Blueprint("profile", __name__)
PROFILE = Form(
    names=("name", "locale", "time_zone", "theme", "current", "password"),
    secret=frozenset({"current", "password"}),
    refusals=None,
)


@pages.get("/profile")
def show() -> Response:
    """The form."""
    return _page()


@pages.post("/profile")
def update() -> Response:
    """Save it; a password is changed only when the current one is given."""
    form = PROFILE.posted()
    try:
        password = _new_password(form) if form.text("password") else None
        with transaction():
            people.change_profile(
                viewer().id,
                name=form.text("name"),
                locale=form.text("locale"),
                time_zone=form.text("time_zone"),
                theme=form.text("theme"),
                by=viewer().actor,
            )
            if password:
                sign_ins.change_password(viewer().id, viewer().session_id, password, viewer().actor)
    except Refused as error:
        return _page(form.refused(error))
    flash("saved")
    return redirect_to("/profile")


def _new_password(form: Posted) -> sessions.NewPassword:
    """Guessing here is limited as it is at the sign-in."""
    mine = limiter.limit(PASSWORDS_PER_ACCOUNT, key_func=lambda: str(viewer().id))
    try:
        with limiter.limit(PASSWORDS_PER_ADDRESS), mine:
            return sessions.new_password(viewer(), form.text("current"), form.text("password"), request.remote_addr)
    except RateLimitExceeded:
        raise Refused("too_many") from None


def _page(form: FormState = BLANK) -> Response:
    zones = sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc", "posix")))
    return page("profile.html", status=form.status, form=form, zones=zones)
