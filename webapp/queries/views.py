"""A person's saved views of the board."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from webapp.db import session
from webapp.i18n.formats import in_alphabet
from webapp.models import BoardView

_OF = select(BoardView).where(BoardView.user_id == bindparam("user"))


def of(user_id: int) -> list[BoardView]:
    """By name."""
    return in_alphabet(session().scalars(_OF, {"user": user_id}))
