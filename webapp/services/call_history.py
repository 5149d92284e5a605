"""A call in the history of its deal: who was passed over, each phone that rang, for how long, who took it, how long
they talked. Of a caller who has no deal nothing is told before there is one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.models import CallLeg, PhoneCall
from webapp.services import journal

BY = Actor(via="call")
LATE = "late"  # told anew, of a phone that was taken as turned out when all was over: for how long nobody knows


def tell(call: PhoneCall, legs: Sequence[CallLeg]) -> None:
    """What has come to its end and was not told yet."""
    if call.deal_id is None:
        return
    for person_id, post, why in call.passed or ():
        facts = {"user_id": person_id, "post": post, "why": why}
        journal.write("call.passed_over", "call", call.id, BY, deal_id=call.deal_id, new=facts)
    call.passed = None
    for leg in legs:
        if (leg.answered_at or leg.ended_at) and leg.told in ("", LATE):
            until = leg.answered_at or leg.ended_at
            outcome = "answered" if leg.answered_at else leg.state
            facts = {"user_id": leg.user_id, "post": call.rounds[leg.round][0], "outcome": outcome}
            journal.write("call.rang", "call", call.id, BY, deal_id=call.deal_id, new=facts | _for(leg.began_at, until))
            leg.told = "talked" if leg.told == LATE else "rang"
        if leg.answered_at and leg.ended_at and leg.told == "rang":
            facts = {"user_id": leg.user_id} | _for(leg.answered_at, leg.ended_at)
            journal.write("call.ended", "call", call.id, BY, deal_id=call.deal_id, new=facts)
            leg.told = "talked"
    announcements.deal_changed(call.deal_id)


def _for(begin: datetime, end: datetime | None) -> dict[str, object]:
    return {"seconds": max(0, round((end - begin).total_seconds())) if end else 0}
