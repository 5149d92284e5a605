"""Repeats of one cause are told together, people say how they want to be told, and the rest stands in a digest.

Revision: 0026, after 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

OF_GROUP = sa.text("about IS NOT NULL AND read_at IS NULL")


def upgrade() -> None:
    op.add_column("notification", sa.Column("about", sa.String(), nullable=True))
    op.create_index(
        "ix_notification_about",
        "notification",
        ["user_id", "about"],
        sqlite_where=OF_GROUP,
        postgresql_where=OF_GROUP,
    )
    op.create_table(
        "telling",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("has_quiet_hours", sa.Boolean(), nullable=False),
        sa.Column("an_hour", sa.Integer(), nullable=False),
        sa.Column("shows_clients", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_telling_user_id_app_user"),
        sa.PrimaryKeyConstraint("user_id", name="pk_telling"),
    )
    op.create_table(
        "digest_line",
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name="fk_digest_line_notification_id_notification"
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name="fk_digest_line_delivery_id_delivery"),
        sa.PrimaryKeyConstraint("notification_id", name="pk_digest_line"),
    )
    op.create_index("ix_digest_line_delivery_id", "digest_line", ["delivery_id"])
