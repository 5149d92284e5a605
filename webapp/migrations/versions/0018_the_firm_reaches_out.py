"""The firm has gateways, people have addresses outside of Dozor, and what goes out has its row.

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

WAITING = sa.text("state = 'waiting'")
OF_DEAL = sa.text("deal_id IS NOT NULL")


def _json() -> sa.types.TypeEngine[object]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "gateway",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("to_clients", sa.Boolean(), server_default=sa.false(), nullable=False),
        _moment("failing_since"),
        _moment("rest_until"),
        sa.Column("trouble", _json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway"),
        sa.UniqueConstraint("kind", name="uq_gateway_kind"),
    )
    op.create_table(
        "address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("wanted_for", _json(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _moment("confirmed_at"),
        sa.Column("vouched_by_id", sa.Integer(), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=True),
        _moment("code_at"),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_address_user_id_app_user"),
        sa.ForeignKeyConstraint(["vouched_by_id"], ["app_user.id"], name="fk_address_vouched_by_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
        sa.UniqueConstraint("user_id", "kind", "address", name="uq_address_user_id_kind_address"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("notification_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("facts", _json(), nullable=False),
        sa.Column("reason", _json(), nullable=False),
        _moment("sent_at"),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("due_at"),
        _moment("visible_at"),
        _moment("claimed_at"),
        _moment("ended_at"),
        _moment("created_at", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_delivery_user_id_app_user"),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_delivery_notification_id_notification"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_delivery_message_id_message"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_delivery_deal_id_deal"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("key", name="uq_delivery_key"),
    )
    op.create_index("ix_delivery_due", "delivery", ["visible_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_delivery_notification_id", "delivery", ["notification_id"])
    op.create_index("ix_delivery_message_id", "delivery", ["message_id"])
    op.create_index("ix_delivery_deal_id", "delivery", ["deal_id"], sqlite_where=OF_DEAL, postgresql_where=OF_DEAL)
