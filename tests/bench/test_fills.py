"""The benchmark can fill a firm: in a fresh database, as the product makes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from tests.bench import fills
from tests.conftest import settings_for
from tests.servers import RedisServer
from webapp.models import Deal, column_totals


@pytest.mark.both_databases
def test_a_firm_is_filled_and_its_columns_counted(tmp_path: Path, empty_url: str, redis_server: RedisServer) -> None:
    fills.fill(settings_for(tmp_path, empty_url, redis_server.url, fills.LOCALE), 60)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Deal)) == 60
        counted = {tuple(each) for each in connection.execute(column_totals.totals())}
        column_totals.recount(connection)
        assert counted == {tuple(each) for each in connection.execute(column_totals.totals())} != set()
        connection.rollback()
    engine.dispose()
