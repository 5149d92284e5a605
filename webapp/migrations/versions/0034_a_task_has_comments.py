"""People talk about a task beside it.

Revision: 0034, after 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"


def _json() -> sa.types.TypeEngine[object]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "task_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("told", _json(), nullable=False),
        sa.Column("untold", _json(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_task_comment_by_id_app_user"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_comment_task_id_task"),
        sa.PrimaryKeyConstraint("id", name="pk_task_comment"),
    )
    op.create_index("ix_task_comment_task_id", "task_comment", ["task_id"])
