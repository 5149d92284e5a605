"""What is said in a conversation: a client's word as it comes, an employee's and a robot's beside it, and by which way
it goes out. A conversation is with one client from its first word on, whoever its deal is with later."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from rules.facts import Text
from rules.reach import Way
from rules.texts import is_blank, shortened
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import Base, add_core, emit, execute_core, instant, session, write_core
from webapp.errors import Refused, invalid, not_an_option
from webapp.models import Contact, Conversation, Deal, Message
from webapp.services import delivery_plans, identities, journal, texts
from webapp.services.events import DealChanged, EmployeeReplied
from webapp.snapshots import reach, webhooks
from webapp.snapshots.setups import current

TEXT_LIMIT = 10_000
SAID_LENGTH = 200  # of a message, in the history
HOWS = ("call", "messenger", "in_person", "email", "other")  # how one can have answered elsewhere
ANSWERED = frozenset({("conversation", "replied"), ("conversation", "unanswered")})


def of_channel(deal: Deal, contact: Contact, channel: str) -> Conversation:
    """The latest of this channel with this client on the deal, or a new one."""
    return latest(deal, contact, channel) or begin(deal, contact, channel)


def latest(deal: Deal, contact: Contact, channel: str) -> Conversation | None:
    """The latest of this channel with this client on the deal."""
    asked = {"deal": deal.id, "client": contact.id, "way": channel}
    return session().scalars(_LATEST_BY, asked).first()


_LATEST = (
    select(Conversation)
    .where(Conversation.deal_id == bindparam("deal"), Conversation.contact_id == bindparam("client"))
    .order_by(Conversation.id.desc())
    .limit(1)
)
_LATEST_BY = _LATEST.where(Conversation.channel == bindparam("way"))


def begin(
    deal: Deal,
    contact: Contact,
    channel: str,
    *,
    token_id: int | None = None,
    email: str | None = None,
    phone: str | None = None,
    waits_since: datetime | None = None,
) -> Conversation:
    """A new one, in which nothing is said yet; the client waits already, where they are about to be heard. `email`
    and `phone`: the further one of theirs that they wrote from."""
    conversation = Conversation(
        deal_id=deal.id,
        contact_id=contact.id,
        channel=channel,
        token_id=token_id,
        email=email,
        phone=phone,
        created_at=instant(),
        unanswered_since=waits_since,
    )
    add_core(conversation)
    return conversation


def answer_by(conversation: Conversation, **way: Any) -> None:
    """From now on replies go by this token, to this address."""
    if news := {key: value for key, value in way.items() if getattr(conversation, key) != value}:
        write_core(conversation, **news)


def is_awaited(deal_id: int) -> bool:
    """Whether a client of this deal waits for an answer, in whichever conversation."""
    return execute_core(_AWAITED, deal=deal_id).first() is not None


_AWAITED = (
    select(Conversation.id)
    .where(Conversation.deal_id == bindparam("deal"), Conversation.unanswered_since.is_not(None))
    .limit(1)
)


def has_heard(conversation: Conversation, left: str) -> bool:
    """Whether this stands below a word of its client already."""
    literally = re.sub(f"[%_{ESCAPE}]", rf"{ESCAPE}\g<0>", left)
    asked = {"conversation": conversation.id, "below": f"%\n\n{literally}%"}
    return execute_core(_SAID_BELOW, **asked).first() is not None


ESCAPE = "/"
_SAID_BELOW = (
    select(Message.id)
    .where(Message.conversation_id == bindparam("conversation"), Message.direction == "in")
    .where(Message.text.like(bindparam("below"), escape=ESCAPE))
    .limit(1)
)


def hear(conversation: Conversation, text: str, by: Actor, kind: str) -> int:
    """A client has said it; from their first word without an answer on they wait. The message's id. `kind`: text, or
    call."""
    now = instant()
    if conversation.unanswered_since is None:
        write_core(conversation, unanswered_since=now)
    said = {"conversation_id": conversation.id, "direction": "in", "kind": kind, "text": text, "at": now}
    message_id: int = execute_core(_SAID, **said).scalar_one()
    new = _facts(text, kind)
    journal.write("message.received", "message", message_id, by, deal_id=conversation.deal_id, new=new)
    announcements.client_waits(conversation.deal_id)
    return message_id


_MESSAGE = Base.metadata.tables[Message.__tablename__]
_SAID = insert(_MESSAGE).returning(_MESSAGE.c.id)


def reply(conversation: Conversation, text: str, by: Actor, *, seen: int | None = None) -> Message:
    """An employee answers; the first answer takes the dialogue. `seen` is the last message that they saw: the same
    words said again on the same sight of things are one button pressed twice, and one answer, unless the client has
    said more since and waits for one; and whom a colleague has answered since is not answered twice by people who know
    nothing of each other. Raises Refused."""
    text = words(text)
    assert by.user_id is not None
    is_answered = conversation.unanswered_since is None
    if seen is not None and is_answered and (said := _said_since(conversation.id, seen, text, by.user_id)) is not None:
        return said
    if seen is not None:
        _check_answered(conversation, seen, by.user_id)
    message = _answer(conversation, text, by)
    _send(message, conversation)
    return message


def answer_elsewhere(conversation: Conversation, how: str, text: str, by: Actor) -> Message:
    """An employee says that they have answered outside of Dozor, by one of HOWS. For clocks and the trigger it is a
    reply; nothing goes out, and it is shown as claimed."""
    if how not in HOWS:
        raise not_an_option("how", HOWS)
    text = texts.text("text", text, TEXT_LIMIT, required=False)
    message = Message(
        conversation_id=conversation.id, direction="out", text=text, by_id=by.user_id, at=instant(), claimed=how
    )
    session().add(message)
    session().flush()
    new = {"text": shortened(text, SAID_LENGTH), "how": how}
    journal.write("message.claimed", "message", message.id, by, deal_id=conversation.deal_id, new=new)
    _answered(message, conversation, by)
    return message


def write_first(deal: Deal, text: str, by: Actor, *, to: int | None = None, seen: int | None = None) -> Message:
    """An employee's word to a client who has not written on a locked deal yet; where they have, it is a reply. It takes
    the dialogue like any first word of the firm. `to` is the contact that they saw: a word meant for one client never
    goes to the next; `seen` as of a reply, 0 where nothing was said. Raises Refused."""
    contact = _client(deal)
    if contact is None:
        raise invalid("text", "no_contact")
    if to is not None and not _is_still(contact, to):
        raise invalid("text", "client_changed", name=contact.name)
    text = words(text)
    return reply(_last_with(contact, deal) or of_channel(deal, contact, _first_channel(contact)), text, by, seen=seen)


def talk(deal: Deal, contact: Contact, text: str, by: Actor) -> None:
    """An employee has taken a client's call about a locked deal: it answers all that this client waited for on it, as a
    reply does."""
    theirs = (Conversation.deal_id == deal.id, Conversation.contact_id == contact.id)
    waiting = select(Conversation).where(*theirs, Conversation.unanswered_since.is_not(None))
    answered = session().scalars(waiting.order_by(Conversation.id)).all() or [of_channel(deal, contact, "call")]
    for each in answered:
        _answer(each, text, by, "call")


def write_by_robot(deal: Deal, text: str, name: Text, by: Actor) -> Message | Way:
    """A robot's word to the client of a locked deal, by the way of a reply; that way, and nothing written, where it
    leads nowhere. It is no reply: what the client waits for is still to be answered."""
    contact, way = _client(deal), way_of_robots(deal)
    if contact is None or not way.channel:
        return way
    if is_blank(text):
        return Way(why_not="blank")
    conversation = _last_with(contact, deal) or of_channel(deal, contact, _first_channel(contact))
    message = Message(
        conversation_id=conversation.id,
        direction="out",
        text=words(text),
        robot_name=dict(name),
        at=instant(),
    )
    session().add(message)
    session().flush()
    journal.write("robot.wrote", "message", message.id, by, deal_id=deal.id, new=_facts(message.text))
    announcements.deal_changed(deal.id)
    _send(message, conversation)
    return message


def way_of_robots(deal: Deal) -> Way:
    """How a robot's word reaches the client whom this deal is with now: in their conversation, else as a first one."""
    contact = _client(deal)
    if contact is None:
        return Way(why_not="no_contact")
    conversation = _last_with(contact, deal)
    return reach.way_in(conversation) if conversation is not None else reach.way_to(contact)


