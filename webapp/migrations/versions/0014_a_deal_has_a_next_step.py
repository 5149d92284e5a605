"""A deal has a next step: a task of its own kind, one open at a time. A firm that works already has only what is late
marked, so that its boards do not change overnight.

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("task", sa.Column("is_next_step", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("firm", sa.Column("marks_next_step", sa.String(), nullable=False, server_default="overdue"))
    with op.batch_alter_table("task") as task:
        task.alter_column("is_next_step", server_default=None)
    with op.batch_alter_table("firm") as firm:
        firm.alter_column("marks_next_step", server_default=None)
    op.create_index(
        "ix_task_next_step",
        "task",
        ["deal_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("is_next_step = 1 AND ended_at IS NULL"),
        postgresql_where=sa.text("is_next_step AND ended_at IS NULL"),
    )
    still_open = sa.text("closed_at IS NULL AND deleted_at IS NULL")
    op.create_index(
        "ix_deal_open_of",
        "deal",
        ["responsible_id", "pipeline_id"],
        unique=False,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
