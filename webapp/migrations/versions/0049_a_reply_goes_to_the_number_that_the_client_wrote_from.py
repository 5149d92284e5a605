"""A conversation knows from which of its client's numbers they wrote last.

Until now every SMS went to the main one.

Revision: 0049, after 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("phone", sa.String(), nullable=True))
