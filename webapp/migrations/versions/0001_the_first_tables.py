"""The first tables: people, the set-up, deals, robots and their runs, tasks, inquiries, invoices, the journal.

Revision: 0001, after nothing
"""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

Moment = partial(sa.DateTime, timezone=True)
WAITING = sa.text("state = 'waiting'")
ALIVE = sa.text("deleted_at IS NULL")
UNANSWERED = sa.text("unanswered_since IS NOT NULL")


def Json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("hue", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_app_user"),
        sa.UniqueConstraint("email", name="uq_app_user_email"),
    )
    op.create_table(
        "calendar",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar"),
    )
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_company"),
    )
    op.create_index("ix_company_name", "company", ["name"])

    op.create_table(
        "department",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", Json(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["department.id"], name="fk_department_parent_id_department"),
        sa.PrimaryKeyConstraint("id", name="pk_department"),
        sa.UniqueConstraint("key", name="uq_department_key"),
    )
    op.create_table(
        "field",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", Json(), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("required_from", sa.String(), nullable=True),
        sa.Column("required_if", Json(), nullable=True),
        sa.Column("shown_as", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_field"),
        sa.UniqueConstraint("entity", "key", name="uq_field_entity_key"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("lag_seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeat"),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_absence_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_absence"),
    )
    op.create_index("ix_absence_user_id", "absence", ["user_id"])

    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_api_token_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])

    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("responsible_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_contact_company_id_company"),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name="fk_contact_created_by_id_app_user"),
        sa.ForeignKeyConstraint(["responsible_id"], ["app_user.id"], name="fk_contact_responsible_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_company_id", "contact", ["company_id"])
    op.create_index("ix_contact_email", "contact", ["email"])
    op.create_index("ix_contact_external_id", "contact", ["external_id"])
    op.create_index("ix_contact_name", "contact", ["name"])
    op.create_index("ix_contact_phone", "contact", ["phone"])

    op.create_table(
        "firm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("rep_sees", sa.String(), nullable=False),
        sa.Column("is_lesson", sa.Boolean(), nullable=False),
        sa.Column("config_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_firm_calendar_id_calendar"),
        sa.PrimaryKeyConstraint("id", name="pk_firm"),
    )
    op.create_table(
        "inbox",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_inbox_user_id_app_user"),
        sa.PrimaryKeyConstraint("user_id", name="pk_inbox"),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_membership_department_id_department"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_membership_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
        sa.UniqueConstraint("user_id", "department_id", name="uq_membership_user_id_department_id"),
    )
    op.create_index("ix_membership_department_id", "membership", ["department_id"])

    op.create_table(
        "pipeline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", Json(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_pipeline_department_id_department"),
        sa.PrimaryKeyConstraint("id", name="pk_pipeline"),
        sa.UniqueConstraint("key", name="uq_pipeline_key"),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_post_department_id_department"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_post_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.UniqueConstraint("department_id", "user_id", "kind", name="uq_post_department_id_user_id_kind"),
    )
    op.create_index("ix_post_user_id", "post", ["user_id"])

    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_user_session_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_user_session"),
        sa.UniqueConstraint("token_hash", name="uq_user_session_token_hash"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])

    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name="fk_idempotency_key_token_id_api_token"),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_key"),
        sa.UniqueConstraint("token_id", "route", "key", name="uq_idempotency_key_token_id_route_key"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])

    op.create_table(
        "stage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pipeline_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", Json(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hue", sa.Integer(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipeline.id"], name="fk_stage_pipeline_id_pipeline"),
        sa.PrimaryKeyConstraint("id", name="pk_stage"),
        sa.UniqueConstraint("pipeline_id", "key", name="uq_stage_pipeline_id_key"),
    )
    op.create_table(
        "deal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("pipeline_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Double(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("responsible_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("lost_reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", Moment(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("deleted_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_deal_contact_id_contact"),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name="fk_deal_created_by_id_app_user"),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_deal_department_id_department"),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipeline.id"], name="fk_deal_pipeline_id_pipeline"),
        sa.ForeignKeyConstraint(["responsible_id"], ["app_user.id"], name="fk_deal_responsible_id_app_user"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_deal_stage_id_stage"),
        sa.PrimaryKeyConstraint("id", name="pk_deal"),
    )
    op.create_index(
        "ix_deal_column",
        "deal",
        ["stage_id", "position", "id", "department_id", "responsible_id", "deleted_at"],
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )
    op.create_index("ix_deal_contact_id", "deal", ["contact_id"])
    op.create_index("ix_deal_responsible_id", "deal", ["responsible_id"])
    op.create_index(
        "ix_deal_sums",
        "deal",
        ["stage_id", "department_id", "responsible_id", "amount_minor", "deleted_at"],
        sqlite_where=ALIVE,
        postgresql_where=ALIVE,
    )

    op.create_table(
        "robot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", Json(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("starts", Json(), nullable=False),
        sa.Column("timing", Json(), nullable=False),
        sa.Column("fires_when", sa.String(), nullable=False),
        sa.Column("condition", Json(), nullable=True),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("once_per_deal", sa.Boolean(), nullable=False),
        sa.Column("also_later", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_robot_stage_id_stage"),
        sa.PrimaryKeyConstraint("id", name="pk_robot"),
        sa.UniqueConstraint("key", name="uq_robot_key"),
    )
    op.create_index("ix_robot_stage_id", "robot", ["stage_id"])

    op.create_table(
        "trigger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("name", Json(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("condition", Json(), nullable=True),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_trigger_stage_id_stage"),
        sa.PrimaryKeyConstraint("id", name="pk_trigger"),
        sa.UniqueConstraint("key", name="uq_trigger_key"),
    )
    op.create_index("ix_trigger_stage_id", "trigger", ["stage_id"])

    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("replied_at", Moment(), nullable=True),
        sa.Column("unanswered_since", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_conversation_contact_id_contact"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_conversation_deal_id_deal"),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
    )
    op.create_index("ix_conversation_contact_id", "conversation", ["contact_id"])
    op.create_index("ix_conversation_deal_id", "conversation", ["deal_id"])
    op.create_index(
        "ix_conversation_unanswered",
        "conversation",
        ["unanswered_since", "deal_id"],
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )

    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("paid_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name="fk_invoice_created_by_id_app_user"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_invoice_deal_id_deal"),
        sa.PrimaryKeyConstraint("id", name="pk_invoice"),
        sa.UniqueConstraint("number", name="uq_invoice_number"),
    )
    op.create_index("ix_invoice_deal_id", "invoice", ["deal_id"])

    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("field", sa.String(), nullable=True),
        sa.Column("old", Json(), nullable=True),
        sa.Column("new", Json(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("cause", Json(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_journal_by_id_app_user"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_journal_deal_id_deal"),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_deal_id", "journal", ["deal_id", "id"])
    op.create_index("ix_journal_entity", "journal", ["entity", "entity_id"])

    op.create_table(
        "stage_visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", Moment(), nullable=False),
        sa.Column("left_at", Moment(), nullable=True),
        sa.Column("left_position", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_stage_visit_deal_id_deal"),
        sa.ForeignKeyConstraint(["stage_id"], ["stage.id"], name="fk_stage_visit_stage_id_stage"),
        sa.PrimaryKeyConstraint("id", name="pk_stage_visit"),
    )
    op.create_index("ix_stage_visit_deal_id", "stage_visit", ["deal_id", "entered_at"])

    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_message_by_id_app_user"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_message_conversation_id_conversation"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_conversation_id", "message", ["conversation_id", "id"])

    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_payment_by_id_app_user"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name="fk_payment_invoice_id_invoice"),
        sa.PrimaryKeyConstraint("id", name="pk_payment"),
    )
    op.create_index("ix_payment_invoice_id", "payment", ["invoice_id"])

    op.create_table(
        "robot_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("robot_id", sa.Integer(), nullable=False),
        sa.Column("deal_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("definition", Json(), nullable=False),
        sa.Column("base_at", Moment(), nullable=False),
        sa.Column("pauses", Json(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("reason", Json(), nullable=False),
        sa.Column("findings", Json(), nullable=False),
        sa.Column("path", Json(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("visible_at", Moment(), nullable=True),
        sa.Column("claimed_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_robot_run_deal_id_deal"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_robot_run_message_id_message"),
        sa.ForeignKeyConstraint(["robot_id"], ["robot.id"], name="fk_robot_run_robot_id_robot"),
        sa.ForeignKeyConstraint(["visit_id"], ["stage_visit.id"], name="fk_robot_run_visit_id_stage_visit"),
        sa.PrimaryKeyConstraint("id", name="pk_robot_run"),
        sa.UniqueConstraint("key", name="uq_robot_run_key"),
    )
    op.create_index("ix_robot_run_deal_id", "robot_run", ["deal_id", "id"])
    op.create_index("ix_robot_run_due", "robot_run", ["visible_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_robot_run_robot_id", "robot_run", ["robot_id", "deal_id"])
    op.create_index("ix_robot_run_visit_id", "robot_run", ["visit_id"])

    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("robot_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("title", Json(), nullable=False),
        sa.Column("text", Json(), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=False),
        sa.Column("creator_id", sa.Integer(), nullable=True),
        sa.Column("acceptor_id", sa.Integer(), nullable=True),
        sa.Column("acceptor_path", Json(), nullable=False),
        sa.Column("accept", sa.Boolean(), nullable=False),
        sa.Column("result_required", sa.Boolean(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("submitted_at", Moment(), nullable=True),
        sa.Column("acceptance_due_at", Moment(), nullable=True),
        sa.Column("returns_count", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["acceptor_id"], ["app_user.id"], name="fk_task_acceptor_id_app_user"),
        sa.ForeignKeyConstraint(["assignee_id"], ["app_user.id"], name="fk_task_assignee_id_app_user"),
        sa.ForeignKeyConstraint(["creator_id"], ["app_user.id"], name="fk_task_creator_id_app_user"),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_task_deal_id_deal"),
        sa.ForeignKeyConstraint(["robot_id"], ["robot.id"], name="fk_task_robot_id_robot"),
        sa.ForeignKeyConstraint(["run_id"], ["robot_run.id"], name="fk_task_run_id_robot_run"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.UniqueConstraint("key", name="uq_task_key"),
    )
    op.create_index("ix_task_acceptor_id", "task", ["acceptor_id", "state"])
    op.create_index("ix_task_assignee_id", "task", ["assignee_id", "state"])
    op.create_index("ix_task_deal_id", "task", ["deal_id"])

    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("text", Json(), nullable=True),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("deal_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("read_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name="fk_notification_deal_id_deal"),
        sa.ForeignKeyConstraint(["run_id"], ["robot_run.id"], name="fk_notification_run_id_robot_run"),
        sa.ForeignKeyConstraint(["sender_id"], ["app_user.id"], name="fk_notification_sender_id_app_user"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_notification_task_id_task"),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_notification_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("user_id", "key", name="uq_notification_user_id_key"),
        sa.UniqueConstraint("user_id", "seq", name="uq_notification_user_id_seq"),
    )
    op.create_index("ix_notification_deal_id", "notification", ["deal_id"])

    op.create_table(
        "task_alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("visible_at", Moment(), nullable=True),
        sa.Column("claimed_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_alarm_task_id_task"),
        sa.PrimaryKeyConstraint("id", name="pk_task_alarm"),
        sa.UniqueConstraint("key", name="uq_task_alarm_key"),
    )
    op.create_index("ix_task_alarm_due", "task_alarm", ["visible_at"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_task_alarm_task_id", "task_alarm", ["task_id"])

    op.create_table(
        "task_return",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name="fk_task_return_by_id_app_user"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_return_task_id_task"),
        sa.PrimaryKeyConstraint("id", name="pk_task_return"),
    )
    op.create_index("ix_task_return_task_id", "task_return", ["task_id"])

    op.create_table(
        "board_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_board_view_user_id_app_user"),
        sa.PrimaryKeyConstraint("id", name="pk_board_view"),
        sa.UniqueConstraint("user_id", "name", name="uq_board_view_user_id_name"),
    )
