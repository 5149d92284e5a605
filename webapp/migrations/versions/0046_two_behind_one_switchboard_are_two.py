"""Two extensions of one number are two further phones of a contact.

Revision: 0046, after 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
OLD, NEW = "uq_contact_way_contact_id_kind_value", "uq_contact_way_contact_id_kind_value_extension"


def upgrade() -> None:
    op.execute("UPDATE contact_way SET extension = '' WHERE extension IS NULL")
    with op.batch_alter_table("contact_way") as table:  # "" and not null: nulls are never alike to a unique key
        table.alter_column("extension", existing_type=sa.String(), nullable=False, server_default="")
        table.drop_constraint(OLD, type_="unique")
        table.create_unique_constraint(NEW, ["contact_id", "kind", "value", "extension"])
