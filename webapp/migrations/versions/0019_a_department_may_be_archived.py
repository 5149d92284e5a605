"""A department in which nobody works any more is archived.

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("department", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
