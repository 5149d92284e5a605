"""Several people at once, for admins: pasted line by line; the answer has a link for each, shown only there."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from rules.people_lines import MOST
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import accounts, link_letters, people_lines, sign_ins
from webapp.web.forms import BLANK, Form, FormState
from webapp.web.responses import page

pages = Blueprint("staff_lists", __name__)
LIST = Form(names=("lines",))
ALL = "/settings/people/lists"


@pages.get(ALL)
def new() -> Response:
    """The form."""
    require_admin()
    return _form()


@pages.post(ALL)
def create() -> Response:
    """All of them, or none and what is wrong with which line."""
    require_admin()
    posted = LIST.posted()
    try:
        with transaction():
            by = require_admin().actor
            users = [accounts.locked(each) for each in people_lines.invite(posted.text("lines"), by)]
            links = [(each.name, each.email, sign_ins.give_link(each.id, by)) for each in users]
            mailed = [link_letters.send(each, link[2]) for each, link in zip(users, links, strict=True)]
    except Refused as error:
        return _form(posted.refused(error))
    url = f"{current_app.config['SETTINGS'].url}/links/"
    return page(
        "staff/invited.html",
        links=[(name, email, url + secret) for name, email, secret in links],
        are_mailed=all(mailed),
    )


def _form(form: FormState = BLANK) -> Response:
    return page("staff/list.html", status=form.status, form=form, most=MOST)
