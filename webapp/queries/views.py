"""A person's saved views of the board."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, bindparam, select

from webapp.db import folding, session
from webapp.i18n.catalogue import language
from webapp.models import BoardView


def of(user_id: int) -> Sequence[BoardView]:
    """By name."""
    return session().scalars(_by_name(language()), {"user": user_id}).all()


@cache
def _by_name(locale: str) -> Select[BoardView]:
    """Asked of every board, so it is built once for each alphabet."""
    in_alphabet = folding.alphabetical(BoardView.name, locale)
    return select(BoardView).where(BoardView.user_id == bindparam("user")).order_by(in_alphabet)
