"""Cards of a column by what is due next, by how long they stand, by amount: as the cards themselves say it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules.rights import Scope
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.queries import board
from webapp.queries.cards import Card
from webapp.queries.filters import SORTS, Filters
from webapp.services import tasks
from webapp.snapshots.setups import current

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def column(sort: str) -> list[Card]:
    scope = company.acting("head").scope
    assert isinstance(scope, Scope)
    found = board.board(scope, Filters(sort=sort), current().pipeline_of("sales"))  # type: ignore[arg-type]
    return found.columns[0].cards


def test_each_order_is_that_of_what_cards_show(clock: Clock) -> None:
    late = acts.deal(title="Told already", amount=300)
    clock.go_on(minutes=11)
    acts.work()
    for n, (amount, waits) in enumerate(((500, False), (100, True), (400, True), (200, False))):
        clock.go_on(minutes=1)
        acts.deal(title=f"Deal {n}", amount=amount, waits=waits)
    with transaction():
        last = session().query(Deal).filter_by(title="Deal 3").one()
        due = clock.at + timedelta(minutes=2)
        task = tasks.create_by_hand("Call", "", company.person("rep1"), company.acting("rep1"), deal=last)
        task.due_at = due
    shown = {sort: column(sort) for sort in SORTS}
    assert [each.title for each in shown["amount"]] == ["Deal 0", "Deal 2", "Told already", "Deal 3", "Deal 1"]
    assert [each.entered_at for each in shown["age"]] == sorted(each.entered_at for each in shown["age"])
    assert shown["fuse"][0].id == late, "whoever was called for comes first"
    moments = [each.fuse.due_at if each.fuse else None for each in shown["fuse"][1:]]
    known = [each for each in moments if each is not None]
    assert moments == [*sorted(known), *[None] * (len(moments) - len(known))]
    assert (known[0], len(known)) == (due, 3), "a robot that would do nothing now sets no order"


def test_a_board_without_an_order_lies_as_hands_have_laid_it(clock: Clock) -> None:
    made = [acts.deal(title=f"Deal {n}") for n in range(3)]
    assert [each.id for each in column("")] == made[::-1]
