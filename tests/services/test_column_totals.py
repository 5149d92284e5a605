"""The counts and sums of columns are kept by the database itself: exact, whatever is done and whatever is taken
back."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from jobs.ticker import Ticker
from tests import company
from tests.services import acts
from webapp.access.viewer import scope_of
from webapp.db import db, session, transaction
from webapp.models import ColumnChange, Deal, column_totals
from webapp.queries import board
from webapp.queries.filters import Filters
from webapp.services import deals
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def kept() -> set[tuple[int, ...]]:
    found = {tuple(row) for row in session().execute(column_totals.totals())}
    session().close()
    return found


def counted() -> set[tuple[int, ...]]:
    with db.engine.connect() as connection:
        column_totals.recount(connection)
        found = {tuple(row) for row in connection.execute(column_totals.totals())}
        connection.rollback()
    return found


def fold() -> None:
    with db.engine.begin() as connection:
        column_totals.fold(connection)


def do_something(chance: random.Random, ids: list[int]) -> None:
    """One thing that people do to deals, at random."""
    deal_id, by = chance.choice(ids), company.acting("admin")
    with transaction():
        deal = session().get_one(Deal, deal_id)
        what = chance.choice(("move", "edit", "hand over", "delete", "restore"))
        if what == "move" and deal.deleted_at is None:
            deals.move(
                deal,
                company.stage(chance.choice(("new", "data_collection", "won"))),
                by=by,
                raw={"deal": {"equipment_type": "large"}},
            )
        elif what == "edit":
            deals.edit(deal, {"amount_minor": chance.randrange(10**9)}, by=by)
        elif what == "hand over":
            deals.edit(deal, {"responsible_id": company.person(chance.choice(("rep1", "rep3", "admin")))}, by=by)
        elif what == "delete" and deal.deleted_at is None:
            deals.delete(deal, by)
        elif what == "restore":
            deal.deleted_at = None


def test_whatever_is_done_to_deals_the_columns_count_them_all() -> None:
    chance = random.Random(7)
    ids = [acts.deal(title=f"No. {n}", amount=n * 100) for n in range(6)]
    for _ in range(40):
        do_something(chance, ids)
        if chance.random() < 0.2:
            before = kept()
            fold()
            assert kept() == before
    assert kept() == counted()
    assert kept()


def _change_mind() -> None:
    with transaction():
        session().scalars(select(Deal)).one().amount_minor = 5
        session().flush()
        raise KeyError


def test_what_is_rolled_back_was_never_counted() -> None:
    acts.deal(amount=100)
    before = kept()
    with pytest.raises(KeyError):
        _change_mind()
    assert kept() == before == counted()


def test_a_board_without_filters_tells_the_same_numbers_as_counting_its_deals() -> None:
    for n, rep in enumerate(("rep1", "rep2", "rep3")):
        acts.deal(rep=rep, amount=n * 1000 + 500)
    setup = setups.current()
    pipeline = setup.pipeline_of(None)
    assert pipeline
    for name in ("admin", "head", "north", "rep1", "rep3"):
        scope = scope_of(setup, setup.people[company.person(name)])
        told, by_counting = (board.board(scope, each, pipeline) for each in (Filters(), Filters(least=1)))
        assert told
        assert by_counting
        assert [(each.count, each.sum_minor) for each in told.columns] == [
            (each.count, each.sum_minor) for each in by_counting.columns
        ]


def test_a_rebuilt_table_gets_its_triggers_again_and_no_second_ones() -> None:
    with db.engine.begin() as connection:
        column_totals.install(connection)
    acts.deal(amount=700)
    assert kept() == counted()


def test_what_was_added_is_folded_into_the_totals_by_the_ticker(inside: Flask) -> None:
    acts.deal(amount=700)
    Ticker(inside).tick()
    assert session().scalar(select(func.count()).select_from(ColumnChange)) == 0
    assert kept() == counted() != set()


def test_who_counts_waits_for_nobody_who_has_not_committed_yet(database: str) -> None:
    """On SQLite there is one writer anyway."""
    first, second = acts.deal(amount=100), acts.deal(amount=200)
    change = text("UPDATE deal SET amount_minor = amount_minor + 5 WHERE id = :id")
    if database == "sqlite":
        return
    with db.engine.connect() as one, db.engine.connect() as other:
        for connection, deal_id in ((one, first), (other, second)):
            connection.execute(text("SET LOCAL lock_timeout = '200ms'; SET CONSTRAINTS ALL IMMEDIATE"))
            connection.execute(change, {"id": deal_id})
        with db.engine.begin() as third:
            third.execute(text("SET LOCAL lock_timeout = '200ms'"))
            column_totals.fold(third)
        other.commit()
        one.commit()
    assert kept() == counted()
