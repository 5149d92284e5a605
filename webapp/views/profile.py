"""A person's own settings: name, language, time zone, theme, password."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, request

from webapp import auth
from webapp.db import transaction
from webapp.errors import Refused
from webapp.pages import go_to, page
from webapp.services import people
from webapp.words.refusals import problems, refusal

pages = Blueprint("profile", __name__)


@pages.get("/profile")
def show() -> Response:
    """The form."""
    who = auth.viewer()
    typed = {"name": who.person.name, "locale": who.locale, "time_zone": who.time_zone, "theme": who.theme}
    return _form(typed)


@pages.post("/profile")
def update() -> Response:
    """Save it; a password is changed only when the current one is given."""
    form = request.form
    try:
        with transaction():
            people.change_profile(
                auth.viewer().id, name=form.get("name", ""), locale=form.get("locale", ""),
                time_zone=form.get("time_zone", ""), theme=form.get("theme", ""), by=auth.viewer().actor,
            )
            if form.get("password"):
                auth.change_password(auth.viewer(), form.get("current", ""), form["password"])
    except Refused as error:
        return _form(form.to_dict(), error)
    flash("saved")
    return go_to("/profile")


def _form(typed: dict[str, str], error: Refused | None = None) -> Response:
    return page(
        "profile.html",
        status=error.status if error else 200,
        typed=typed,
        problems=problems(error) if error else {},
        message=refusal(error) if error else "",
        zones=sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc", "posix"))),
    )
