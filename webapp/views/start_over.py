"""From the lesson's firm to one's own: asked again for the password, after a backup. Only an admin of the lesson's firm
finds this page."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, request
from flask import session as cookie
from flask_limiter.errors import RateLimitExceeded
from flask_login import login_user, logout_user

from webapp import clock
from webapp.access import passwords, sessions
from webapp.access.records import require_admin
from webapp.access.viewer import viewer
from webapp.box import backup
from webapp.db import transaction
from webapp.errors import NotFound, Refused
from webapp.services import starting_over
from webapp.snapshots import setups
from webapp.web import own_firm
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.rate_limits import PASSWORDS_PER_ACCOUNT, PASSWORDS_PER_ADDRESS, limiter
from webapp.web.responses import page, redirect_to

log = logging.getLogger(__name__)
pages = Blueprint("start_over", __name__)
OWN_FIRM = Form(names=(*own_firm.NAMES, "current"), secret=own_firm.SECRET, refusals=None)


@pages.get("/settings/start-over")
def show() -> Response:
    """The form, and what would be gone."""
    _must_be_lesson()
    return _page()


@pages.post("/settings/start-over")
def create() -> Response:
    """A backup, then an empty firm in the place of this one; its first admin is signed in, everybody else is out."""
    _must_be_lesson()
    posted = OWN_FIRM.posted()
    try:
        passwords.check_length(posted.text("password"))
        _must_be_mine(posted)
        firm, admin = own_firm.firm_of(posted), own_firm.admin_of(posted)
        _back_up()
        with transaction():
            require_admin()
            user_id = starting_over.start_over(firm, admin)
            token = sessions.begin(user_id, request.remote_addr, request.headers.get("User-Agent"))
    except Refused as error:
        return _page(posted.refused(error))
    logout_user()
    cookie.clear()
    login_user(sessions.signed_in(token))
    cookie.permanent = True
    return redirect_to("/")


def _must_be_lesson() -> None:
    require_admin()
    if not setups.current().firm.is_lesson:
        raise NotFound("start over")


def _must_be_mine(posted: Posted) -> None:
    """Guessing here is limited as it is at the sign-in."""
    mine = limiter.limit(PASSWORDS_PER_ACCOUNT, key_func=lambda: str(viewer().id))
    try:
        with limiter.limit(PASSWORDS_PER_ADDRESS), mine:
            sessions.must_be_password(viewer(), posted.text("current"), request.remote_addr)
    except RateLimitExceeded:
        raise Refused("too_many") from None


def _back_up() -> None:
    """Raises Refused when there is none: then nothing is changed."""
    settings = current_app.config["SETTINGS"]
    tail = "db" if settings.is_sqlite else "dump"
    target = settings.data / "backups" / f"before-own-firm-{clock.now():%Y%m%dT%H%M%S.%f}.{tail}"
    try:
        backup.backup(settings.database_url, target)
    except backup.BackupError as error:
        log.error("no backup, so the lesson's firm stays: %s", error)
        raise Refused("no_backup") from None


def _page(form: FormState = BLANK) -> Response:
    return page("founding/start_over.html", status=form.status, form=form, **own_firm.choices())
