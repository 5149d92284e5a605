"""A conversation knows from which of its client's addresses they wrote last.

Until now every reply went to the main one.

Revision: 0048, after 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("email", sa.String(), nullable=True))
