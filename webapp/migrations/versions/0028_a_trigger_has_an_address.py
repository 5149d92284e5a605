"""A trigger may have an address of its own, and each call of it is written down.

Revision: 0028, after 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("trigger") as table:
        table.add_column(sa.Column("secret_hash", sa.String(), nullable=True))
        table.add_column(sa.Column("secret_at", AT, nullable=True))
        table.create_unique_constraint("uq_trigger_secret_hash", ["secret_hash"])
    op.create_table(
        "trigger_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trigger_id", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("named", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["trigger_id"], ["trigger.id"], name="fk_trigger_call_trigger_id_trigger"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_trigger_call_deal_id_deal"),
        sa.PrimaryKeyConstraint("id", name="pk_trigger_call"),
        sa.UniqueConstraint("trigger_id", "key", name="uq_trigger_call_trigger_id_key"),
    )
    op.create_index("ix_trigger_call_at", "trigger_call", ["at"])
