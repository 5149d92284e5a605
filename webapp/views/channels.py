"""What the firm sends by, for admins: the mail server, the SMS provider, and the log of what went out. Secrets that
were typed here are shown nowhere."""

from __future__ import annotations

from flask import Blueprint, Response, flash

from rules import messengers
from webapp.access.records import require_admin
from webapp.db import transaction
from webapp.errors import NotFound, Refused, not_an_option
from webapp.services import addresses, deliveries, gateways
from webapp.services.old_secrets import A_DAY
from webapp.web.channels import channels_page
from webapp.web.forms import Form
from webapp.web.responses import redirect_to

pages = Blueprint("channels", __name__)
HERE = "/settings/channels"
KIND = f"{HERE}/<kind>"
MAIL = Form(names=("host", "port", "user", "password", "from", "to_clients"), secret=frozenset({"password"}))
SMS = Form(names=("url", "to_clients"), secret=frozenset({"url"}))
MESSENGER = Form(names=("kind", "url"), secret=frozenset({"url"}))
OVERLAP = Form(names=("overlap",))
AGAIN = Form(names=(), refusals=("not_failed", "no_way_to_client"))
TEST = Form(names=("address",), refusals=None)


@pages.get(HERE)
def show() -> Response:
    """Both forms and the log; to others the page does not exist."""
    require_admin()
    return channels_page()


@pages.post(f"{HERE}/email")
def set_mail() -> Response:
    """The mail server."""
    require_admin()
    posted = MAIL.posted()
    try:
        with transaction():
            gateways.set_mail(
                host=posted.text("host"),
                port=posted.text("port").strip(),
                user=posted.text("user"),
                password=posted.text("password"),
                sender=posted.text("from"),
                to_clients=posted.text("to_clients") == "on",
                by=require_admin().actor,
            )
    except Refused as error:
        return channels_page(posted.refused(error, "email"))
    return _saved()


@pages.post(f"{HERE}/sms")
def set_sms() -> Response:
    """The SMS provider."""
    require_admin()
    posted = SMS.posted()
    try:
        with transaction():
            gateways.set_sms(
                url=posted.text("url"), to_clients=posted.text("to_clients") == "on", by=require_admin().actor
            )
    except Refused as error:
        return channels_page(posted.refused(error, "sms"))
    return _saved()


@pages.post(f"{HERE}/messengers")
def set_messenger() -> Response:
    """The firm's account with a messenger."""
    require_admin()
    posted = MESSENGER.posted()
    try:
        with transaction():
            if posted.text("kind") not in messengers.MESSENGERS:
                raise not_an_option("kind", messengers.MESSENGERS)
            gateways.set_messenger(posted.text("kind"), posted.text("url"), require_admin().actor)
    except Refused as error:
        return channels_page(posted.refused(error, "messengers"))
    return _saved()


@pages.post(f"{KIND}/tests")
def test(kind: str) -> Response:
    """A word to any address; what becomes of it stands beside the form, and in the log."""
    require_admin()
    posted = TEST.posted()
    try:
        with transaction():
            addresses.test_gateway(_known(kind), posted.text("address"), require_admin().actor)
    except Refused as error:
        return channels_page(posted.refused(error, f"test-{kind}"))
    return redirect_to(f"{HERE}#tried-{kind}")


@pages.post(f"{KIND}/deletions")
def delete(kind: str) -> Response:
    """Nothing is sent by it any more."""
    require_admin()
    with transaction():
        gateways.remove(_known(kind), require_admin().actor)
    return _saved()


@pages.post(f"{HERE}/receipts")
def give_secret() -> Response:
    """The address for the gateway's receipts: it stands on this answer, and nowhere else ever."""
    require_admin()
    with transaction():
        hours = A_DAY if OVERLAP.posted().text("overlap") == "day" else 0
        secret = gateways.new_receipt_secret(require_admin().actor, hours)
    return channels_page(secret=secret)


@pages.post("/deliveries/<int:delivery_id>/retries")
def retry(delivery_id: int) -> Response:
    """Once more, what has failed."""
    require_admin()
    posted = AGAIN.posted()
    try:
        with transaction():
            deliveries.retry(delivery_id)
    except Refused as error:
        return channels_page(posted.refused(error, "log"))
    return redirect_to(f"{HERE}#log")


def _known(kind: str) -> str:
    if kind not in gateways.KINDS:
        raise NotFound("gateway")
    return kind


def _saved() -> Response:
    flash("saved")
    return redirect_to(HERE)
