"""What somebody who leaves had open is handed over as work that outlives the request.

Revision: 0020, after 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

AT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("choices", JSON, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_hand_over_by_id_app_user"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_hand_over_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_hand_over"),
        sa.UniqueConstraint("key", name="uq_hand_over_key"),
    )
    op.create_index("ix_hand_over_user_id", "hand_over", ["user_id"])
    op.create_index(
        "ix_hand_over_due", "hand_over", ["visible_at"], sqlite_where=WAITING, postgresql_where=WAITING
    )
