"""A browser in which somebody has signed in before: whoever guesses elsewhere cannot lock it out."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

COOKIE, MAX_AGE = "dozor_device", 365 * 24 * 3600


def known(cookie: str | None, account: str) -> str | None:
    """The device's own name, if this account has signed in on it."""
    try:
        name, whose = _signer().loads(cookie or "")
    except (BadData, ValueError, TypeError):
        return None
    return str(name) if hmac.compare_digest(str(whose), _digest(account)) else None


def cookie_for(account: str) -> str:
    """Signed, so that nobody names a device of their own; it opens nothing."""
    made: str | bytes = _signer().dumps([secrets.token_urlsafe(12), _digest(account)])
    return made if isinstance(made, str) else made.decode()


def _digest(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()[:32]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="dozor device")
