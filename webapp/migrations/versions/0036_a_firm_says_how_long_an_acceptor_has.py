"""A firm says how long whoever accepts work has for it.

Revision: 0036, after 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("firm", sa.Column("accept_within", sa.Integer(), nullable=True))
