"""The cookie of a browser's session: Flask's, but by one signer, which Flask makes anew for each request."""

from __future__ import annotations

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class Cookies(SecureCookieSessionInterface):
    _kept: tuple[object, URLSafeTimedSerializer | None] = (None, None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        secrets, signer = self._kept
        now = (app.secret_key, app.config["SECRET_KEY_FALLBACKS"])
        if secrets != now:
            signer = super().get_signing_serializer(app)
            self._kept = (now, signer)
        return signer
