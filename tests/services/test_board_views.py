"""Saved views are one's own: a name is taken once by each person on each board, and so many are kept of each person."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import company
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import BoardView
from webapp.services import board_views

pytestmark = pytest.mark.usefixtures("inside")


def save(who: str, name: str, query: str = "mine=1") -> None:
    with transaction():
        board_views.save(company.person(who), company.stage("new").pipeline_id, name, query)


def views(who: str) -> list[tuple[str, str]]:
    session().expire_all()
    found = select(BoardView).where(BoardView.user_id == company.person(who)).order_by(BoardView.id)
    return [(each.name, each.query) for each in session().scalars(found)]


def test_a_name_replaces_ones_own_view_and_nobody_elses() -> None:
    save("rep1", "Urgent", "q=one")
    save("rep2", "Urgent", "q=two")
    save("rep1", " urgent ", "q=three")
    assert (views("rep1"), views("rep2")) == ([("Urgent", "q=three")], [("Urgent", "q=two")])


def test_each_keeps_as_many_as_there_may_be_whatever_others_keep() -> None:
    names = [f"View {n}" for n in range(board_views.MOST)]
    for each in names:
        save("rep1", each)
    with pytest.raises(Refused) as refused:
        save("rep1", "One more")
    assert refused.value.problems == {"name": {"code": "too_many_views", "limit": board_views.MOST}}
    save("rep1", names[0], "q=other")
    save("rep2", "One more")
    assert views("rep1") == [(names[0], "q=other"), *((each, "mine=1") for each in names[1:])]
    assert views("rep2") == [("One more", "mine=1")]
