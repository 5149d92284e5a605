"""Signing in and out: a new session each time; wrong tries are counted per address and per account, and those of a
known device apart."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from flask import session as cookie
from flask_login import current_user, login_user, logout_user

from rules import emails
from webapp.access import devices, sessions
from webapp.access.viewer import viewer
from webapp.errors import Refused
from webapp.snapshots import setups
from webapp.web.forms import Form, FormState
from webapp.web.rate_limits import PASSWORDS_PER_ACCOUNT, PASSWORDS_PER_ADDRESS, caller, limiter
from webapp.web.responses import own_path, redirect_to

pages = Blueprint("sign_in", __name__)
SIGN_IN = Form(names=("email", "password", "next"), secret=frozenset({"password"}), refusals=None)


def _account() -> str:
    """By whichever of its forms somebody signs in: tries and devices are counted by it."""
    return emails.kept_as(SIGN_IN.posted().text("email"))[-1]


def _counted_by_address() -> str:
    return _device() or f"address {caller()}"


def _counted_by_account() -> str:
    return _device() or f"account {_account()}"


def _device() -> str:
    name = devices.known(request.cookies.get(devices.COOKIE), _account())
    return f"device {name}" if name else ""


def _was_wrong(answer: Response) -> bool:
    return answer.status_code == 422


@pages.get("/sign-in")
def form() -> Response:
    """The form; whoever is signed in goes on."""
    if current_user.is_authenticated:
        return redirect(own_path(request.args.get("next")), 303)  # type: ignore[return-value]
    return _page(FormState(typed={"next": own_path(request.args.get("next"))}))


@pages.post("/sign-in")
@limiter.limit(PASSWORDS_PER_ADDRESS, key_func=_counted_by_address, deduct_when=_was_wrong)
@limiter.limit(PASSWORDS_PER_ACCOUNT, key_func=_counted_by_account, deduct_when=_was_wrong)
def create() -> Response:
    """A new session, or the form with what was typed."""
    posted = SIGN_IN.posted()
    try:
        who = sessions.sign_in(
            posted.text("email"),
            posted.text("password"),
            request.remote_addr,
            request.headers.get("User-Agent"),
            instead_of=viewer() if current_user.is_authenticated else None,
            held=cookie.get("_user_id", ""),  # where flask-login keeps it
        )
    except Refused as error:
        return _page(posted.refused(error))
    cookie.clear()  # nothing of whoever was here before, the form's token included
    login_user(who)
    cookie.permanent = True
    return _remembered(redirect_to(own_path(posted.text("next"))))


def _remembered(answer: Response) -> Response:
    """This device has its own count of this account from now on."""
    if not _device():
        value, is_secure = devices.cookie_for(_account()), current_app.config["SESSION_COOKIE_SECURE"]
        answer.set_cookie(
            devices.COOKIE, value, devices.MAX_AGE, path="/sign-in", httponly=True, samesite="Lax", secure=is_secure
        )
    return answer


@pages.post("/sign-out")
def delete() -> Response:
    """The session ends, in every tab."""
    sessions.sign_out(viewer())
    logout_user()
    cookie.clear()
    return redirect_to("/sign-in")


def _page(form: FormState) -> Response:
    is_lesson = setups.current().firm.is_lesson
    return make_response(render_template("sign_in.html", form=form, is_lesson=is_lesson), form.status)
