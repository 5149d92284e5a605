"""The people of the firm, for admins: who there is, a new one with a link to come in by, and somebody who leaves. To
others these pages do not exist."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, flash

from webapp.access.records import require_admin
from webapp.access.scopes import Actor
from webapp.db import transaction
from webapp.errors import Refused, invalid, not_an_option
from webapp.i18n import chart_words
from webapp.models import User
from webapp.queries import staff as found
from webapp.services import accounts, hand_overs, link_letters, people, places, sign_ins
from webapp.services.leaving import Choices
from webapp.services.people import PersonEdit
from webapp.web import out_of_sight, staff_room
from webapp.web.forms import BLANK, Form, FormState, Posted, check, read_id
from webapp.web.org_chart import unless_sure
from webapp.web.responses import page, redirect_to
from webapp.web.staff_room import GivenLink

pages = Blueprint("staff", __name__)
LINES: tuple[Literal["name", "email", "phone", "locale", "time_zone"], ...] = (
    *("name", "email", "phone", "locale", "time_zone"),
)
PERSON = Form(
    names=("name", "email", "phone", "locale", "time_zone", "is_admin", "sure"),
    entities=("place",),
    beside={"departments": "place"},
    refusals=("bad_fields", "only_admin", "only_admin_yet", "stale"),
)
TAKERS = ("to", "tasks_to", "clients_to", "cover_to", "acceptor")
LEAVING = Form(names=(*TAKERS,), entities=("post",), refusals=("bad_fields", "only_admin", "only_admin_yet"))
ONE = "/settings/people/<int:user_id>"


@pages.get("/settings/people")
def index() -> Response:
    """Everybody, and the form for somebody new."""
    require_admin()
    return _list()


@pages.post("/settings/people")
def create() -> Response:
    """Somebody new; the link by which they come in stands on this answer, and nowhere else ever."""
    require_admin()
    posted = PERSON.posted()
    try:
        with transaction():
            by = require_admin().actor
            user_id = people.invite(_edited(posted, {}), by)
            link = _given(accounts.locked(user_id), by)
    except Refused as error:
        return _list(posted.refused(error))
    return staff_room.one(user_id, link=link)


@pages.get(ONE)
def show(user_id: int) -> Response:
    """One person: name, address, places; ways in; leaving."""
    require_admin()
    return staff_room.one(user_id)


@pages.post(ONE)
def update(user_id: int) -> Response:
    """What differs from what was shown is saved; whose sight of deals it changes, and who is told otherwise, is said
    first."""
    require_admin()
    posted = PERSON.posted()
    try:
        with transaction():
            by, user, held = require_admin().actor, accounts.locked(user_id), places.of(user_id)
            check(posted.changed, staff_room.kept(user, held), by)
            changes = _edited(posted.changed, held)
            effects = unless_sure(posted, lambda: people.change_person(user_id, changes, by))
    except Refused as error:
        return staff_room.one(user_id, posted.refused(error, "person"))
    if effects:
        return staff_room.one(user_id, posted.again("person"), effects=effects)
    if user_id == by.user_id and changes.get("is_admin") is False:
        return out_of_sight.back_to("/", out_of_sight.of_an_admin())
    flash("saved")
    return redirect_to(f"/settings/people/{user_id}")


@pages.post(f"{ONE}/links")
def give_link(user_id: int) -> Response:
    """A new link to set a password by; the old one ends."""
    require_admin()
    with transaction():
        link = _given(accounts.locked(user_id), require_admin().actor)
    return staff_room.one(user_id, link=link)


def _given(user: User, by: Actor) -> GivenLink:
    """A link, shown and mailed."""
    secret = sign_ins.give_link(user.id, by)
    return GivenLink(secret, user.email if link_letters.send(user, secret) else "")


@pages.post(f"{ONE}/deactivations")
def leave(user_id: int) -> Response:
    """What is open goes to whoever was chosen, the first part of it at once and the rest by the worker; then the
    account is closed."""
    require_admin()
    posted = LEAVING.posted()
    try:
        with transaction():
            is_gone = hand_overs.begin(user_id, _choices(posted), require_admin().actor)
    except Refused as error:
        return staff_room.one(user_id, posted.refused(error, "leaving"))
    flash("left" if is_gone else "leaving")
    return redirect_to(f"/settings/people/{user_id}")


def _choices(posted: Posted) -> Choices:
    """Who takes what over. Raises Refused."""
    named = {name: posted.id(name) for name in TAKERS}
    posts = {f"post.{key}": read_id(raw) for key, raw in posted.own("post").items()}
    typed = {**{name: posted.text(name) for name in named}, **{f"post.{k}": v for k, v in posted.own("post").items()}}
    for name, person in {**named, **posts}.items():
        if typed[name] and person is None:
            raise invalid(name, "no_such_person")
    chosen = {}
    for key, person in posts.items():
        home, _, kind = key.removeprefix("post.").partition("-")
        if person is not None and read_id(home) is not None and kind in accounts.POSTS:
            chosen[int(home), kind] = person
    return Choices(**named, posts=chosen)


@pages.post(f"{ONE}/activations")
def activate(user_id: int) -> Response:
    """May sign in again, with the password of before."""
    require_admin()
    with transaction():
        accounts.activate(user_id, require_admin().actor)
    flash("saved")
    return redirect_to(f"/settings/people/{user_id}")


@pages.post(f"{ONE}/sessions/endings")
def end_sessions(user_id: int) -> Response:
    """Signed out in every browser."""
    require_admin()
    with transaction():
        by = require_admin().actor
        sign_ins.end_others(accounts.locked(user_id).id, None, by)
    flash("ended")
    return redirect_to(f"/settings/people/{user_id}#ways-in")


@pages.post(f"{ONE}/sessions/<int:session_id>/endings")
def end_session(user_id: int, session_id: int) -> Response:
    """Signed out in one browser."""
    require_admin()
    with transaction():
        sign_ins.end_session(user_id, session_id, require_admin().actor)
    flash("ended")
    return redirect_to(f"/settings/people/{user_id}#ways-in")


@pages.post(f"{ONE}/tokens/<int:token_id>/endings")
def end_token(user_id: int, token_id: int) -> Response:
    """One of this person's keys opens nothing any more."""
    require_admin()
    with transaction():
        sign_ins.end_token(user_id, token_id, require_admin().actor)
    flash("key_ended")
    return redirect_to(f"/settings/people/{user_id}#ways-in")


def _edited(posted: Posted, held: dict[int, str]) -> PersonEdit:
    """What the form says of a person who is in the places `held`. Raises Refused."""
    changes: PersonEdit = {}
    for name in LINES:
        if name in posted:
            changes[name] = posted.text(name)
    if "is_admin" in posted:
        if posted.text("is_admin") not in ("on", "off"):
            raise invalid("is_admin", "not_yes_or_no")
        changes["is_admin"] = posted.text("is_admin") == "on"
    if said := posted.own("place"):
        changes["places"] = {each: place for each, place in {**held, **_places(said)}.items() if place}
    return changes


def _places(said: dict[str, str]) -> dict[int, str]:
    for raw, place in said.items():
        if place not in ("", *places.PLACES) or read_id(raw) is None:
            raise not_an_option(f"place.{raw}", places.PLACES)
    return {read_id(raw) or 0: place for raw, place in said.items()}


def _list(form: FormState = BLANK) -> Response:
    return page(
        "staff/index.html", status=form.status, form=form, everybody=found.everybody(), kinds=chart_words.kinds()
    )
