"""A season changes norms for some days; a run remembers the one that has changed its own.

Revision: 0023, after 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "season",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("scope", JSON, nullable=False),
        sa.Column("change", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_season"),
    )
    op.add_column("robot_run", sa.Column("season", JSON, nullable=True))
