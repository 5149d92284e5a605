"""Departments and people may have calendars of their own; an absence names its cover; waiting runs are counted anew as a
work of its own.

Revision: 0017, after 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("calendar") as calendar:
        calendar.add_column(sa.Column("department_id", sa.Integer(), nullable=True))
        calendar.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        calendar.create_foreign_key("fk_calendar_department_id_department", "department", ["department_id"], ["id"])
        calendar.create_foreign_key("fk_calendar_user_id_app_user", "app_user", ["user_id"], ["id"])
        calendar.create_unique_constraint("uq_calendar_department_id", ["department_id"])
        calendar.create_unique_constraint("uq_calendar_user_id", ["user_id"])
    with op.batch_alter_table("absence") as absence:
        absence.add_column(sa.Column("cover_id", sa.Integer(), nullable=True))
        absence.create_foreign_key("fk_absence_cover_id_app_user", "app_user", ["cover_id"], ["id"])
    op.create_table(
        "recount",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("cause", JSON, nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("fruitful", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("visible_at", AT, nullable=True),
        sa.Column("claimed_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_recount_by_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_recount"),
        sa.UniqueConstraint("key", name="uq_recount_key"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_recount_due", "recount", ["visible_at"], sqlite_where=waiting, postgresql_where=waiting)
