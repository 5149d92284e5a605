"""What the menu of a card offers to do at once: call or write to the client, answer, hand the deal over."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from rules import rights
from rules.rights import Scope
from webapp.db import session
from webapp.models import Contact, Conversation, Deal
from webapp.snapshots import setups
from webapp.snapshots.setups import PersonFacts


def offered(deal: Deal, scope: Scope) -> dict[str, Any]:
    """The client, whether there is a conversation to answer in, and to whom this person may give the deal."""
    talk = select(Conversation.id).where(Conversation.deal_id == deal.id).limit(1)
    return {
        "contact": session().get(Contact, deal.contact_id) if deal.contact_id else None,
        "has_talk": session().scalar(talk) is not None,
        "people": takers(deal, scope),
    }


def takers(deal: Deal, scope: Scope) -> list[PersonFacts]:
    """Who may be made responsible for a deal by this person, whoever is so now included."""
    people = setups.current().people.values()
    return [each for each in people if each.id == deal.responsible_id or rights.why_not_given(scope, each) is None]
