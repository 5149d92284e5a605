"""A person's own settings: name, language, time zone, theme, password."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, request
from flask_limiter.errors import RateLimitExceeded

from webapp.access import sessions
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n.refusals import problems, refusal
from webapp.services import people
from webapp.web.rate_limits import PASSWORDS_PER_ACCOUNT, PASSWORDS_PER_ADDRESS, limiter
from webapp.web.responses import page, redirect_to

pages = Blueprint("profile", __name__)


@pages.get("/profile")
def show() -> Response:
    """The form."""
    who = viewer()
    typed = {"name": who.person.name, "locale": who.locale, "time_zone": who.time_zone, "theme": who.theme}
    return _form(typed)


@pages.post("/profile")
def update() -> Response:
    """Save it; a password is changed only when the current one is given."""
    form = request.form
    try:
        password = _new_password(form) if form.get("password") else None
        with transaction():
            people.change_profile(
                viewer().id,
                name=form.get("name", ""),
                locale=form.get("locale", ""),
                time_zone=form.get("time_zone", ""),
                theme=form.get("theme", ""),
                by=viewer().actor,
            )
            if password:
                sessions.change_password(viewer(), password)
    except Refused as error:
        return _form(form.to_dict(), error)
    flash("saved")
    return redirect_to("/profile")


def _new_password(form: Mapping[str, str]) -> sessions.NewPassword:
    """Guessing here is limited as it is at the sign-in."""
    mine = limiter.limit(PASSWORDS_PER_ACCOUNT, key_func=lambda: str(viewer().id))
    try:
        with limiter.limit(PASSWORDS_PER_ADDRESS), mine:
            return sessions.new_password(viewer(), form.get("current", ""), form["password"], request.remote_addr)
    except RateLimitExceeded:
        raise Refused("too_many") from None


def _form(typed: dict[str, str], error: Refused | None = None) -> Response:
    return page(
        "profile.html",
        status=error.status if error else 200,
        typed=typed,
        problems=problems(error) if error else {},
        message=refusal(error) if error else "",
        zones=sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc", "posix"))),
    )
