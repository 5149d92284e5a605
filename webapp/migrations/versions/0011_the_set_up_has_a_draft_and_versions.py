"""The set-up has a draft of edits, plans, versions, and work that follows them. Each robot and trigger has a key of its
own; triggers have their order; a pipeline can be archived.

Revision: 0011, after 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("pipeline", sa.Column("archived_at", AT, nullable=True))
    op.add_column("trigger", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    for table in ("robot", "trigger"):
        op.execute(f"UPDATE \"{table}\" SET key = '{table}_' || id WHERE key IS NULL")
        with op.batch_alter_table(table) as rows:
            rows.alter_column("key", existing_type=sa.String(), nullable=False)
    _versions()
    _draft()
    _work()


def _versions() -> None:
    op.create_table(
        "setup_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("cause", JSON, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("setup", JSON, nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("consequences", JSON, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_setup_version_by_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_setup_version"),
    )


def _draft() -> None:
    op.create_table(
        "setup_edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("was", JSON, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_setup_edit_by_id_app_user"),
        sa.ForeignKeyConstraint(["ended_by_id"], ["app_user.id"], name="fk_setup_edit_ended_by_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_setup_edit"),
    )
    op.create_index("ix_setup_edit_state", "setup_edit", ["state"])
    op.create_table(
        "setup_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("source", JSON, nullable=False),
        sa.Column("base_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("setup", JSON, nullable=False),
        sa.Column("edit_ids", JSON, nullable=False),
        sa.Column("consequences", JSON, nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_setup_plan_by_id_app_user"),
        sa.ForeignKeyConstraint(["version_id"], ["setup_version.id"], name="fk_setup_plan_version_id_setup_version"),
        sa.PrimaryKeyConstraint("id", name="pk_setup_plan"),
    )


def _work() -> None:
    op.create_table(
        "setup_work",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("is_takeback", sa.Boolean(), nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_setup_work_by_id_app_user"),
        sa.ForeignKeyConstraint(["version_id"], ["setup_version.id"], name="fk_setup_work_version_id_setup_version"),
        sa.PrimaryKeyConstraint("id", name="pk_setup_work"),
        sa.UniqueConstraint("key", name="uq_setup_work_key"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_setup_work_due", "setup_work", ["visible_at"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index("ix_setup_work_version_id", "setup_work", ["version_id"])
    op.create_table(
        "setup_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("old", JSON, nullable=True),
        sa.Column("new", JSON, nullable=True),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("taken_back_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_setup_act_deal_id_deal"),
        sa.ForeignKeyConstraint(["version_id"], ["setup_version.id"], name="fk_setup_act_version_id_setup_version"),
        sa.PrimaryKeyConstraint("id", name="pk_setup_act"),
    )
    op.create_index("ix_setup_act_version_id", "setup_act", ["version_id"])
