"""What is told to another system: JSON, signed as Standard Webhooks has it. The name is resolved once, and what it
resolved to is looked at and connected to; nothing is followed, and little of the answer is read."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from standardwebhooks.webhooks import Webhook as Signer

from rules import domains
from rules.reach import Answer
from rules.webhooks import MOST_BYTES, PORTS
from webapp import clock
from webapp.channels import guard, waits
from webapp.channels.limits import SHOWN
from webapp.channels.mail import away
from webapp.services import old_secrets
from webapp.services.deliveries import Prepared

PATIENCE_SECONDS = 10
GONE = 410


@dataclass(frozen=True, slots=True)
class Envelope:
    """All that sending needs. `key` is the same each time that the same is told."""

    key: str
    url: str
    secret: str
    body: str
    at: datetime
    old_secret: str = ""  # replaced lately: it signs too


def compose(prepared: Prepared) -> Envelope:
    """In the open transaction of the first phase."""
    row, target = prepared.row, prepared.webhook
    assert target is not None
    key, old = row.key.partition("~")[0], old_secrets.counting("webhook", target.id)
    return Envelope(key, target.url, target.secret, _bounded(row.facts["said"]), clock.now(), old)


def _bounded(said: dict[str, Any]) -> str:
    """What is too large loses the firm's own fields, and says so."""
    body = json.dumps(said, ensure_ascii=False)
    if len(body.encode()) <= MOST_BYTES:
        return body
    data = {key: _without_fields(each) for key, each in said["data"].items()}
    return json.dumps({**said, "data": {**data, "is_cut": True}}, ensure_ascii=False)


def _without_fields(value: Any) -> Any:
    return {key: each for key, each in value.items() if key != "fields"} if isinstance(value, dict) else value


def send(envelope: Envelope) -> Answer:
    """One post. Never raises for what the other side, or the way to it, may do."""
    try:
        connection = connected(urlsplit(envelope.url))
        try:
            return _posted(connection, envelope)
        finally:
            connection.close()
    except http.client.HTTPException as error:
        return Answer("later", {"code": "closed", "text": type(error).__name__})
    except (OSError, UnicodeError, ValueError) as error:
        return away(error if isinstance(error, OSError) else socket.gaierror(str(error)))


def path_of(parts: SplitResult) -> str:
    """What is asked for there."""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def connected(parts: SplitResult) -> http.client.HTTPConnection:
    """To one of its public addresses, by TLS where it says so. Raises OSError."""
    host, port = domains.host(parts.hostname or ""), parts.port or PORTS[parts.scheme]
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_SECONDS)
    raw = _socket(host, port)
    try:
        if parts.scheme == "https":
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise
    connection.sock = raw
    return connection


def _socket(host: str, port: int) -> socket.socket:
    """To the first of its addresses that may be reached and answers."""
    failed: OSError = socket.gaierror(host)
    for family, kind, _, _, peer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        raw = socket.socket(family, kind)
        raw.settimeout(PATIENCE_SECONDS)
        try:
            guard.check(str(peer[0]), port)
            raw.connect(peer)
            return raw
        except OSError as error:
            raw.close()
            failed = error
    raise failed


def _posted(connection: http.client.HTTPConnection, envelope: Envelope) -> Answer:
    connection.request("POST", path_of(urlsplit(envelope.url)), envelope.body.encode(), headers(envelope))
    answer = connection.getresponse()
    waits.note(answer.status, answer.headers)
    if 200 <= answer.status < 300:
        return Answer("sent")
    if 300 <= answer.status < 400:
        return Answer("later", {"code": "redirects", "text": str(answer.status)})
    said = answer.read(SHOWN).decode(errors="replace")
    reason = {"code": "gateway_said", "text": f"{answer.status} {said}".strip()}
    return Answer("refused" if answer.status == GONE else "later", reason)


def headers(envelope: Envelope) -> dict[str, str]:
    """By these the other side knows us, and a repeat."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Dozor",
        "webhook-id": envelope.key,
        "webhook-timestamp": str(int(envelope.at.timestamp())),
        "webhook-signature": " ".join(
            Signer(each).sign(envelope.key, envelope.at, envelope.body)
            for each in (envelope.secret, envelope.old_secret)
            if each
        ),
    }
