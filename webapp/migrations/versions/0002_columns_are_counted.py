"""Columns are counted: how many deals stand in each and what they are worth, kept ready by triggers.

The triggers and the first count come after every upgrade (`webapp/migrate.py`): SQLite loses triggers with a table that
a migration rebuilds.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "column_total",
        sa.Column("stage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("department_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("responsible_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("deals", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stage_id", "department_id", "responsible_id", name="pk_column_total"),
    )
