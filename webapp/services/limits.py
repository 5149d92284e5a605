"""At most so many of these: whoever makes one more holds the count until the end of the transaction, so that of two who
make the last one at once the second is refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from webapp.db import advisory_lock, session
from webapp.errors import invalid


def lock(what: str) -> None:
    """Asked before anything of `what` is read by which it is decided."""
    advisory_lock(f"one more of {what}")


def must_have_room(what: str, known: Select[Any], most: int, field: str, code: str = "too_many") -> None:
    """One more of `what`, beside those that are `known`. Raises Refused, by `code` at `field`."""
    lock(what)
    if (session().scalar(select(func.count()).select_from(known.subquery())) or 0) >= most:
        raise invalid(field, code, limit=most)
