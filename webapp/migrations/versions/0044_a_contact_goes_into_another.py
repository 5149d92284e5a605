"""A contact that turned out to be somebody else goes into that one.

Revision: 0044, after 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
MERGED = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("contact") as table:
        table.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_contact_merged_into_id_contact", "contact", ["merged_into_id"], ["id"])
    op.create_index(
        "ix_contact_merged_into_id", "contact", ["merged_into_id"], sqlite_where=MERGED, postgresql_where=MERGED
    )
