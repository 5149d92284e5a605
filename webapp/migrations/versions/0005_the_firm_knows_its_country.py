"""The firm knows its country: how phone numbers are written there. A firm that works already is in the country of its
calendar. A contact's extension stands beside its number.

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("firm", sa.Column("country", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("phone_extension", sa.String(), nullable=True))
    firm = sa.table("firm", sa.column("id"), sa.column("calendar_id"), sa.column("country"))
    calendar = sa.table("calendar", sa.column("id"), sa.column("definition", sa.JSON()))
    kept = sa.select(firm.c.id, calendar.c.definition).join(calendar, calendar.c.id == firm.c.calendar_id)
    for firm_id, definition in op.get_bind().execute(kept).all():
        op.execute(firm.update().where(firm.c.id == firm_id).values(country=definition.get("country")))
