"""A contact has its own rep: whoever got its first inquiry, else its maker, else who had its first deal.

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    contact = sa.table("contact", sa.column("id"), sa.column("responsible_id"), sa.column("created_by_id"))
    deal = sa.table(
        "deal", sa.column("id"), sa.column("contact_id"), sa.column("responsible_id"), sa.column("source")
    )
    first = sa.select(deal.c.responsible_id).where(deal.c.contact_id == contact.c.id).order_by(deal.c.id).limit(1)
    asked = first.where(deal.c.source.not_in(["manual", "api"]))
    rep = sa.func.coalesce(asked.scalar_subquery(), contact.c.created_by_id, first.scalar_subquery())
    op.execute(contact.update().where(contact.c.responsible_id.is_(None)).values(responsible_id=rep))
