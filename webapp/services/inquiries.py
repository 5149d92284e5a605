"""What a client says finds its contact, its deal and its person; what an employee answers is written beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ColumnElement, case, func, or_, select

from rules import org
from rules.absences import cover_of
from rules.facts import CHANNELS, Raw, Text
from rules.reach import Way
from rules.setup import Pipeline
from rules.texts import is_blank, shortened
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import advisory_lock, emit, session
from webapp.errors import NotFound, invalid, not_an_option
from webapp.models import Contact, Conversation, Deal, JournalEntry, Message
from webapp.services import contacts, deals, delivery_plans, journal, texts
from webapp.services.events import ClientWrote, DealChanged, EmployeeReplied
from webapp.snapshots import reach, recipients, webhooks
from webapp.snapshots.setups import current

CHANNEL_KEYS = tuple(each.key for each in CHANNELS)
TEXT_LIMIT = 10_000
TITLE_LENGTH = 80  # of a deal that is called like its client's first word
SAID_LENGTH = 200  # of a message, in the history
AGAIN = timedelta(minutes=10)
SAID = frozenset(
    ("conversation", key) for key in ("channel", "last_client_message_at", "last_text", "replied", "unanswered")
)

HOWS = ("call", "messenger", "in_person", "email", "other")  # how one can have answered elsewhere
ANSWERED = frozenset({("conversation", "replied"), ("conversation", "unanswered")})


def receive(
    channel: str,
    contact_raw: Raw,
    text: str,
    by: Actor,
    *,
    pipeline_key: str | None = None,
    department_id: int | None = None,
    kind: str = "text",
    token_id: int | None = None,
) -> tuple[Deal, Contact, Conversation]:
    """An inquiry: attached to the contact's open deal, else a new deal for the contact's own rep or the next in turn,
    in that department if one is named, else in the pipeline's. `kind`: text, or call, which nobody took.
    `token_id`: by which it came; replies go to its address for them.

    Inquiries of one client wait for each other, so that the same client writing twice at once makes one contact and one
    deal.
    """
    text = _text(text)
    if channel not in CHANNEL_KEYS:
        raise not_an_option("channel", CHANNEL_KEYS)
    pipeline = _pipeline(pipeline_key)
    contact, left = _client(contact_raw, by)
    deal = open_deal(contact, pipeline.id)
    is_new = deal is None
    if deal is None:
        deal = _new_deal(contact, pipeline, channel, text, by, department_id)
    conversation = _conversation(deal, contact, channel)
    conversation.token_id = token_id
    message = _client_message(conversation, "\n\n".join([text, *left]), by, kind)
    emit(ClientWrote(deal.id, conversation.id, message.id, message.at, by, _is_first(message)))
    if not is_new:
        emit(DealChanged(deal, SAID, by))
    return deal, contact, conversation


def _is_first(message: Message) -> bool:
    earlier = select(Message.id).where(Message.conversation_id == message.conversation_id, Message.id < message.id)
    return session().scalar(earlier.limit(1)) is None


def receive_once(channel: str, contact_raw: Raw, text: str, by: Actor, *, pipeline_key: str | None = None) -> bool:
    """As `receive`, for a sender that may send twice: the same words of the same client within AGAIN, while the deal is
    open, are one inquiry. False when nothing new was said."""
    pipeline, contact = _pipeline(pipeline_key), _known(contacts.readable(contact_raw)[0])
    if contact is not None and _said_lately(contact.id, pipeline.id, channel, _text(text)):
        return False
    receive(channel, contact_raw, text, by, pipeline_key=pipeline_key)
    return True


def reply(conversation: Conversation, text: str, by: Actor, *, seen: int | None = None) -> Message:
    """An employee answers; the first answer takes the dialogue. `seen` is the last message that they saw: the same
    words said again on the same sight of things are one button pressed twice, and one answer."""
    text = _text(text)
    assert by.user_id is not None
    if seen is not None and (said := _said_since(conversation.id, seen, text, by.user_id)) is not None:
        return said
    message = _answer(conversation, text, by)
    _send(message, conversation)
    return message


def _answer(conversation: Conversation, text: str, by: Actor, kind: str = "text") -> Message:
    """What an employee has said stands in the conversation, and all that follows from it."""
    now = clock.now()
    message = Message(conversation_id=conversation.id, direction="out", kind=kind, text=text, by_id=by.user_id, at=now)
    session().add(message)
    session().flush()
    facts = _facts(message)
    journal.write("message.sent", "message", message.id, by, deal_id=conversation.deal_id, new=facts)
    _answered(message, conversation, by)
    return message


def answer_elsewhere(conversation: Conversation, how: str, text: str, by: Actor) -> Message:
    """An employee says that they have answered outside of Dozor, by one of HOWS. For clocks and the trigger it is a
    reply; nothing goes out, and it is shown as claimed."""
    if how not in HOWS:
        raise not_an_option("how", HOWS)
    text = texts.text("text", text, TEXT_LIMIT, required=False)
    message = Message(
        conversation_id=conversation.id, direction="out", text=text, by_id=by.user_id, at=clock.now(), claimed=how
    )
    session().add(message)
    session().flush()
    new = {"text": shortened(text, SAID_LENGTH), "how": how}
    journal.write("message.claimed", "message", message.id, by, deal_id=conversation.deal_id, new=new)
    _answered(message, conversation, by)
    return message


def _answered(message: Message, conversation: Conversation, by: Actor) -> None:
    is_first = conversation.replied_at is None
    conversation.replied_at, conversation.unanswered_since = conversation.replied_at or message.at, None
    session().flush()
    announcements.deal_changed(conversation.deal_id)
    emit(EmployeeReplied(conversation.deal_id, conversation.id, message.id, is_first, by))
    emit(DealChanged(session().get_one(Deal, conversation.deal_id), ANSWERED, by))


def talk(deal: Deal, contact: Contact, text: str, by: Actor) -> None:
    """An employee has taken a client's call about a locked deal: it answers all that the client waited for on it, as a
    reply does."""
    waiting = select(Conversation).where(Conversation.deal_id == deal.id, Conversation.unanswered_since.is_not(None))
    answered = session().scalars(waiting.order_by(Conversation.id)).all() or [_conversation(deal, contact, "call")]
    for each in answered:
        _answer(each, text, by, "call")


def _send(message: Message, conversation: Conversation) -> None:
    """It goes out by the way that there is to this client; where there is none, it stands in Dozor alone."""
    way = reach.way_to(session().get(Contact, conversation.contact_id), conversation)
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


def write_by_robot(deal: Deal, text: str, name: Text, by: Actor) -> Message | Way:
    """A robot's word to the client of a locked deal, by the way of a reply; that way, and nothing written, where it
    leads nowhere. It is no reply: what the client waits for is still to be answered."""
    contact = session().get(Contact, deal.contact_id) if deal.contact_id else None
    conversation = _last_conversation(deal)
    way = reach.way_to(contact, conversation) if contact is not None else Way(why_not="no_contact")
    if contact is None or not way.channel:
        return way
    if is_blank(text):
        return Way(why_not="blank")
    conversation = conversation or _conversation(deal, contact, _first_channel(contact))
    message = Message(
        conversation_id=conversation.id,
        direction="out",
        text=_text(text),
        robot_name=dict(name),
        at=clock.now(),
    )
    session().add(message)
    session().flush()
    journal.write("robot.wrote", "message", message.id, by, deal_id=deal.id, new=_facts(message))
    announcements.deal_changed(deal.id)
    _send(message, conversation)
    return message


def _last_conversation(deal: Deal) -> Conversation | None:
    last = select(Conversation).where(Conversation.deal_id == deal.id).order_by(Conversation.id.desc()).limit(1)
    return session().scalars(last).first()


def _first_channel(contact: Contact) -> str:
    """Of the conversation that the firm begins."""
    return "email" if contact.email else "call"


def write_first(deal: Deal, text: str, by: Actor) -> Message:
    """An employee's word to a client who has not written on a locked deal yet; where they have, it is a reply. It takes
    the dialogue like any first word of the firm."""
    contact = session().get(Contact, deal.contact_id) if deal.contact_id else None
    if contact is None:
        raise invalid("text", "no_contact")
    text = _text(text)
    return reply(_last_conversation(deal) or _conversation(deal, contact, _first_channel(contact)), text, by)


def open_for(raw: Raw, title: str, by: Actor, pipeline_key: str | None = None) -> tuple[Deal, Contact]:
    """An employee takes a client up who has no deal that they could see: a deal of theirs, and the client's if they
    were nobody's."""
    assert by.user_id is not None
    assert by.scope is not None
    pipeline = _pipeline(pipeline_key)
    contact, _ = _client(raw, by)
    deal = open_deal(contact)
    if deal is None or not by.scope.may_read(deal.responsible_id, deal.department_id):
        stage = current().first_open_stage(pipeline.id)
        assert stage is not None
        _give(contact, by.user_id, by)
        draft = deals.DealDraft(title, stage, by.user_id, contact_id=contact.id, source="call")
        deal = deals.create(draft, by)
    return deal, contact


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


