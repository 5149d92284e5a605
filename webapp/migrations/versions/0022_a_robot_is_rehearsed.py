"""A robot is rehearsed over the past; what it would have done is kept for some days.

Revision: 0022, after 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rehearsal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("robot", JSON, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("fruitful", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("visible_at", AT, nullable=True),
        sa.Column("claimed_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_rehearsal_by_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_rehearsal"),
        sa.UniqueConstraint("key", name="uq_rehearsal_key"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_rehearsal_due", "rehearsal", ["visible_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_rehearsal_by_id", "rehearsal", ["by_id"])
    op.create_table(
        "rehearsed_firing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rehearsal_id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("unknown", JSON, nullable=False),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_rehearsed_firing_deal_id_deal"),
        sa.ForeignKeyConstraint(
            ["rehearsal_id"], ["rehearsal.id"], name="fk_rehearsed_firing_rehearsal_id_rehearsal"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rehearsed_firing"),
    )
    op.create_index("ix_rehearsed_firing_rehearsal_id", "rehearsed_firing", ["rehearsal_id"])
