"""The benchmark can fill a firm: in a fresh database, as the product makes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, or_, select, text

from tests.bench import fills, inquiries
from tests.conftest import settings_for
from tests.servers import RedisServer
from webapp.models import Contact, Deal, column_totals

SIZE = 1000  # deals: each table has some rows
WAYS = ("phone", "email")


@pytest.mark.both_databases
def test_a_firm_is_filled_and_its_columns_counted(tmp_path: Path, empty_url: str, redis_server: RedisServer) -> None:
    fills.fill(settings_for(tmp_path, empty_url, redis_server.url, fills.LOCALE), SIZE)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Deal)) == SIZE
        assert not [each for each in fills.BULK if not connection.scalar(select(func.count()).select_from(text(each)))]
        counted = {tuple(each) for each in connection.execute(column_totals.totals())}
        column_totals.recount(connection)
        assert counted == {tuple(each) for each in connection.execute(column_totals.totals())} != set()
        connection.rollback()
    engine.dispose()


def test_two_of_five_who_write_are_known_with_an_open_deal_or_without(
    tmp_path: Path, empty_url: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 60
    monkeypatch.setattr(inquiries, "SIZE", size)
    fills.fill(settings_for(tmp_path, empty_url, redis_server.url, fills.LOCALE), size)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        columns = select(Contact.id, Deal.closed_at.is_(None).label("is_open"))
        rows = columns.outerjoin(Deal, Deal.contact_id == Contact.id)
        found = [
            connection.execute(rows.where(or_(*(getattr(Contact, way) == who[way] for way in WAYS if way in who))))
            for who in map(inquiries.client, range(1, size + 1))
        ]
        known = [row for each in found for row in each]
    engine.dispose()
    assert size / 3 <= len(known) <= size / 2
    assert len({row.id for row in known}) == len(known)
    assert min(sum(row.is_open for row in known), sum(not row.is_open for row in known)) >= len(known) / 4
