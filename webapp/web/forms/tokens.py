"""By what a form is known for one of ours: flask-wtf's token, which comes along in the form or, by htmx, in a header.

The one that came along and was right serves for the forms of the answer: to sign another takes as long as to check it.
"""

from __future__ import annotations

from flask import g, request
from flask_wtf import CSRFProtect


class FormTokens(CSRFProtect):
    """flask-wtf's own, but for the two."""

    def _get_csrf_token(self) -> str | None:
        return request.form.get("csrf_token") or request.headers.get("X-CSRFToken")

    def protect(self, apply_exemptions: bool = False) -> None:
        super().protect(apply_exemptions)
        if g.get("csrf_valid"):
            g.csrf_token = self._get_csrf_token()  # where flask-wtf looks for one that this request has already
