"""A message may be a robot's, and says which robot wrote it.

Revision: 0030, after 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.add_column("message", sa.Column("robot_name", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
