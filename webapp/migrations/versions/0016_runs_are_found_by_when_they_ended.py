"""Runs of robots are found by when they ended, over all deals; what was told and given, by its run.

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    over, of_run = sa.text("ended_at IS NOT NULL"), sa.text("run_id IS NOT NULL")
    op.create_index(
        "ix_robot_run_ended_at", "robot_run", ["ended_at", "id"], sqlite_where=over, postgresql_where=over
    )
    for table in ("notification", "task"):
        op.create_index(f"ix_{table}_run_id", table, ["run_id"], sqlite_where=of_run, postgresql_where=of_run)
