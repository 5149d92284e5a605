"""Who decides on work of no deal goes on reading it.

Until now that stood in the journal alone, from which it is told for what was decided already.

Revision: 0047, after 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
DECIDED = """
    INSERT INTO task_decision (user_id, task_id)
    SELECT journal.by_id, task.id FROM journal JOIN task ON task.id = journal.entity_id
    WHERE journal.entity = 'task' AND journal.event IN ('task.accepted', 'task.returned', 'task.cancelled')
    AND journal.by_id IS NOT NULL AND task.deal_id IS NULL
    UNION
    SELECT journal.by_id, task.id FROM journal
    JOIN important_item ON important_item.id = journal.entity_id JOIN task ON task.id = important_item.task_id
    WHERE journal.entity = 'important' AND journal.by_id IS NOT NULL AND task.deal_id IS NULL
    AND (journal.event = 'important.taken' OR journal.event = 'important.settled'
         AND CAST(important_item.reason AS TEXT) LIKE '%"done"%')
"""


def upgrade() -> None:
    op.create_table(
        "task_decision",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_decision_task_id_task"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_task_decision_user_id_app_user"),
        sa.PrimaryKeyConstraint("user_id", "task_id", name="pk_task_decision"),
    )
    op.create_index("ix_task_decision_task_id", "task_decision", ["task_id"])
    op.execute(DECIDED)
