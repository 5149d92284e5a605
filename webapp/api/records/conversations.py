"""What clients said and what was answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import RootModel

from webapp.api.types import Record
from webapp.models import Conversation, Message


class MessageRecord(Record):
    """`direction`: in from the client, out from an employee (`by_id`) or from a robot (`robot_name`), whose words are
    no reply; `claimed`: how they say that they answered elsewhere."""

    id: int
    conversation_id: int
    deal_id: int
    direction: str
    text: str
    by_id: int | None
    claimed: str | None
    robot_name: dict[str, str] | None
    at: datetime


class ConversationRecord(Record):
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


class InquiryRecord(Record):
    """Where an inquiry went."""

    deal_id: int
    contact_id: int
    conversation_id: int


class InquiryAccepted(Record):
    """It went to a deal that the caller may not see."""

    accepted: Literal[True] = True


class InquiryAnswer(RootModel[InquiryRecord | InquiryAccepted]):
    """Ids, as far as the caller may see them."""


def message(row: Message, deal_id: int) -> MessageRecord:
    return MessageRecord.of(row, deal_id=deal_id)


def record(row: Conversation) -> ConversationRecord:
    return ConversationRecord.of(row)


def whole(row: Conversation, messages: list[Message]) -> ConversationWithMessages:
    said = [message(each, row.deal_id) for each in messages]
    return ConversationWithMessages.of(row, messages=said)
