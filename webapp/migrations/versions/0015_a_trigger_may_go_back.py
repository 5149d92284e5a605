"""A trigger may lead a deal back, where the firm has allowed it.

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("trigger", sa.Column("may_go_back", sa.Boolean(), server_default=sa.false(), nullable=False))
