"""What a task's work has led to is attached to it, and stands in the database like everything else.

Revision: 0033, after 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "task_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_task_file_by_id_app_user"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_file_task_id_task"),
        sa.PrimaryKeyConstraint("id", name="pk_task_file"),
    )
    op.create_index("ix_task_file_task_id", "task_file", ["task_id"])
    op.create_table(
        "task_file_part",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["task_file.id"], name="fk_task_file_part_file_id_task_file"),
        sa.PrimaryKeyConstraint("file_id", "position", name="pk_task_file_part"),
    )
