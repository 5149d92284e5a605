"""Saved views of the board: a person's own, named filters."""

from __future__ import annotations

from sqlalchemy import select

from rules.texts import fold
from webapp.db import session
from webapp.errors import NotFound
from webapp.models import BoardView
from webapp.services import limits, texts

NAME_LIMIT = 60
MOST = 30


def save(user_id: int, pipeline_id: int, name: str, query: str) -> BoardView:
    """Keep a view of a pipeline's board under a name; the same name again, however written, replaces it. Raises Refused
    naming what is wrong."""
    name = texts.line("name", name, NAME_LIMIT)
    limits.lock(f"views of {user_id}")  # also so that one name is one view
    mine = select(BoardView).where(BoardView.user_id == user_id, BoardView.pipeline_id == pipeline_id)
    found = next((each for each in session().scalars(mine) if fold(each.name) == fold(name)), None)
    if found is None:
        known = select(BoardView.id).where(BoardView.user_id == user_id)
        limits.must_have_room(f"views of {user_id}", known, MOST, "name", "too_many_views")
        found = BoardView(user_id=user_id, pipeline_id=pipeline_id, name=name, query=query)
        session().add(found)
    found.query = query
    return found


def remove(user_id: int, view_id: int) -> None:
    """Forget a view of one's own. Raises NotFound."""
    found = session().get(BoardView, view_id)
    if found is None or found.user_id != user_id:
        raise NotFound("view")
    session().delete(found)
