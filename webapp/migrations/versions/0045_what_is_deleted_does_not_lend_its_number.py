"""What is deleted does not lend its number to what comes after it.

SQLite gives the highest number again once its row is gone, so that an open page or a program that still names it met
another row. PostgreSQL never did.

Revision: 0045, after 0044
"""

from __future__ import annotations

from alembic import op

revision = "0045"
down_revision = "0044"
NAMED = ("absence", "address", "board_view", "calendar", "phone_line", "rehearsal", "season", "task_file")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in NAMED:
        with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
