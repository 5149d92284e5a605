"""Whoever is in charge of a deal hears that its client has begun to wait for an answer: once a wait, however much is
said in it and whichever stage the deal is on. Who was given the deal by that very word knows it by that."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from rules.texts import shortened
from webapp.db import execute_core, session
from webapp.models import Deal, Message
from webapp.services import notifications, placeholders
from webapp.services.events import ClientWrote
from webapp.snapshots.deals import snapshot_of

SAID_LENGTH = 200  # of the client's word, in what is told of it
_SAID = select(Message.text, Message.kind).where(Message.id == bindparam("message"))


def tell(event: ClientWrote) -> None:
    """Also whoever passes it on: the word is the client's, and a program may work by the token of the person in
    charge."""
    if not event.begins_wait:
        return
    deal = session().get_one(Deal, event.deal_id)
    if notifications.is_told("deal.assigned", deal.id, deal.responsible_id):
        return
    said = execute_core(_SAID, message=event.message_id).one()
    facts = {**placeholders.facts_of(deal, snapshot_of(deal)), "message.text": shortened(said.text, SAID_LENGTH)}
    people, key = [deal.responsible_id], f"client-waits-{event.message_id}"
    if said.kind == "call":
        notifications.tell(people, "client.called", key=key, facts=facts, deal_id=deal.id)
    else:
        notifications.tell(people, "client.wrote", key=key, facts=facts, deal_id=deal.id)
