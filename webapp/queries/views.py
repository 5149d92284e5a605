"""A person's saved views of the board."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from webapp.db import folding, session
from webapp.i18n.formats import language
from webapp.models import BoardView


def of(user_id: int) -> Sequence[BoardView]:
    """By name."""
    by_name = folding.alphabetical(BoardView.name, language())
    return session().scalars(select(BoardView).where(BoardView.user_id == user_id).order_by(by_name)).all()
