"""A secret that was replaced counts for some hours more, where an admin says so.

Revision: 0042, after 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "old_secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_old_secret"),
    )
    op.create_index("ix_old_secret_owner", "old_secret", ["kind", "owner_id"])
    op.create_index("ix_old_secret_value", "old_secret", ["value"])
