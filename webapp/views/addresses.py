"""Where a person is told besides in Dozor: their own page, and the same for an admin, who may vouch for an address."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flask import Blueprint, Response, flash, get_flashed_messages

from rules.messengers import OWN
from rules.reach import URGENCIES, Wishes
from webapp.access.records import require_admin
from webapp.access.viewer import viewer
from webapp.background import push_keys
from webapp.db import transaction
from webapp.errors import NotFound, Refused, invalid
from webapp.i18n import deliveries as words
from webapp.i18n import messengers
from webapp.models import Address
from webapp.queries import deliveries as found
from webapp.services import addresses, tellings
from webapp.snapshots import reach, setups
from webapp.web.forms import BLANK, Form, FormState
from webapp.web.responses import page, redirect_to

pages = Blueprint("addresses", __name__)
MINE = "/profile/addresses"
THEIRS = "/settings/people/<int:user_id>/addresses"
NEW = Form(names=("kind", "address"), refusals=None)
CODE = Form(names=("code",), refusals=None)
SENT = Form(names=(), refusals=("code_was_sent", "not_confirmed", "no_gateway", "words_enough"))
WISH = Form(names=URGENCIES)
TELLING = Form(names=("quiet", "an_hour", "shows_clients"), refusals=None)


@pages.get(MINE)
def show() -> Response:
    """One's own addresses."""
    return _page(viewer().id)


@pages.post(MINE)
def create() -> Response:
    """A new one; a code goes to it."""
    posted = NEW.posted()
    try:
        with transaction():
            addresses.add(viewer().id, posted.text("kind"), posted.text("address"), viewer().actor)
    except Refused as error:
        return _page(viewer().id, posted.refused(error, "new"))
    return redirect_to(MINE)


@pages.post("/profile/telling")
def choose() -> Response:
    """How one is told, by all of them."""
    posted = TELLING.posted()
    an_hour = posted.text("an_hour").strip()
    wishes = Wishes(
        has_quiet_hours=posted.text("quiet") == "on",
        an_hour=int(an_hour) if an_hour.isdecimal() and len(an_hour) < 5 else -1,
        shows_clients=posted.text("shows_clients") == "on",
    )
    try:
        with transaction():
            tellings.choose(viewer().id, wishes, viewer().actor)
    except Refused as error:
        return _page(viewer().id, posted.refused(error, "telling"))
    flash("saved")
    return redirect_to(MINE)


@pages.post(f"{MINE}/<int:address_id>")
def update(address_id: int) -> Response:
    """For what it is used."""
    posted = WISH.posted()
    with transaction():
        wanted = [each for each in URGENCIES if posted.text(each) == "on"]
        addresses.choose(addresses.one(viewer().id, address_id), wanted, viewer().actor)
    flash("saved")
    return redirect_to(MINE)


@pages.post(f"{MINE}/<int:address_id>/confirmations")
def confirm(address_id: int) -> Response:
    """The code that came there."""
    posted = CODE.posted()
    with transaction():
        is_right = addresses.confirm(addresses.one(viewer().id, address_id), posted.text("code"), viewer().actor)
    if not is_right:
        return _page(viewer().id, posted.refused(invalid("code", "not_the_code"), f"code-{address_id}"))
    flash("saved")
    return redirect_to(MINE)


@pages.post(f"{MINE}/<int:address_id>/codes")
def send_code(address_id: int) -> Response:
    """Another code."""
    return _sent(address_id, addresses.send_code)


@pages.post(f"{MINE}/<int:address_id>/tests")
def test(address_id: int) -> Response:
    """A word to see whether it comes."""
    return _sent(address_id, addresses.test)


def _sent(address_id: int, send: Callable[[Address], object]) -> Response:
    posted = SENT.posted()
    try:
        with transaction():
            send(addresses.one(viewer().id, address_id))
    except Refused as error:
        return _page(viewer().id, posted.refused(error, f"sent-{address_id}"))
    return redirect_to(MINE)


@pages.post(f"{MINE}/<int:address_id>/deletions")
def delete(address_id: int) -> Response:
    """It is used no more."""
    with transaction():
        addresses.remove(addresses.one(viewer().id, address_id), viewer().actor)
    return redirect_to(MINE)


@pages.get(THEIRS)
def show_theirs(user_id: int) -> Response:
    """Somebody's, for an admin."""
    require_admin()
    return _page(_known(user_id), is_mine=False)


@pages.post(THEIRS)
def vouch(user_id: int) -> Response:
    """An admin knows that this is the person's own: no code is asked for."""
    require_admin()
    posted = NEW.posted()
    try:
        with transaction():
            by = require_admin().actor
            addresses.vouch(
                addresses.add(_known(user_id), posted.text("kind"), posted.text("address"), by, with_code=False), by
            )
    except Refused as error:
        return _page(user_id, posted.refused(error, "new"), is_mine=False)
    flash("saved")
    return redirect_to(f"/settings/people/{user_id}/addresses")


@pages.post(f"{THEIRS}/<int:address_id>/deletions")
def delete_theirs(user_id: int, address_id: int) -> Response:
    """It is used no more."""
    require_admin()
    with transaction():
        addresses.remove(addresses.one(user_id, address_id), require_admin().actor)
    return redirect_to(f"/settings/people/{user_id}/addresses")


def _known(user_id: int) -> int:
    if user_id not in setups.current().people:
        raise NotFound("person")
    return user_id


def _page(user_id: int, form: FormState = BLANK, *, is_mine: bool = True) -> Response:
    shown = found.addresses(user_id)
    kinds = [*reach.gateways(), *([OWN] if viewer().scope.is_admin else [])]
    return page(
        "addresses/show.html",
        status=form.status,
        form=form,
        shown=shown,
        kinds=[(each, words.channel(each)) for each in kinds],
        giving=messengers,
        offers_push=is_mine and push_keys.is_offered(),
        browsers=[sha256(each.row.address.encode()).hexdigest() for each in shown if each.row.kind == "push"],
        wishes=reach.wishes([user_id]).get(user_id, Wishes()),
        card=setups.current().people[user_id],
        phone=addresses.known_phone(user_id),
        is_mine=is_mine,
        ways=MINE if is_mine else f"/settings/people/{user_id}/addresses",
        told=get_flashed_messages(),
    )
