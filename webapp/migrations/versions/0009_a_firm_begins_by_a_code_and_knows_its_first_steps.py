"""A firm begins in the browser by a code, and knows which of its first steps are done. A firm that works already has no
list of them.

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("firm", sa.Column("first_steps", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True))
    op.create_table(
        "founding_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_founding_code"),
    )
