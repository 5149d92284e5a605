"""A person's own settings: name, language, time zone, theme, password; browsers that are signed in, keys to the API."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request
from flask_limiter.errors import RateLimitExceeded

from webapp.access import sessions
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused, invalid
from webapp.services import accounts, people, sign_ins, webhooks
from webapp.web import staff_room
from webapp.web.forms import Form, Posted, check
from webapp.web.profiles import profile_page
from webapp.web.rate_limits import PASSWORDS_PER_ACCOUNT, PASSWORDS_PER_ADDRESS, limiter
from webapp.web.responses import redirect_to

pages = Blueprint("profile", __name__)
MINE = ("name", "locale", "time_zone", "theme")
PROFILE = Form(
    names=(*MINE, "current", "password"),
    secret=frozenset({"current", "password"}),
    refusals=None,
)
KEY = Form(names=("token", "reply_url"))
WAYS_IN = "/profile#ways-in"


@pages.get("/profile")
def show() -> Response:
    """The form."""
    return profile_page()


@pages.post("/profile")
def update() -> Response:
    """Save it; a password is changed only when the current one is given."""
    posted = PROFILE.posted()
    try:
        password = _new_password(posted) if posted.text("password") else None
        with transaction():
            me = accounts.locked(viewer().id)
            check(posted.changed, staff_room.kept(me, {}), viewer().actor)
            wanted = {each: posted.changed.text(each) if each in posted.changed else getattr(me, each) for each in MINE}
            people.change_profile(me.id, **wanted, by=viewer().actor)
            if password:
                sign_ins.change_password(viewer().id, viewer().session_id, password, viewer().actor)
    except Refused as error:
        return profile_page(posted.refused(error))
    flash("saved")
    return redirect_to("/profile")


@pages.post("/profile/sessions/endings")
def end_others() -> Response:
    """All browsers but this one are signed out."""
    who = viewer()
    with transaction():
        sign_ins.end_others(who.id, who.session_id, who.actor)
    flash("ended")
    return redirect_to(WAYS_IN)


@pages.post("/profile/sessions/<int:session_id>/endings")
def end_session(session_id: int) -> Response:
    """One of one's own browsers is signed out."""
    with transaction():
        sign_ins.end_session(viewer().id, session_id, viewer().actor)
    flash("ended")
    return redirect_to(WAYS_IN)


@pages.post("/profile/tokens")
def add_token() -> Response:
    """A key to the API: its secret stands on this answer, and nowhere else ever."""
    posted = KEY.posted()
    try:
        with transaction():
            secret = sign_ins.add_token(viewer().id, posted.text("token"), viewer().actor)
            signing = _answers(secret, posted.text("reply_url").strip())
    except Refused as error:
        return profile_page(key=posted.refused(error))
    return profile_page(secret=secret, signing=signing)


def _answers(token: str, url: str) -> str:
    """Where replies go to what comes by a key: what they are signed with, "" when none go anywhere."""
    if not url:
        return ""
    if not viewer().scope.is_admin:
        raise invalid("reply_url", "only_admins_reply_url")
    return webhooks.answer_to(token, url, viewer().actor)


@pages.post("/profile/tokens/<int:token_id>/endings")
def end_token(token_id: int) -> Response:
    """One of one's own keys opens nothing any more."""
    with transaction():
        sign_ins.end_token(viewer().id, token_id, viewer().actor)
    flash("key_ended")
    return redirect_to(WAYS_IN)


def _new_password(posted: Posted) -> sessions.NewPassword:
    """Guessing here is limited as it is at the sign-in."""
    mine = limiter.limit(PASSWORDS_PER_ACCOUNT, key_func=lambda: str(viewer().id))
    try:
        with limiter.limit(PASSWORDS_PER_ADDRESS), mine:
            return sessions.new_password(viewer(), posted.text("current"), posted.text("password"), request.remote_addr)
    except RateLimitExceeded:
        raise Refused("too_many") from None
