"""The page behind a link that an admin gave: whoever was invited, or has forgotten the password, sets one and is in.
Opening it uses nothing up, since mail programs look at links first."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template, request
from flask import session as cookie
from flask_babel import refresh
from flask_login import current_user, login_user

from webapp.access import passwords, sessions
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound, Refused, invalid
from webapp.models import User
from webapp.services import sign_ins
from webapp.snapshots import setups
from webapp.web.forms import BLANK, Form, FormState
from webapp.web.rate_limits import PASSWORDS_PER_ADDRESS, limiter
from webapp.web.responses import redirect_to
from webapp.web.templating import Reader

pages = Blueprint("links", __name__)
PASSWORD = Form(names=("password", "again"), secret=frozenset({"password", "again"}), refusals=("bad_fields", "busy"))
ONE = "/links/<secret>"


@pages.get(ONE)
@limiter.limit(PASSWORDS_PER_ADDRESS, deduct_when=lambda answer: answer.status_code == 404)
def show(secret: str) -> Response:
    """Whose it is, and the form; of a link that opens nothing only that."""
    return _page(_reader_of(secret), secret)


@pages.post(ONE)
@limiter.limit(PASSWORDS_PER_ADDRESS, deduct_when=lambda answer: answer.status_code == 404)
def create(secret: str) -> Response:
    """The password is set, the link ends, and this browser is signed in."""
    person = _reader_of(secret)
    if person is None:  # asked before the hash: guessing costs us nothing
        return _page(None, secret)
    posted = PASSWORD.posted()
    try:
        if posted.text("again") != posted.text("password"):
            raise invalid("again", "not_the_same")
        password_hash = passwords.hashed_new(posted.text("password"), request.remote_addr)
        with transaction():
            user_id = sign_ins.use_link(secret, password_hash)
            token = sessions.begin(
                user_id,
                request.remote_addr,
                request.headers.get("User-Agent"),
                instead_of=viewer() if current_user.is_authenticated else None,
            )
    except Refused as error:
        return _page(person, secret, posted.refused(error))
    except NotFound:  # used in this very moment by another
        return _page(None, secret)
    cookie.clear()  # nothing of whoever was here before, the form's token included
    login_user(sessions.signed_in(token))
    cookie.permanent = True
    return redirect_to("/")


def _reader_of(secret: str) -> User | None:
    """Whose link it is. From here on their own language holds, whatever the browser's is."""
    person = sign_ins.person_of_link(secret)
    if person is not None:
        g.reader = Reader(person.locale, person.time_zone)
        refresh()
    return person


def _page(person: User | None, secret: str, form: FormState = BLANK) -> Response:
    firm, is_new = setups.current().firm.name, person is not None and person.password_hash == passwords.NONE_YET
    shown = render_template("links/show.html", person=person, firm=firm, is_new=is_new, secret=secret, form=form)
    return make_response(shown, form.status if person else 404)
