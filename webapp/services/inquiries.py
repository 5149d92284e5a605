"""What a client says finds its contact, its deal and its person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, or_, select

from rules.facts import CHANNELS, Raw
from rules.setup import Pipeline
from rules.texts import shortened
from webapp import clock
from webapp.access.scopes import Actor
from webapp.db import SqlSelect, advisory_lock, emit, execute_core, instant, session, write_core
from webapp.errors import invalid, not_an_option
from webapp.models import Contact, Conversation, Deal, Message
from webapp.services import (
    contacts,
    conversations,
    deals,
    identities,
    inquirers,
    journal,
    responsibles,
    turns,
)
from webapp.services.events import ClientWrote, DealChanged
from webapp.services.values import Changed
from webapp.snapshots.setups import current

CHANNEL_KEYS = tuple(each.key for each in CHANNELS)
BY_MACHINES = ("api", "call")  # where a number is the one that wrote or called, and not what somebody typed
TITLE_LENGTH = 80  # of a deal that is called like its client's first word
AGAIN = timedelta(minutes=10)
SAID = frozenset(
    ("conversation", key) for key in ("channel", "last_client_message_at", "last_text", "replied", "unanswered")
)


_IS_OPEN: tuple[ColumnElement[bool], ...] = (Deal.closed_at.is_(None), Deal.deleted_at.is_(None))


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
    """An inquiry: attached to the contact's open deal (in that pipeline if one is named), else a new deal for the
    contact's own rep or the next in turn, in that department if one is named, else in the pipeline's. `kind`: text, or
    call, which nobody took.
    `token_id`: by which it came; replies go to its address for them.

    Inquiries of one client wait for each other, so that the same client writing twice at once makes one contact and one
    deal.
    """
    text = conversations.words(text)
    if channel not in CHANNEL_KEYS:
        raise not_an_option("channel", CHANNEL_KEYS)
    pipeline = _pipeline(pipeline_key)
    left_by_them, unread = inquirers.readable(contact_raw)
    if channel in BY_MACHINES:
        inquirers.check_outside(left_by_them)
    found = _known(left_by_them)
    contact, beside = _client(found, left_by_them, by)
    deal = open_deal(contact, pipeline.id if pipeline_key is not None else None) if found is not None else None
    is_new, given = deal is None, _to_somebody_here(deal, by)
    if deal is None:
        deal = _new_deal(contact, pipeline, channel, text, by, department_id)
    begins_wait = is_new or not conversations.is_awaited(deal.id)
    going_on = None if is_new else conversations.latest(deal, contact, channel)
    way = {"token_id": token_id, **_wrote_from(contact, left_by_them)}
    conversation = _carried_on(going_on, way) or conversations.begin(
        deal, contact, channel, waits_since=instant(), **way
    )
    named = _wrote_as(going_on, contact, left_by_them)
    message_id = conversations.hear(conversation, "\n\n".join([text, *named, *unread, *beside]), by, kind)
    is_first = going_on is None or _is_first(conversation, message_id)
    emit(ClientWrote(deal.id, conversation.id, message_id, instant(), by, is_first, begins_wait))
    if not is_new:
        emit(DealChanged(deal, SAID | given, by))
    return deal, contact, conversation


def _carried_on(conversation: Conversation | None, way: dict[str, Any]) -> Conversation | None:
    """From now on replies go this way."""
    if conversation is not None:
        conversations.answer_by(conversation, **way)
    return conversation


def _wrote_from(contact: Contact, left_by_them: Raw) -> dict[str, Any]:
    """From which of their addresses and numbers, to which a reply goes; nothing where they have given none of
    theirs."""
    email, phone = inquirers.wrote_from(contact, left_by_them), inquirers.called_from(contact, left_by_them)
    said: dict[str, str | None] = {"email": email if email != contact.email else None} if email else {}
    return said | ({"phone": phone if phone != contact.phone else None} if phone else {})


def _wrote_as(going_on: Conversation | None, contact: Contact, left_by_them: Raw) -> list[str]:
    """Under which other name, unless it stands there already."""
    name = inquirers.other_name(contact, left_by_them)
    return [name] if name and (going_on is None or not conversations.has_heard(going_on, name)) else []


def _to_somebody_here(deal: Deal | None, by: Actor) -> Changed:
    """Whoever closes an account from the machine may leave open deals behind: the client's word is heard by somebody,
    and that is not whoever passes it on."""
    if deal is None or current().people[deal.responsible_id].is_active:
        return frozenset()
    return responsibles.find_for(deal, replace(by, user_id=None))


def _is_first(conversation: Conversation, message_id: int) -> bool:
    return execute_core(_EARLIER, conversation=conversation.id, message=message_id).first() is None


def receive_once(channel: str, contact_raw: Raw, text: str, by: Actor, *, pipeline_key: str | None = None) -> bool:
    """As `receive`, for a sender that may send twice: the same words of the same client within AGAIN, while the deal is
    open and they wait for an answer, are one inquiry. What they have left beside them this time is kept. False when
    nothing new was said."""
    given, unread = inquirers.readable(contact_raw)
    pipeline, contact = _pipeline(pipeline_key), _known(given)
    said = _said_lately(contact, pipeline.id, channel, conversations.words(text)) if contact is not None else None
    if said is not None:
        found, beside = _client(contact, given, by)
        if all(each in said for each in (*unread, *beside, inquirers.other_name(found, given))):
            return False
    receive(channel, contact_raw, text, by, pipeline_key=pipeline_key)
    return True


def open_for(raw: Raw, title: str, by: Actor, pipeline_key: str | None = None) -> tuple[Deal, Contact]:
    """An employee takes a client up who has no deal that they could see: a deal of theirs, and the client's if they
    were nobody's."""
    assert by.user_id is not None
    assert by.scope is not None
    pipeline = _pipeline(pipeline_key)
    given, _ = inquirers.readable(raw)
    contact, _ = _client(_known(given), given, by)
    deal = open_deal(contact)
    if deal is None or not by.scope.may_read(deal.responsible_id, deal.department_id):
        stage = current().first_open_stage(pipeline.id)
        assert stage is not None
        _give(contact, by.user_id, by)
        draft = deals.DealDraft(title, stage, by.user_id, source="call")
        deal = deals.create(draft, by, client=contact)
    return deal, contact


