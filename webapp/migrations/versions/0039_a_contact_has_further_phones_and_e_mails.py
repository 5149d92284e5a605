"""A contact has further phones and e-mails beside the main ones.

Revision: 0039, after 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "contact_way",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_contact_way_contact_id_contact"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_way"),
        sa.UniqueConstraint("contact_id", "kind", "value", name="uq_contact_way_contact_id_kind_value"),
    )
    op.create_index("ix_contact_way_value", "contact_way", ["value", "kind"])
