"""Column types and the naming of constraints: what every model stands on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from json import JSONDecoder
from typing import Any

from sqlalchemy import JSON, ColumnElement, DateTime, MetaData, Row, Select, String, TypeDecorator, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, registry

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


# For a table whose rows are deleted and are named by their numbers: by an open page, a program, the journal. SQLite
# would give the highest number again, and what was meant for the row that is gone would meet another; PostgreSQL never
# gives one twice.
NUMBERS_ONCE = {"sqlite_autoincrement": True}


class Word(String):
    """One of a few words, of which a partial index names one: whoever compares with a word has it in the SQL itself.
    For one that is given beside it SQLite would plan the whole statement anew at each execution, to see whether the
    index serves it, and PostgreSQL could not keep a plan that uses the index."""

    class comparator_factory(String.Comparator[str]):  # SQLAlchemy's name for it
        def operate(self, op: Any, *others: Any, **more: Any) -> Any:
            return super().operate(op, *map(_in_the_sql, others), **more)


def _in_the_sql(value: Any) -> Any:
    return literal_column(f"'{value}'", String) if isinstance(value, str) and value.isidentifier() else value


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. SQLite has no zone to keep, so it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """A board reads hundreds: SQLite's texts are read in one step, without the three that SQLAlchemy takes, and
        PostgreSQL's driver makes instants in UTC itself, since each connection is (webapp/db/postgresql.py)."""
        return _read if dialect.name == "sqlite" else None


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


_DECODE = JSONDecoder().raw_decode


def read_json(text: str) -> Any:
    """As json.loads does, which asks each time how it is to be done, and looks for blanks that nobody has written. Half
    an emoji, which SQLite keeps as it keeps any escape, could be written to no page: it is read as \ufffd."""
    value = _DECODE(text)[0]
    return _without_halves(value) if "\\ud" in text else value


def read_jsonb(raw: bytes) -> Any:
    """The same of PostgreSQL, which takes no half of an emoji and has no blanks before a value; the driver would look
    first in which of five encodings it stands."""
    return _DECODE(raw.decode())[0]


def _without_halves(value: Any) -> Any:
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _DECODE(whole)[0]


SqlRow = Row[*tuple[Any, ...]]  # a row of some columns, and a statement over some: what they hold, their statement says
SqlSelect = Select[Any]
Sort = ColumnElement[Any] | InstrumentedAttribute[Any]
Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: Json, list[Any]: Json},
    )
