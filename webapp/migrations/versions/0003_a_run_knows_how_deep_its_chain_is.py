"""A run knows how deep the chain is that has armed it; runs that wait already begin a chain of their own.

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("robot_run", sa.Column("depth", sa.Integer(), server_default="0", nullable=False))
