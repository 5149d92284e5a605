"""All that stands in a database, row by row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, MetaData, Table, select

from webapp.models import ColumnChange, column_totals


def rows_of(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """All tables of Dozor, in the order of their keys; the counts of columns as the ticker leaves them."""
    tables = reflected(engine)
    with engine.begin() as connection:
        if any(each.name == ColumnChange.__tablename__ for each in tables):
            column_totals.fold(connection)
        return {
            each.name: [dict(row._mapping) for row in connection.execute(select(each).order_by(*each.primary_key))]
            for each in tables
        }


def reflected(engine: Engine) -> list[Table]:
    found = MetaData()
    found.reflect(engine)
    return [each for each in found.tables.values() if each.name not in ("alembic_version", "sqlite_sequence")]
