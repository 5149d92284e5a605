"""What other systems say to secret addresses: receipts of the SMS gateway, calls that pull a trigger. Whoever does not
know the secret finds nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, request

from rules import texts
from rules.errors import FieldError
from webapp import bounds
from webapp.access.sessions import hash_token
from webapp.db import transaction
from webapp.errors import NotFound, Refused
from webapp.services import deliveries, gateways, trigger_addresses
from webapp.services.trigger_addresses import Call
from webapp.web.rate_limits import caller, limiter

pages = Blueprint("hooks", __name__)
STATES = ("delivered", "failed")
BODY_LIMIT = 16 * 1024  # bytes
NAME_LIMIT, WORD_LIMIT = 200, 2000
MAX_ID = 2**31 - 1
TRIES = "60 per minute"  # of an address that knows no secret, and so guesses
PER_SECRET = "120 per minute; 2000 per hour"


@pages.post("/hooks/receipts/<secret>")
@limiter.limit("600 per minute")
def receipt(secret: str) -> Response:
    """{id, state, text?}: what became of a delivery, by the id that went along with it."""
    if not gateways.is_receipt_secret(secret):
        raise NotFound("hook")
    said = _said()
    key, state = _line(said, "id"), _line(said, "state")
    if state not in STATES:
        abort(422)
    with transaction():
        deliveries.receipt(key, state, str(said.get("text") or ""))
    return Response(status=204)


@pages.post("/hooks/triggers/<secret>")
def trigger(secret: str) -> Response:
    """{deal_id | external_id, text?}: pulls the trigger whose address this is, on that deal. Whether there is such a
    deal, and whether it moved, is not said: 202. With an Idempotency-Key a call counts once; 409 where it
    comes with another body than before."""
    try:
        found = trigger_addresses.of_secret(secret)
    except NotFound:
        with limiter.limit(TRIES, key_func=lambda: f"guesses {caller()}"):
            raise
    with limiter.limit(PER_SECRET, key_func=lambda: f"hook {hash_token(secret)}"):
        call = _call()
    try:
        with transaction():
            trigger_addresses.take(found, call)
    except Refused as conflict:
        abort(conflict.status)
    return Response(status=202)


def _said() -> dict[str, Any]:
    """The object that the body is; 413 for more than there is to say here, 422 for what cannot be read. What stands in
    it is read value by value: what a caller says beside what it is asked for may be anything."""
    if len(request.get_data()) > BODY_LIMIT:
        abort(413)
    try:
        said = request.get_json(force=True, silent=True)
        if not isinstance(said, dict) or bounds.Walk(lambda _: False).over(said):
            abort(422)
    except (RecursionError, bounds.OutOfBounds):
        abort(422)
    return said


def _line(said: Mapping[str, Any], name: str) -> str:
    try:
        return texts.line(said.get(name) or "", NAME_LIMIT)
    except FieldError:
        abort(422)


def _call() -> Call:
    """What the body says; 422 for what cannot be kept."""
    said = _said()
    deal_id, external_id = said.get("deal_id"), _line(said, "external_id")
    try:
        text = texts.text(said.get("text") or "", WORD_LIMIT)
    except FieldError:
        abort(422)
    is_id = isinstance(deal_id, int) and not isinstance(deal_id, bool) and 0 < deal_id <= MAX_ID
    if is_id == bool(external_id) or (deal_id is not None and not is_id):
        abort(422)
    return Call(deal_id if is_id else None, external_id, text, request.headers.get("Idempotency-Key", "")[:NAME_LIMIT])
