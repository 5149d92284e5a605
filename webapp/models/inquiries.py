"""What clients say and what is answered: conversations and their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base

UNANSWERED = text("unanswered_since IS NOT NULL")


class Conversation(Base):
    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_deal_id", "deal_id"),
        Index("ix_conversation_contact_id", "contact_id"),
        # Few of many: who waits for an answer is asked for on every page.
        Index(
            "ix_conversation_unanswered",
            "unanswered_since",
            "deal_id",
            sqlite_where=UNANSWERED,
            postgresql_where=UNANSWERED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    channel: Mapped[str]
    token_id: Mapped[int | None] = mapped_column(ForeignKey("api_token.id"))  # by which its client wrote last
    email: Mapped[str | None]  # from which of their further addresses; none: the main one
    phone: Mapped[str | None]  # likewise of their numbers, in E.164
    created_at: Mapped[datetime]
    replied_at: Mapped[datetime | None]  # an employee's first outgoing message
    unanswered_since: Mapped[datetime | None]  # the first client message that nobody answered yet


class Message(Base):
    __tablename__ = "message"
    __table_args__ = (Index("ix_message_conversation_id", "conversation_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    direction: Mapped[str]  # in, out
    kind: Mapped[str] = mapped_column(default="text", server_default="text")  # text, call
    text: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # the employee, for out
    robot_name: Mapped[dict[str, Any] | None]  # of the robot that has written it; then it is no reply
    claimed: Mapped[str | None]  # how they say that they answered elsewhere: a call, a messenger, …
    at: Mapped[datetime]