def _pipeline(key: str | None) -> Pipeline:
    """The one that is named, else the first. Where no open stage is left, the first in which one is: a client's words
    are not lost."""
    setup = current()
    named = setup.pipeline_of(key)
    if named is None:
        raise invalid("pipeline", "unknown_pipeline")
    found = next((each for each in (named, *setup.pipelines.values()) if setup.first_open_stage(each.id)), None)
    if found is None:
        raise invalid("pipeline", "no_open_stage")
    return found


def _client(raw: Raw, by: Actor) -> tuple[Contact, list[str]]:
    """Who writes: known, with blanks filled, or new. And what they left that is kept nowhere: it stands below their
    words."""
    raw, unread = contacts.readable(raw)
    found = _known(raw)
    if found is None:
        made = contacts.create(raw, by)
        made.responsible_id = None  # it is the client of whoever gets the inquiry, not of whoever passes it on
        return made, unread
    found = _locked(_locked(found.id).merged_into_id or found.id)  # merged while its inquiry waited
    return found, unread + contacts.fill(found, raw, by)


def _locked(contact_id: int) -> Contact:
    return session().get_one(Contact, contact_id, with_for_update={"key_share": True}, populate_existing=True)


def _known(contact_raw: Raw) -> Contact | None:
    """Who writes, if they have written before. Whoever gives the same address, or turns out to be the same person,
    waits until this transaction has ended."""
    clean = contacts.clean(contact_raw)
    identity = [clean.get(each) for each in contacts.IDENTITY]
    advisory_lock(*(f"client {each}" for each in identity if each))
    found = contacts.find(*identity)
    if found is not None:
        advisory_lock(f"contact {found.id}")
    return found


