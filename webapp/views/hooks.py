"""What other systems say to secret addresses: receipts of the SMS gateway. Whoever does not know the secret finds
nothing there."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from webapp.db import transaction
from webapp.errors import NotFound
from webapp.services import deliveries, gateways
from webapp.web.rate_limits import limiter

pages = Blueprint("hooks", __name__)
STATES = ("delivered", "failed")


@pages.post("/hooks/receipts/<secret>")
@limiter.limit("600 per minute")
def receipt(secret: str) -> Response:
    """{id, state, text?}: what became of a delivery, by the id that went along with it."""
    if not gateways.is_receipt_secret(secret):
        raise NotFound("hook")
    try:
        said = request.get_json(silent=True)
    except RecursionError:
        abort(422)
    if not isinstance(said, dict) or said.get("state") not in STATES or not isinstance(said.get("id"), str):
        abort(422)
    with transaction():
        deliveries.receipt(said["id"][:200], said["state"], str(said.get("text") or ""))
    return Response(status=204)
