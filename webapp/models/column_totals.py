"""How many deals stand in each column and what they are worth, counted by the database itself.

Triggers keep the numbers whoever writes, so they are exact, and a board of 200,000 deals is told as quickly as one of
a hundred. On PostgreSQL they work at the commit, one transaction at a time: locks that are taken last, and in one
order, cannot make a deadlock, and moves of different cards wait for each other for the length of a commit only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Connection, delete, event, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models.deals import Deal


class ColumnTotal(Base):
    """One person's deals of one department on a stage; department 0 is none."""

    __tablename__ = "column_total"

    stage_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    department_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    responsible_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    deals: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)


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
ADVISORY_LOCK = 0x636F756E74  # the key of PostgreSQL's lock while a transaction counts what it did
ON_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION count_deal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"PERFORM pg_advisory_xact_lock({ADVISORY_LOCK}); "
    f"{INTO} SELECT stage, department, responsible, sum(n), sum(amount) FROM ("
    f"{GONE} AND TG_OP <> 'INSERT' UNION ALL {COME} AND TG_OP <> 'DELETE'"
    f") AS change (stage, department, responsible, n, amount) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 {ADD}; "
    "RETURN NULL; END $$",
    "DROP TRIGGER IF EXISTS count_deal ON deal",
    f"CREATE CONSTRAINT TRIGGER count_deal AFTER INSERT OR DELETE OR UPDATE OF {COUNTED} ON deal "
    "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_deal()",
)


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
    names = ["stage_id", "department_id", "responsible_id", "deals", "amount_minor"]
    connection.execute(delete(ColumnTotal))
    connection.execute(insert(ColumnTotal).from_select(names, counted))


@event.listens_for(Base.metadata, "after_create")
def _created(_metadata: Any, connection: Connection, **_: Any) -> None:
    install(connection)
