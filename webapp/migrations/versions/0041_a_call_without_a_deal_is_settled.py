"""Of a call that no deal came of somebody says what it was.

Revision: 0041, after 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
OPEN = sa.text("deal_id IS NULL AND settled_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("phone_call") as table:
        table.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("settled_by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("settled_as", sa.String(), nullable=True))
        table.create_foreign_key("fk_phone_call_settled_by_id_app_user", "app_user", ["settled_by_id"], ["id"])
    op.create_index("ix_phone_call_open", "phone_call", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)
