"""A call comes in: the firm's numbers, each call, each phone that rang for it.

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column("message", sa.Column("kind", sa.String(), server_default="text", nullable=False))
    op.create_table(
        "telephony",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("rings", sa.Integer(), nullable=False),
        sa.Column("caller_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_telephony"),
        sa.UniqueConstraint("key", name="uq_telephony_key"),
    )
    op.create_table(
        "phone_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_phone_line_department_id_department"),
        sa.PrimaryKeyConstraint("id", name="pk_phone_line"),
        sa.UniqueConstraint("number", name="uq_phone_line_number"),
    )
    _calls()
    _legs()


def _calls() -> None:
    op.create_table(
        "phone_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("rounds", JSON, nullable=False),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", AT, nullable=True),
        sa.Column("visible_at", AT, nullable=True),
        sa.Column("claimed_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_phone_call_department_id_department"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_phone_call_contact_id_contact"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_phone_call_deal_id_deal"),
        sa.ForeignKeyConstraint(["answered_by_id"], ["app_user.id"], name="fk_phone_call_answered_by_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_phone_call"),
        sa.UniqueConstraint("key", name="uq_phone_call_key"),
    )
    op.create_index("ix_phone_call_due", "phone_call", ["visible_at"], sqlite_where=WAITING, postgresql_where=WAITING)


def _legs() -> None:
    op.create_table(
        "call_leg",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("answered_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("told", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["phone_call.id"], name="fk_call_leg_call_id_phone_call"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_call_leg_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_call_leg"),
    )
    op.create_index("ix_call_leg_call_id", "call_leg", ["call_id"])
    op.create_index("ix_call_leg_user_id", "call_leg", ["user_id", "began_at"])
    op.create_table(
        "call_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["phone_call.id"], name="fk_call_answer_call_id_phone_call"),
        sa.PrimaryKeyConstraint("id", name="pk_call_answer"),
        sa.UniqueConstraint("call_id", "event", name="uq_call_answer_call_id_event"),
    )
