"""A browser that a person is signed in with is told by web push.

Revision: 0027, after 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("address") as table:
        table.add_column(sa.Column("keys", JSON, server_default="{}", nullable=False))
        table.add_column(sa.Column("session_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("label", sa.String(), nullable=True))
        table.create_foreign_key("fk_address_session_id_user_session", "user_session", ["session_id"], ["id"])
        table.create_index("ix_address_session_id", ["session_id"])