def words(raw: str) -> str:
    """As they are kept. Raises Refused where nothing is said, or too much."""
    return texts.text("text", raw, TEXT_LIMIT)


def _answer(conversation: Conversation, text: str, by: Actor, kind: str = "text") -> Message:
    """What an employee has said stands in the conversation, and all that follows from it."""
    now = instant()
    message = Message(conversation_id=conversation.id, direction="out", kind=kind, text=text, by_id=by.user_id, at=now)
    session().add(message)
    session().flush()
    facts = _facts(text, kind)
    journal.write("message.sent", "message", message.id, by, deal_id=conversation.deal_id, new=facts)
    _answered(message, conversation, by)
    return message


def _answered(message: Message, conversation: Conversation, by: Actor) -> None:
    is_first = conversation.replied_at is None
    conversation.replied_at, conversation.unanswered_since = conversation.replied_at or message.at, None
    session().flush()
    announcements.client_waits(conversation.deal_id)
    emit(EmployeeReplied(conversation.deal_id, conversation.id, message.id, is_first, by))
    emit(DealChanged(session().get_one(Deal, conversation.deal_id), ANSWERED, by))


def _send(message: Message, conversation: Conversation) -> None:
    """It goes out by the way that there is to this client; where there is none, it stands in Dozor alone."""
    way = reach.way_in(conversation)
    webhook = webhooks.of_conversation(conversation) if way.channel == "webhook" else None
    if way.channel:
        delivery_plans.add(
            f"message-{message.id}",
            way.channel,
            way.address,
            "message",
            due=message.at,
            message_id=message.id,
            deal_id=conversation.deal_id,
            webhook_id=webhook.id if webhook else None,
            is_urgent=True,
        )


