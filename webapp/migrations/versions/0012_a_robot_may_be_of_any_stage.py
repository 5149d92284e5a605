"""A robot may be of any stage, and a run knows what started it; those that wait are known by the message or the entry.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
OF_DEAL = sa.text("visit_id IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("robot") as robot:
        robot.alter_column("stage_id", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("robot_run") as run:
        run.alter_column("visit_id", existing_type=sa.Integer(), nullable=True)
        run.add_column(sa.Column("start", sa.String(), server_default="entered", nullable=False))
        run.add_column(sa.Column("cause", sa.String(), server_default="", nullable=False))
    op.create_index("ix_robot_run_of_deal", "robot_run", ["deal_id"], sqlite_where=OF_DEAL, postgresql_where=OF_DEAL)
    op.execute(
        "UPDATE robot_run SET start = 'client_wrote', cause = 'm' || CAST(message_id AS VARCHAR)"
        " WHERE message_id IS NOT NULL"
    )
