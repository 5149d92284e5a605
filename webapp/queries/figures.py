"""A deal's own figures: after how much working time its client was first answered, and how long it stood where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from rules import figures as rules
from rules.facts import Text
from webapp import clock
from webapp.db import session
from webapp.models import Conversation, Deal, Message, StageVisit
from webapp.snapshots import recipients
from webapp.snapshots.setups import current

MOST_VISITS = 500


@dataclass(frozen=True, slots=True)
class DealFigures:
    """`replied_for` is working time, `on_stages` is by the clock and leaves out stages where a deal is closed."""

    replied_for: timedelta | None
    on_stages: list[tuple[Text, timedelta]]


def of_deal(deal: Deal) -> DealFigures:
    """Of its first 500 visits of stages."""
    stages = current().all_stages
    stood = rules.on_stages(_stays(deal.id), clock.now())
    shown = [(stages[each].name, time) for each, time in stood.items() if stages[each].kind == "open"]
    return DealFigures(rules.replied_for(recipients.calendar_of(deal), *_first_reply(deal.id)), shown)


def _first_reply(deal_id: int) -> tuple[datetime | None, datetime | None]:
    """When the client wrote first, and when an employee first answered that; what a robot writes is no answer."""
    talks = session().scalars(select(Conversation.id).where(Conversation.deal_id == deal_id))
    first = min(filter(None, map(_first_word, talks.all())), key=lambda each: each.id, default=None)
    if first is None:
        return None, None
    later = select(Message.at).where(Message.conversation_id == first.conversation_id, Message.id > first.id)
    answers = later.where(Message.direction == "out", Message.by_id.is_not(None)).order_by(Message.id)
    return first.at, session().scalar(answers.limit(1))


def _first_word(conversation_id: int) -> Message | None:
    """The client's; by the index of one conversation, for a join would walk through everybody's messages."""
    said = select(Message).where(Message.conversation_id == conversation_id, Message.direction == "in")
    return session().scalars(said.order_by(Message.id).limit(1)).first()


def _stays(deal_id: int) -> list[rules.Stay]:
    visits = select(StageVisit.stage_id, StageVisit.entered_at, StageVisit.left_at).where(StageVisit.deal_id == deal_id)
    rows = session().execute(visits.order_by(StageVisit.entered_at, StageVisit.id).limit(MOST_VISITS))
    return [rules.Stay(*row) for row in rows]
