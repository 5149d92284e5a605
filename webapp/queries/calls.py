"""Calls as they stand: the phones of a round, and what stands on the pages of whoever is rung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, or_, select, true

from rules.rights import Scope
from webapp import clock
from webapp.access import filters
from webapp.db import SqlRow, execute_core, session
from webapp.models import CallLeg, Contact, Deal, PhoneCall, Telephony
from webapp.queries.paging import Key, Listed, Turn, rows_at
from webapp.snapshots import telephony

RINGS_AT_MOST = timedelta(minutes=5)
SHOWN_AFTER = timedelta(minutes=10)  # an unknown caller with whom one has talked: is it a client?
MOST = 3
SHOWN = 30


_RINGS = and_(CallLeg.state == "ringing", CallLeg.began_at > bindparam("rings_since"))
_WAS_OVER = and_(CallLeg.state == "completed", CallLeg.ended_at > bindparam("over_since"))
_IS_OVER = and_(_WAS_OVER, PhoneCall.deal_id.is_(None), PhoneCall.settled_at.is_(None))
_OF_ME = CallLeg.user_id == bindparam("me", type_=Integer)
# Asked of every page, so it is built once.
_CARDS = (
    select(
        *(PhoneCall.id, PhoneCall.caller, PhoneCall.contact_id, Contact.name, CallLeg.state, CallLeg.answered_at),
        *(
            CallLeg.began_at,
            PhoneCall.settled_at,
            Deal.id.label("deal_id"),
            Deal.title,
            Deal.responsible_id,
            Deal.department_id,
        ),
    )
    .join(PhoneCall, PhoneCall.id == CallLeg.call_id)
    .outerjoin(Contact, Contact.id == PhoneCall.contact_id)
    .outerjoin(Deal, and_(Deal.id == PhoneCall.deal_id, Deal.deleted_at.is_(None)))
    .where(_OF_ME, or_(_RINGS, CallLeg.state == "answered", _IS_OVER))
    .order_by(CallLeg.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call on the page of somebody whose phone rings. `state`: ringing, talking, over. What they may not see of the
    client's deal is not in it; of one that is settled nothing can be made."""

    id: int
    state: str
    is_settled: bool
    caller: str
    name: str
    contact_id: int | None
    deal_id: int | None
    deal_title: str
    since: datetime


@dataclass(frozen=True, slots=True)
class LooseCall:
    """A call without a deal, and who was rung for it; which colleague's own phone it came from, if one's."""

    row: PhoneCall
    contact: str
    rung: list[int]
    colleague_id: int | None = None


def listed(scope: Scope, turn: Turn = Turn()) -> Listed[LooseCall]:  # noqa: B008
    """A page of the calls that are over, that no deal came of and that nobody has settled, the newest first."""
    rows, onward, back = rows_at(_loose(scope), (Key(PhoneCall.__table__.c.id, falls=True),), turn)
    total = session().scalar(select(func.count(PhoneCall.id)).where(*_is_loose(scope))) or 0
    return Listed(_with_whom_it_rang(rows), total, onward, back)


def loose(scope: Scope, before: int | None = None, most: int = SHOWN) -> list[LooseCall]:
    """The same for programs, below an id; one more than `most` where the list goes on."""
    found = _loose(scope).where(PhoneCall.id < before if before is not None else true())
    return _with_whom_it_rang(session().execute(found.order_by(PhoneCall.id.desc()).limit(most + 1)).all())


def one(scope: Scope, call_id: int) -> list[LooseCall]:
    """This one as such a list has it, whatever has become of it."""
    found = _with_their_names().where(PhoneCall.id == call_id, filters.calls(scope))
    return _with_whom_it_rang(session().execute(found).all())


def _loose(scope: Scope) -> Select[*tuple[Any, ...]]:
    return _with_their_names().where(*_is_loose(scope))


def _with_their_names() -> Select[*tuple[Any, ...]]:
    return select(PhoneCall, Contact.name).outerjoin(Contact, Contact.id == PhoneCall.contact_id)


def _with_whom_it_rang(rows: Sequence[SqlRow]) -> list[LooseCall]:
    rung = select(CallLeg.call_id, CallLeg.user_id).where(CallLeg.call_id.in_([row[0].id for row in rows]))
    people: dict[int, list[int]] = {}
    for call_id, user_id in session().execute(rung.order_by(CallLeg.id)) if rows else ():
        people.setdefault(call_id, []).append(user_id)
    house = telephony.house() if rows else {}
    return [
        LooseCall(row[0], row[1] or "", list(dict.fromkeys(people.get(row[0].id, ()))), house.get(row[0].caller))
        for row in rows
    ]


def whose(call_ids: Sequence[int]) -> list[tuple[int | None, set[int]]]:
    """By what `may_see_call` knows each: its department, and who was rung for it."""
    if not call_ids:
        return []
    facts = select(PhoneCall.id, PhoneCall.department_id).where(PhoneCall.id.in_(call_ids))
    found: dict[int, tuple[int | None, set[int]]] = {
        row.id: (row.department_id, set()) for row in session().execute(facts)
    }
    rung = select(CallLeg.call_id, CallLeg.user_id).where(CallLeg.call_id.in_(call_ids))
    for call_id, user_id in session().execute(rung):
        found[call_id][1].add(user_id)
    return list(found.values())


def _is_loose(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    is_open = (PhoneCall.deal_id.is_(None), PhoneCall.settled_at.is_(None), PhoneCall.ended_at.is_not(None))
    return (*is_open, filters.calls(scope))


def count_loose(scope: Scope) -> int | None:
    """How many; None where the firm takes no calls here."""
    if session().scalar(select(Telephony.id).limit(1)) is None:
        return None
    return session().scalar(select(func.count(PhoneCall.id)).where(*_is_loose(scope))) or 0


def legs(call_id: int, number: int) -> Sequence[CallLeg]:
    """The phones that ring in one round."""
    own = select(CallLeg).where(CallLeg.call_id == call_id, CallLeg.round == number)
    return session().scalars(own.order_by(CallLeg.id)).all()


def cards(scope: Scope) -> list[CallCard]:
    """Calls that ring this person or that they have taken, the newest first."""
    return [_card(row, scope) for row in execute_core(_CARDS, me=scope.user_id, **since())]


def may_be_there() -> ColumnElement[bool]:
    """Whether `cards` has to be asked: over the numbers `me` and `since`, without the calls themselves."""
    return select(CallLeg.id).where(_OF_ME, or_(_RINGS, CallLeg.state == "answered", _WAS_OVER)).exists()


def since() -> dict[str, datetime]:
    """From when on calls still stand on a page."""
    now = clock.now()
    return {"rings_since": now - RINGS_AT_MOST, "over_since": now - SHOWN_AFTER}


def _card(row: SqlRow, scope: Scope) -> CallCard:
    is_seen = row.deal_id is not None and scope.may_read(row.responsible_id, row.department_id)
    return CallCard(
        id=row.id,
        state={"ringing": "ringing", "answered": "talking"}.get(row.state, "over"),
        is_settled=row.settled_at is not None,
        caller=row.caller,
        name=row.name or "",
        contact_id=row.contact_id,
        deal_id=row.deal_id if is_seen else None,
        deal_title=row.title if is_seen else "",
        since=row.answered_at or row.began_at,
    )
