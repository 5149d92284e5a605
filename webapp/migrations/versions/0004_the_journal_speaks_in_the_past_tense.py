"""The journal speaks in the past tense: what was done to a task is named like everything else.

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

PAST = {
    "task.start": "task.started",
    "task.submit": "task.submitted",
    "task.accept": "task.accepted",
    "task.send_back": "task.returned",
    "task.cancel": "task.cancelled",
}


def upgrade() -> None:
    journal = sa.table("journal", sa.column("event", sa.String()))
    for verb, past in PAST.items():
        op.execute(journal.update().where(journal.c.event == verb).values(event=past))