def _pipeline(key: str | None) -> Pipeline:
    """The one that is named, or whatever its inquiries go to since it was archived; else the first. Where no open stage
    is left, the first in which one is: a client's words are not lost."""
    setup = current()
    named = setup.pipeline_of_inquiries(key)
    if named is None:
        raise invalid("pipeline", "unknown_pipeline")
    found = next((each for each in (named, *setup.pipelines.values()) if setup.first_open_stage(each.id)), None)
    if found is None:
        raise invalid("pipeline", "no_open_stage")
    return found


def _client(found: int | None, raw: Raw, by: Actor) -> tuple[Contact, list[str]]:
    """Who writes, by what they left as it can be read: whom it has found, with blanks filled, or new. And what of it is
    kept nowhere: it stands below their words."""
    if found is None:
        # It is the client of whoever gets the inquiry, not of whoever passes it on.
        return contacts.create(raw, by, is_nobodys=True), []
    contact = contacts.locked(found)  # which may have gone into another while its inquiry waited
    assert contact is not None
    return contact, contacts.fill(contact, raw, by)


def _known(contact_raw: Raw) -> int | None:
    """Who writes, if they have written before. Whoever gives the same address, or turns out to be the same person,
    waits until this transaction has ended."""
    clean = contacts.clean(contact_raw)
    identity = contacts.identity(clean)
    contacts.wait_for_others(*identity)
    found = identities.find_id(*identity)
    if found is not None:
        advisory_lock(f"contact {found}")
    return found


def _said_lately(contact_id: int, pipeline_id: int, channel: str, text: str) -> str | None:
    """With what stands below it."""
    return session().scalar(
        select(Message.text)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(Deal, Deal.id == Conversation.deal_id)
        .where(
            Conversation.contact_id == contact_id,
            Deal.pipeline_id == pipeline_id,
            *_IS_OPEN,
            Conversation.channel == channel,
            Conversation.unanswered_since.is_not(None),
            Message.direction == "in",
            or_(Message.text == text, Message.text.startswith(f"{text}\n\n", autoescape=True)),
            Message.at > clock.now() - AGAIN,
        )
        .order_by(Message.id.desc())
        .limit(1)
    )


def open_deal(contact: Contact, pipeline_id: int | None = None) -> Deal | None:
    """The contact's open deal here whose conversation was last in use, else that of the contact's own rep, else the
    newest; locked. Whoever opens another deal does not draw the client's next word there."""
    here = {} if pipeline_id is None else {"pipeline": pipeline_id}
    query = _IN_USE_HERE if here else _IN_USE
    found = execute_core(query, contact=contact.id, rep=contact.responsible_id, **here).scalar()
    return None if found is None else session().scalars(_LOCKED, {"deal": found}).one()


# Asked at each inquiry, so built once.
_LOCKED = select(Deal).where(Deal.id == bindparam("deal")).with_for_update()
_EARLIER = (
    select(Message.id)
    .where(Message.conversation_id == bindparam("conversation"), Message.id < bindparam("message"))
    .limit(1)
)
_IN_USE: SqlSelect = (
    select(Deal.id)
    .outerjoin(Conversation, Conversation.deal_id == Deal.id)
    .outerjoin(Message, Message.conversation_id == Conversation.id)
    .where(Deal.contact_id == bindparam("contact"), *_IS_OPEN)
    .group_by(Deal.id)
    .order_by(
        func.coalesce(func.max(Message.id), 0).desc(),
        case((Deal.responsible_id == bindparam("rep"), 1), else_=0).desc(),
        Deal.id.desc(),
    )
    .limit(1)
)
_IN_USE_HERE = _IN_USE.where(Deal.pipeline_id == bindparam("pipeline"))


def _new_deal(
    contact: Contact, pipeline: Pipeline, channel: str, text: str, by: Actor, department_id: int | None
) -> Deal:
    first = current().first_open_stage(pipeline.id)
    assert first is not None
    responsible_id = turns.next_in_turn(contact, pipeline, by, department_id)
    _give(contact, responsible_id, by)
    return deals.create(
        deals.DealDraft(
            title=shortened(" ".join(text.split()), TITLE_LENGTH),
            stage=first,
            responsible_id=responsible_id,
            source=channel,
        ),
        replace(by, scope=None),  # whose turn it is, is not the choice of whoever passes the inquiry on
        client=contact,
    )


def _give(contact: Contact, rep_id: int, by: Actor) -> None:
    """From now on this is the client of whoever has got the inquiry; unless it came to them in an absence."""
    old = contact.responsible_id
    own = current().people.get(old or 0)
    if old == rep_id or (own is not None and own.is_active):
        return
    write_core(contact, responsible_id=rep_id)
    if old is not None:  # whose client somebody is from the start, their first deal says
        journal.write("contact.edited", "contact", contact.id, by, field="responsible", old=old, new=rep_id)
