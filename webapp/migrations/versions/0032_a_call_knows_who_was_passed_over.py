"""A call knows whose turn it was and who was not rung.

Revision: 0032, after 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column(
        "phone_call", sa.Column("passed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True)
    )
