"""Inquiries as they come in, and the conversations they become."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import Field, StrictInt

from webapp import phones
from webapp.access.records import conversation_for, deal_for, may_read_now
from webapp.access.viewer import viewer
from webapp.api.records import conversations as records
from webapp.api.records.conversations import (
    ConversationRecord,
    ConversationWithMessages,
    InquiryAccepted,
    InquiryAnswer,
    InquiryRecord,
    MessageRecord,
)
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import MAX_ID, Body, Id, Page, Paging, QueryId, cursor
from webapp.queries import listings as found
from webapp.services import conversations, inquiries

ONE = "/conversations/<int:conversation_id>"
SHOWN_MESSAGES = 200


class InquiryContact(Body):
    """Found again by external id, phone with its extension, or e-mail, in this order; else made. Without a name they
    are called by one of these. A phone that cannot be read, or words around it or an e-mail, stand below theirs."""

    name: str = ""
    phone: str | None = None
    phone_extension: str | None = None
    email: str | None = None
    external_id: str | None = None

    @property
    def raw(self) -> dict[str, str | None]:
        """As the services take it: the extension in its number. One of no number identifies nobody."""
        given = self.model_dump(exclude={"phone_extension"})
        return {**given, "phone": phones.whole(self.phone, self.phone_extension) or None}


class NewInquiry(Body):
    """Without `pipeline` it goes on with the client's open deal wherever that stands, else it begins in the first."""

    channel: str
    contact: InquiryContact
    text: str
    pipeline: str | None = None


class FirstMessage(Body):
    """With `contact_id`, as the deal showed it, to no other client; `seen` as of a reply, 0 where the caller saw that
    nothing was said."""

    text: str
    contact_id: Id | None = None
    seen: Annotated[StrictInt, Field(ge=0, le=MAX_ID)] | None = None


class NewMessage(Body):
    """With `seen`, the last message that the caller saw, the same words sent twice are one answer, and whom a colleague
    has answered since is not answered again: 409."""

    text: str
    seen: Id | None = None


class AnswerElsewhere(Body):
    """`how`: call, messenger, in_person, email, other."""

    how: str
    text: str = ""


class ConversationFilters(Paging):
    deal_id: QueryId | None = None


@writes("POST", "/inquiries", InquiryAnswer, HTTPStatus.CREATED)
def receive(json: NewInquiry) -> Answer[InquiryAnswer]:
    """A client wrote: attached to their open deal, else a new one. Of a deal that the caller may not see, the answer
    tells nothing but that it was accepted."""
    deal, contact, conversation = inquiries.receive(
        json.channel,
        json.contact.raw,
        json.text,
        viewer().actor,
        pipeline_key=json.pipeline,
        token_id=viewer().token_id,
    )

    went = InquiryRecord(deal_id=deal.id, contact_id=contact.id, conversation_id=conversation.id)
    return lambda: InquiryAnswer(went if may_read_now(went.deal_id) else InquiryAccepted())


@writes("POST", "/deals/<int:deal_id>/messages", MessageRecord, HTTPStatus.CREATED)
def write_first(deal_id: int, json: FirstMessage) -> Answer[MessageRecord]:
    """The caller writes to the deal's contact, who need not have written before; it takes the dialogue."""
    deal = deal_for(deal_id, write=True, for_update=True)
    said = conversations.write_first(deal, json.text, viewer().actor, to=json.contact_id, seen=json.seen)
    return lambda: records.message(said, deal.id)


@reads("/conversations", Page[ConversationRecord])
def index(query: ConversationFilters) -> Page[ConversationRecord]:
    """Conversations of deals that the caller may read, newest first."""
    if query.deal_id is not None:
        deal_for(query.deal_id)
    place = found.Place(query.limit, query.before)
    slice_ = found.conversations(viewer().scope, query.deal_id, place)
    return Page[ConversationRecord](items=[records.record(each) for each in slice_.rows], next=cursor(slice_.next))


@reads(ONE, ConversationWithMessages)
def show(conversation_id: int) -> ConversationWithMessages:
    """One conversation with its latest messages."""
    conversation, _ = conversation_for(conversation_id)
    latest = found.messages(conversation.id, found.Place(SHOWN_MESSAGES)).rows
    return records.whole(conversation, latest[::-1])


@reads(f"{ONE}/messages", Page[MessageRecord])
def messages(conversation_id: int, query: Paging) -> Page[MessageRecord]:
    """All that was said, newest first."""
    conversation, deal = conversation_for(conversation_id)
    slice_ = found.messages(conversation.id, found.Place(query.limit, query.before))
    items = [records.message(each, deal.id) for each in slice_.rows]
    return Page[MessageRecord](items=items, next=cursor(slice_.next))


@writes("POST", f"{ONE}/messages", MessageRecord, HTTPStatus.CREATED)
def reply(conversation_id: int, json: NewMessage) -> Answer[MessageRecord]:
    """The caller answers the client; the first answer takes the dialogue."""
    conversation, deal = conversation_for(conversation_id, write=True)
    said = conversations.reply(conversation, json.text, viewer().actor, seen=json.seen)
    return lambda: records.message(said, deal.id)


@writes("POST", f"{ONE}/answers_elsewhere", MessageRecord, HTTPStatus.CREATED)
def answer_elsewhere(conversation_id: int, json: AnswerElsewhere) -> Answer[MessageRecord]:
    """The caller says that they have answered outside of Dozor: a reply for every clock, shown as claimed."""
    conversation, deal = conversation_for(conversation_id, write=True)
    said = conversations.answer_elsewhere(conversation, json.how, json.text, viewer().actor)
    return lambda: records.message(said, deal.id)
