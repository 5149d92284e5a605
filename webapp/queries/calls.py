"""Calls as they stand: the phones of a round, and what stands on the pages of whoever is rung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, or_, select

from rules.rights import Scope
from webapp import clock
from webapp.db import session
from webapp.models import CallLeg, Contact, Deal, PhoneCall

RINGS_AT_MOST = timedelta(minutes=5)
SHOWN_AFTER = timedelta(minutes=10)  # an unknown caller with whom one has talked: is it a client?
MOST = 3


_RINGS = and_(CallLeg.state == "ringing", CallLeg.began_at > bindparam("rings_since"))
_IS_OVER = and_(CallLeg.state == "completed", CallLeg.ended_at > bindparam("over_since"), PhoneCall.deal_id.is_(None))
# Asked of every page, so it is built once.
_CARDS = (
    select(CallLeg, PhoneCall, Contact.name, Deal)
    .join(PhoneCall, PhoneCall.id == CallLeg.call_id)
    .outerjoin(Contact, Contact.id == PhoneCall.contact_id)
    .outerjoin(Deal, and_(Deal.id == PhoneCall.deal_id, Deal.deleted_at.is_(None)))
    .where(CallLeg.user_id == bindparam("me"), or_(_RINGS, CallLeg.state == "answered", _IS_OVER))
    .order_by(CallLeg.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call on the page of somebody whose phone rings. `state`: ringing, talking, over. What they may not see of the
    client's deal is not in it."""

    id: int
    state: str
    caller: str
    name: str
    contact_id: int | None
    deal_id: int | None
    deal_title: str
    since: datetime


def legs(call_id: int, number: int) -> Sequence[CallLeg]:
    """The phones that ring in one round."""
    own = select(CallLeg).where(CallLeg.call_id == call_id, CallLeg.round == number)
    return session().scalars(own.order_by(CallLeg.id)).all()


def cards(scope: Scope) -> list[CallCard]:
    """Calls that ring this person or that they have taken, the newest first."""
    now = clock.now()
    asked = {"me": scope.user_id, "rings_since": now - RINGS_AT_MOST, "over_since": now - SHOWN_AFTER}
    return [_card(*row, scope=scope) for row in session().execute(_CARDS, asked)]


def _card(leg: CallLeg, call: PhoneCall, name: str | None, deal: Deal | None, scope: Scope) -> CallCard:
    is_seen = deal is not None and scope.may_read(deal.responsible_id, deal.department_id)
    return CallCard(
        id=call.id,
        state={"ringing": "ringing", "answered": "talking"}.get(leg.state, "over"),
        caller=call.caller,
        name=name or "",
        contact_id=call.contact_id,
        deal_id=deal.id if deal is not None and is_seen else None,
        deal_title=deal.title if deal is not None and is_seen else "",
        since=leg.answered_at or leg.began_at,
    )
