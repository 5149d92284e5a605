"""What matters now is one list, and what nobody takes climbs.

Revision: 0025, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AT = sa.DateTime(timezone=True)
LIVE = sa.text("ended_at IS NULL")
WAITING = sa.text("state = 'waiting'")
POINTERS = (
    ("deal_id", "deal"),
    ("task_id", "task"),
    ("run_id", "robot_run"),
    ("robot_id", "robot"),
    ("about_id", "app_user"),
    ("holder_id", "app_user"),
    ("taken_by_id", "app_user"),
    ("asked_by_id", "app_user"),
)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    op.create_table(
        "important_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("live_key", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.Integer(), nullable=True) for column, _ in POINTERS),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("left_at", AT, nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("take_within", JSON, nullable=True),
        sa.Column("next_at", AT, nullable=True),
        sa.Column("taken_at", AT, nullable=True),
        sa.Column("taken_after", sa.Integer(), nullable=True),
        sa.Column("snoozes", sa.Integer(), nullable=False),
        sa.Column("snoozed_until", AT, nullable=True),
        sa.Column("until_client", sa.Boolean(), nullable=False),
        sa.Column("question", sa.String(), nullable=True),
        sa.Column("explanation", sa.String(), nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("reason", JSON, nullable=False),
        sa.Column("word", sa.String(), nullable=True),
        *(_to("important_item", *each) for each in POINTERS),
        sa.PrimaryKeyConstraint("id", name="pk_important_item"),
        sa.UniqueConstraint("live_key", name="uq_important_item_live_key"),
    )
    for column in ("deal_id", "task_id", "about_id"):
        name = f"ix_important_item_{column}"
        op.create_index(name, "important_item", [column], sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_table(
        "important_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        _to("important_place", "item_id", "important_item"),
        _to("important_place", "user_id", "app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_important_place"),
        sa.UniqueConstraint("item_id", "user_id", name="uq_important_place_item_id_user_id"),
    )
    op.create_index("ix_important_place_user_id", "important_place", ["user_id", "is_live", "ended_at"])
    op.create_table(
        "important_rung",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("visible_at", AT, nullable=True),
        sa.Column("claimed_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        _to("important_rung", "item_id", "important_item"),
        sa.PrimaryKeyConstraint("id", name="pk_important_rung"),
        sa.UniqueConstraint("key", name="uq_important_rung_key"),
    )
    op.create_index(
        "ix_important_rung_due", "important_rung", ["visible_at"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    op.create_index("ix_important_rung_item_id", "important_rung", ["item_id"])
    op.add_column("message", sa.Column("claimed", sa.String(), nullable=True))
    op.add_column("firm", sa.Column("take_within", sa.Integer(), nullable=False, server_default="15"))