def _said_lately(contact_id: int, pipeline_id: int, channel: str, text: str) -> bool:
    return (
        session().scalar(
            select(Message.id)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .join(Deal, Deal.id == Conversation.deal_id)
            .where(
                *_open_deals(contact_id, pipeline_id),
                Conversation.channel == channel,
                Message.direction == "in",
                or_(Message.text == text, Message.text.startswith(f"{text}\n\n", autoescape=True)),
                Message.at > clock.now() - AGAIN,
            )
            .limit(1)
        )
        is not None
    )


def _text(raw: str) -> str:
    return texts.text("text", raw, TEXT_LIMIT)


def _open_deals(contact_id: int, pipeline_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """What picks the deals that a client's words go on with; in any pipeline where none is named."""
    of_client = [Deal.contact_id == contact_id, *([Deal.pipeline_id == pipeline_id] if pipeline_id else [])]
    return (*of_client, Deal.closed_at.is_(None), Deal.deleted_at.is_(None))


def open_deal(contact: Contact, pipeline_id: int | None = None) -> Deal | None:
    """The contact's open deal here whose conversation was last in use, else that of the contact's own rep, else the
    newest; locked. Whoever opens another deal does not draw the client's next word there."""
    last_said = func.coalesce(func.max(Message.id), 0)
    is_of_own_rep = case((Deal.responsible_id == contact.responsible_id, 1), else_=0)
    found = session().scalar(
        select(Deal.id)
        .outerjoin(Conversation, Conversation.deal_id == Deal.id)
        .outerjoin(Message, Message.conversation_id == Conversation.id)
        .where(*_open_deals(contact.id, pipeline_id))
        .group_by(Deal.id)
        .order_by(last_said.desc(), is_of_own_rep.desc(), Deal.id.desc())
        .limit(1)
    )
    if found is None:
        return None
    return session().get_one(Deal, found, with_for_update=True)


def _new_deal(
    contact: Contact, pipeline: Pipeline, channel: str, text: str, by: Actor, department_id: int | None
) -> Deal:
    first = current().first_open_stage(pipeline.id)
    assert first is not None
    responsible_id = next_in_turn(contact, pipeline, department_id)
    _give(contact, responsible_id, by)
    return deals.create(
        deals.DealDraft(
            title=shortened(" ".join(text.split()), TITLE_LENGTH),
            stage=first,
            responsible_id=responsible_id,
            contact_id=contact.id,
            source=channel,
        ),
        replace(by, scope=None),  # whose turn it is, is not the choice of whoever passes the inquiry on
    )


def _give(contact: Contact, rep_id: int, by: Actor) -> None:
    """From now on this is the client of whoever has got the inquiry; unless it came to them in an absence."""
    old = contact.responsible_id
    own = current().people.get(old or 0)
    if old == rep_id or (own is not None and own.is_active):
        return
    contact.responsible_id = rep_id
    if old is not None:  # whose client somebody is from the start, their first deal says
        journal.write("contact.edited", "contact", contact.id, by, field="responsible", old=old, new=rep_id)


def next_in_turn(contact: Contact, pipeline: Pipeline, department_id: int | None = None) -> int:
    """The contact's own rep, unless they are away and nobody stands in for them; else the reps of that department, or
    of the pipeline's, who are there take turns, by their ids."""
    own = current().people.get(contact.responsible_id or 0)
    if own is not None and own.is_active and not _is_uncovered(own.id):
        return own.id
    turn = _who_take_turns(pipeline, department_id)
    advisory_lock(f"turn in pipeline {pipeline.id}")
    last = session().scalar(
        select(Deal.responsible_id)
        .where(Deal.pipeline_id == pipeline.id, Deal.source != "manual")
        .order_by(Deal.id.desc())
        .limit(1)
    )
    return next((each for each in turn if last is None or each > last), turn[0])


def _is_uncovered(rep_id: int) -> bool:
    return rep_id in recipients.away() and cover_of(current().org, rep_id, recipients.today()) is None


def _who_take_turns(pipeline: Pipeline, department_id: int | None = None) -> list[int]:
    """Reps of the department who are there; else those who are away; else whoever works here."""
    setup, away = current(), recipients.away()
    chart = setup.org
    where = department_id or pipeline.department_id
    departments = org.subtree(chart, where) if where else frozenset(chart.departments)
    leaders = {person for each in chart.departments.values() for person in (*each.heads, *each.deputies)}
    active = [each for each in setup.people.values() if each.is_active]
    reps = [each.id for each in active if each.id not in leaders and each.department_ids & departments]
    turn = [each for each in reps if each not in away] or reps or [each.id for each in active]
    if not turn:
        raise NotFound("nobody works here")
    return turn


def next_but(deal: Deal, by: Actor) -> int | None:
    """Whose turn it is to be given a deal that its responsible is to lose: a turn of its own, beside that of new
    inquiries. None: there is nobody else."""
    turn = [each for each in _who_take_turns(current().pipelines[deal.pipeline_id]) if each != deal.responsible_id]
    if not turn:
        return None
    advisory_lock(f"turn of handing over in pipeline {deal.pipeline_id}")
    taken = (JournalEntry.entity == "pipeline", JournalEntry.entity_id == deal.pipeline_id)
    said = select(JournalEntry.new).where(*taken, JournalEntry.event == "pipeline.turn_taken")
    last = session().scalar(said.order_by(JournalEntry.id.desc()).limit(1))
    found = next((each for each in turn if not isinstance(last, int) or each > last), turn[0])
    journal.write("pipeline.turn_taken", "pipeline", deal.pipeline_id, by, new=found)
    return found


def _conversation(deal: Deal, contact: Contact, channel: str) -> Conversation:
    found = (
        session()
        .scalars(
            select(Conversation)
            .where(Conversation.deal_id == deal.id, Conversation.channel == channel)
            .order_by(Conversation.id.desc())
            .limit(1)
        )
        .first()
    )
    if found is not None:
        return found
    conversation = Conversation(deal_id=deal.id, contact_id=contact.id, channel=channel, created_at=clock.now())
    session().add(conversation)
    session().flush()
    return conversation


def _client_message(conversation: Conversation, text: str, by: Actor, kind: str) -> Message:
    now = clock.now()
    message = Message(conversation_id=conversation.id, direction="in", kind=kind, text=text, at=now)
    session().add(message)
    if conversation.unanswered_since is None:
        conversation.unanswered_since = now
    session().flush()
    facts = _facts(message)
    journal.write("message.received", "message", message.id, by, deal_id=conversation.deal_id, new=facts)
    announcements.deal_changed(conversation.deal_id)
    return message


def _facts(message: Message) -> dict[str, str]:
    """What the history keeps of it; a call is told from a word by its kind."""
    facts = {"text": shortened(message.text, SAID_LENGTH)}
    return facts if message.kind == "text" else {**facts, "kind": message.kind}
