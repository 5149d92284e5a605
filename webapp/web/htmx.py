"""What htmx says of a request: flask-htmx, and the one header of htmx 4 that it does not know yet."""

from __future__ import annotations

from flask import request
from flask_htmx import HTMX


class HTMX4(HTMX):
    """flask-htmx for htmx 4: its target is a tag with an id, "main#board"."""

    @property
    def wants_page(self) -> bool:
        """A boosted or restored page is whole."""
        return self.history_restore_request or request.headers.get("HX-Request-Type") == "full"

    def aims_at(self, element_id: str) -> bool:
        """Whether the answer goes into the element of this id."""
        return (self.target or "").rpartition("#")[2] == element_id


htmx = HTMX4()