def _said_since(conversation_id: int, seen: int, text: str, by_id: int) -> Message | None:
    return (
        session()
        .scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.id > seen)
            .where(Message.direction == "out", Message.by_id == by_id, Message.text == text)
            .limit(1)
        )
        .first()
    )


def _check_answered(conversation: Conversation, seen: int, by_id: int) -> None:
    """Nobody else has since what they saw."""
    said = select(Message.by_id).where(Message.conversation_id == conversation.id, Message.id > seen)
    other = session().scalar(said.where(Message.direction == "out", Message.by_id != by_id).order_by(Message.id.desc()))
    if other is not None:
        told = {"code": "answered_meanwhile", "who": current().name_of(other)}
        raise Refused("stale", problems={"text": told}, record=("conversation", conversation.id))


def _client(deal: Deal) -> Contact | None:
    """Whom the deal is with now."""
    return session().get(Contact, deal.contact_id) if deal.contact_id else None


def _is_still(contact: Contact, seen: int) -> bool:
    """Whether who was seen is this contact, or has become one with it."""
    found = session().get(Contact, seen)
    return found is not None and identities.staying(found) is contact


def _last_with(contact: Contact, deal: Deal) -> Conversation | None:
    return session().scalars(_LATEST, {"deal": deal.id, "client": contact.id}).first()


def _first_channel(contact: Contact) -> str:
    """Of the conversation that the firm begins."""
    return "email" if contact.email else "call"


def _facts(text: str, kind: str = "text") -> dict[str, str]:
    """What the history keeps of what was said; a call is told from a word by its kind."""
    facts = {"text": shortened(text, SAID_LENGTH)}
    return facts if kind == "text" else {**facts, "kind": kind}
