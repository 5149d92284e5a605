"""A person's saved views of the board."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from webapp.db import SqlRow, execute_core
from webapp.i18n.formats import in_alphabet
from webapp.models import BoardView

_OF = select(BoardView.id, BoardView.pipeline_id, BoardView.name, BoardView.query).where(
    BoardView.user_id == bindparam("user")
)


def of(user_id: int) -> list[SqlRow]:
    """By name."""
    return in_alphabet(execute_core(_OF, user=user_id))
