"""How many deals stand in each column and what they are worth, counted by the database itself.

Triggers keep the numbers whoever writes, so they are exact, and a board of 200,000 deals is told as quickly as one of
a hundred. On PostgreSQL, where several write at once, each only adds a row that says what changed, and waits for
nobody: a total that all update would let one commit after another through, and a disk may take 10 ms for each. The
ticker folds what was added into the totals; whoever reads takes both together.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, Subquery, delete, event, func, insert, select, text, union_all
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, SqlSelect, among
from webapp.models.deals import Deal


class ColumnTotal(Base):
    """One person's deals of one department on a stage; department 0 is none."""

    __tablename__ = "column_total"

    stage_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    department_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    responsible_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    deals: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class ColumnChange(Base):
    """By how much such a total has changed, until it is folded into it. Of PostgreSQL only."""

    __tablename__ = "column_change"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    stage_id: Mapped[int]
    department_id: Mapped[int]
    responsible_id: Mapped[int]
    deals: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


PART = ["stage_id", "department_id", "responsible_id", "deals", "amount_minor"]
COUNTED = "stage_id, department_id, responsible_id, amount_minor, deleted_at"
INTO = "INSERT INTO column_total (stage_id, department_id, responsible_id, deals, amount_minor) "
ADD = (
    " ON CONFLICT (stage_id, department_id, responsible_id) DO UPDATE "
    "SET deals = column_total.deals + excluded.deals, amount_minor = column_total.amount_minor + excluded.amount_minor"
)
GONE = (
    "SELECT OLD.stage_id, coalesce(OLD.department_id, 0), OLD.responsible_id, -1, -OLD.amount_minor"
    " WHERE OLD.deleted_at IS NULL"
)
COME = (
    "SELECT NEW.stage_id, coalesce(NEW.department_id, 0), NEW.responsible_id, 1, NEW.amount_minor"
    " WHERE NEW.deleted_at IS NULL"
)

ON_SQLITE = (
    f"CREATE TRIGGER IF NOT EXISTS deal_come AFTER INSERT ON deal BEGIN {INTO}{COME}{ADD}; END",
    f"CREATE TRIGGER IF NOT EXISTS deal_gone AFTER DELETE ON deal BEGIN {INTO}{GONE}{ADD}; END",
    f"CREATE TRIGGER IF NOT EXISTS deal_changed AFTER UPDATE OF {COUNTED} ON deal "
    f"BEGIN {INTO}{GONE}{ADD}; {INTO}{COME}{ADD}; END",
)
ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION count_deal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO column_change (stage_id, department_id, responsible_id, deals, amount_minor) "
    f"{GONE} AND TG_OP <> 'INSERT' UNION ALL {COME} AND TG_OP <> 'DELETE'; "
    "RETURN NULL; END $$",
    "DROP TRIGGER IF EXISTS count_deal ON deal",
    f"CREATE TRIGGER count_deal AFTER INSERT OR DELETE OR UPDATE OF {COUNTED} ON deal "
    "FOR EACH ROW EXECUTE FUNCTION count_deal()",
)
# Of two that fold at once the second finds nothing left. In one order, so that they never wait in a circle.
FOLD = text(
    "WITH folded AS (DELETE FROM column_change"
    " RETURNING stage_id, department_id, responsible_id, deals, amount_minor) "
    f"{INTO}SELECT stage_id, department_id, responsible_id, sum(deals), sum(amount_minor) FROM folded"
    f" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3{ADD}"
)


def totals(*, of_stages: str | None = None) -> SqlSelect:
    """The parts of columns in which deals stand, as columns named like those of ColumnTotal, no department as NULL.
    `of_stages`: the name under which numbers of stages are given, for these alone."""
    every = counted(of_stages)
    deals, amount = func.sum(every.c.deals), func.sum(every.c.amount_minor)
    where = (every.c.stage_id, every.c.department_id, every.c.responsible_id)
    named = (where[0], func.nullif(where[1], 0).label("department_id"), where[2])
    found: SqlSelect = select(*named, deals.label("deals"), amount.label("amount_minor"))
    return found.group_by(*where).having(deals > 0)


def counted(of_stages: str | None = None) -> Subquery:
    """What is counted, row by row: department 0 is none. To be summed by whoever asks."""
    parts = (_rows(each).where(*_within(each, of_stages)) for each in (ColumnTotal, ColumnChange))
    return union_all(*parts).subquery()


def _rows(model: type[ColumnTotal | ColumnChange]) -> SqlSelect:
    return select(*(getattr(model, name) for name in PART))


def _within(model: type[ColumnTotal | ColumnChange], stages: str | None) -> tuple[Any, ...]:
    return () if stages is None else (among(model.stage_id, stages),)


def fold(connection: Connection) -> None:
    """What was added goes into the totals: the fewer rows, the quicker the reading. Nothing to do on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(FOLD)


def install(connection: Connection) -> None:
    """Make the triggers; again is no error. SQLite loses them when a migration rebuilds the table."""
    for statement in ON_SQLITE if connection.dialect.name == "sqlite" else ON_POSTGRESQL:
        connection.execute(text(statement))


def recount(connection: Connection) -> None:
    """Count all deals anew."""
    department = func.coalesce(Deal.department_id, 0)
    counted = (
        select(Deal.stage_id, department, Deal.responsible_id, func.count(), func.sum(Deal.amount_minor))
        .where(Deal.deleted_at.is_(None))
        .group_by(Deal.stage_id, department, Deal.responsible_id)
    )
    connection.execute(delete(ColumnChange))
    connection.execute(delete(ColumnTotal))
    connection.execute(insert(ColumnTotal).from_select(PART, counted))


@event.listens_for(Base.metadata, "after_create")
def _created(_metadata: Any, connection: Connection, **_: Any) -> None:
    install(connection)
