"""What the firm sends by, as an admin sets it, and whether it takes what it is given. Secrets go in, and never out."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import select

from rules import emails, messengers, reach
from rules.errors import FieldError
from rules.reach import SMS_SCHEMES, Answer
from webapp import clock
from webapp.access.scopes import Actor
from webapp.access.sessions import hash_token
from webapp.db import session
from webapp.errors import Problems, Refused, invalid
from webapp.models import Gateway
from webapp.services import journal, notifications, old_secrets, texts
from webapp.snapshots import setups

URL_LIMIT = 1000
KINDS = ("email", "sms", *messengers.MESSENGERS)
PORT = re.compile(r"\d{1,5}")
OWN_GATEWAYS = ("json", "jsons", "form", "forms")


def row_of(kind: str) -> Gateway:
    """The gateway's row, locked; made when there is none."""
    row = session().scalars(select(Gateway).where(Gateway.kind == kind).with_for_update()).first()
    if row is None:
        row = Gateway(kind=kind)
        session().add(row)
        session().flush()
    return row


def set_mail(*, host: str, port: str, user: str, password: str, sender: str, to_clients: bool, by: Actor) -> None:
    """The firm's mail server. A blank password stays as it was, while the server and the user do."""
    row = row_of("email")
    was = urlsplit(row.url)
    wrong: Problems = {}
    host = host.strip()
    if not host or any(each in host for each in "/@:?# []"):
        wrong["host"] = {"code": "not_a_host" if host else "blank"}
    if not PORT.fullmatch(port) or not 0 < int(port) < 65536:
        wrong["port"] = {"code": "not_a_port"}
    if not _has_address(sender):
        wrong["from"] = {"code": "not_a_sender" if sender.strip() else "blank"}
    if wrong:
        raise Refused("bad_fields", problems=wrong)
    if not password and (was.hostname, unquote(was.username or "")) == (host.lower(), user.strip()):
        password = unquote(was.password or "")
    scheme = "smtps" if int(port) == 465 else "smtp"
    who = f"{quote(user.strip(), safe='')}:{quote(password, safe='')}@" if user.strip() else ""
    _set(row, f"{scheme}://{who}{host}:{int(port)}", texts.line("from", sender, 200), to_clients, by)


def _has_address(sender: str) -> bool:
    """Whether letters can come from there: "Acme, Inc. <sales@acme.example>", or the address alone."""
    try:
        return bool(emails.parted(sender)[1])
    except FieldError:
        return False


def set_sms(*, url: str, to_clients: bool, by: Actor) -> None:
    """The provider of SMS as an address of Apprise; blank: it stays as it was."""
    row = row_of("sms")
    url = texts.line("url", url, URL_LIMIT, required=not row.url) or row.url
    if url.partition("://")[0].lower() not in SMS_SCHEMES or not url.partition("://")[2]:
        raise invalid("url", "not_a_gateway")
    _set(row, url, "", to_clients, by)


def set_messenger(kind: str, url: str, by: Actor) -> None:
    """The firm's account with a messenger, as an address of Apprise; blank: it stays as it was."""
    row = row_of(kind)
    url = texts.line("url", url, URL_LIMIT, required=not row.url) or row.url
    if not messengers.is_account(kind, url):
        raise invalid("url", "not_an_account", example=messengers.MESSENGERS[kind].example)
    _set(row, url, "", False, by)


def set_by_address(kind: str, url: str, *, sender: str, to_clients: bool, by: Actor) -> None:
    """The same by one address, as the environment writes it. Raises Refused."""
    if kind in messengers.MESSENGERS:
        return set_messenger(kind, url, by)
    if kind == "sms":
        return set_sms(url=url, to_clients=to_clients, by=by)
    try:
        parts = urlsplit(url)
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
    except ValueError:
        raise invalid("url", "not_a_mail_server") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise invalid("url", "not_a_mail_server")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    host = parts.hostname or ""
    try:
        set_mail(host=host, port=str(port), user=user, password=password, sender=sender, to_clients=to_clients, by=by)
    except Refused as error:  # by the names that whoever gives one address knows
        named = {"from": "sender", "host": "url", "port": "url"}
        raise Refused(error.reason, problems={named[each]: wrong for each, wrong in error.problems.items()}) from None


def _set(row: Gateway, url: str, sender: str, to_clients: bool, by: Actor) -> None:
    row.url, row.sender, row.to_clients = url, sender, to_clients
    row.failing_since, row.rest_until, row.trouble = None, None, {}
    journal.write("gateway.set", "gateway", row.id, by, new={"kind": row.kind, "host": _host(url)})


def _host(url: str) -> str:
    """Of what has a server of its own: of other services a key stands there."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        raise invalid("url", "not_a_gateway") from None
    return name if "." in name or name == "localhost" else ""


def remove(kind: str, by: Actor) -> None:
    row = row_of(kind)
    row.url, row.sender, row.to_clients, row.failing_since = "", "", False, None
    row.rest_until, row.trouble = None, {}
    journal.write("gateway.removed", "gateway", row.id, by, new={"kind": kind})


def answered(kind: str, answer: Answer, failures: int) -> None:
    """What came of a try: a gateway that fails is left alone for a moment, and the admins are told in time."""
    if answer.state != "sent" and not answer.is_of_gateway:
        return
    row = session().scalars(select(Gateway).where(Gateway.kind == kind)).first()
    if answer.state == "sent":
        if row is not None and row.failing_since is not None:
            row.failing_since, row.rest_until, row.trouble = None, None, {}
        return
    row = row or row_of(kind)
    now = clock.now()
    row.failing_since, row.trouble = row.failing_since or now, dict(answer.reason)
    row.rest_until = now + reach.rest(failures, answer.wait)
    if reach.is_admins_business(answer.reason, failures):
        notifications.tell(
            setups.current().org.fallback,
            "gateway.failing",
            key=f"gateway-{kind}-{int(row.failing_since.timestamp())}",
            facts={
                "delivery.channel": {"channel": kind},
                "delivery.reason": {"delivery_reason": dict(answer.reason)},
            },
            urgency="urgent",
        )


def asked_to_wait(kind: str) -> Answer | None:
    """What a gateway that wants to be left alone for longer than a moment would answer: whoever has another address
    does not wait for it to be asked."""
    row = session().scalars(select(Gateway).where(Gateway.kind == kind)).first()
    left = row.rest_until - clock.now() if row is not None and row.rest_until is not None else timedelta(0)
    return Answer("later", row.trouble, left) if row is not None and left > reach.BEFORE_THE_NEXT else None


def new_receipt_secret(by: Actor, hours: int = 0) -> str:
    """The secret of the address to which the SMS gateway says what was delivered; the old one counts for so many hours
    more. Shown once."""
    secret = secrets.token_urlsafe(24)
    row = row_of("receipts")
    old_secrets.replaced("receipts", row.id, row.url, hours)
    row.url = hash_token(secret)
    journal.write("gateway.set", "gateway", row.id, by, new={"kind": "receipts", "overlap_hours": hours})
    return secret


def is_receipt_secret(secret: str) -> bool:
    row = session().scalars(select(Gateway).where(Gateway.kind == "receipts")).first()
    if row is None or not row.url:
        return False
    hashed = hash_token(secret)
    return secrets.compare_digest(row.url, hashed) or old_secrets.owner_of("receipts", hashed) == row.id
