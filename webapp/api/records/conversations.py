"""What clients said and what was answered."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from webapp.models import Conversation, Message


class MessageRecord(BaseModel):
    """`direction`: in from the client, out from an employee (`by_id`)."""

    id: int
    conversation_id: int
    deal_id: int
    direction: str
    text: str
    by_id: int | None
    at: datetime


class ConversationRecord(BaseModel):
    id: int
    deal_id: int
    contact_id: int
    channel: str
    created_at: datetime
    replied_at: datetime | None
    unanswered_since: datetime | None


class ConversationWithMessages(ConversationRecord):
    """`messages` are the latest, in the order in which they were written."""

    messages: list[MessageRecord]


class InquiryRecord(BaseModel):
    """Where an inquiry went."""

    deal_id: int
    contact_id: int
    conversation_id: int


def message(row: Message, deal_id: int) -> MessageRecord:
    return MessageRecord(
        id=row.id,
        conversation_id=row.conversation_id,
        deal_id=deal_id,
        direction=row.direction,
        text=row.text,
        by_id=row.by_id,
        at=row.at,
    )


def record(row: Conversation) -> ConversationRecord:
    return ConversationRecord(
        id=row.id,
        deal_id=row.deal_id,
        contact_id=row.contact_id,
        channel=row.channel,
        created_at=row.created_at,
        replied_at=row.replied_at,
        unanswered_since=row.unanswered_since,
    )


def whole(row: Conversation, messages: list[Message]) -> ConversationWithMessages:
    said = [message(each, row.deal_id) for each in messages]
    return ConversationWithMessages(**record(row).model_dump(), messages=said)
