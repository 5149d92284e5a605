"""A call of a client, as the provider tells of it: whom it rings, who takes it, and what is left when nobody does.

Every event of a call is answered once: said again, it is answered alike, and nothing is done. A call that nobody took
is an inquiry like any other. Lock order: the call, then as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from rules import calls
from rules.calls import ENDED, TAKEN
from webapp import clock, phones
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.changes import announcements
from webapp.db import advisory_lock, emit, session
from webapp.errors import NotFound
from webapp.models import CallAnswer, CallLeg, Contact, Deal, PhoneCall, Telephony
from webapp.services import call_history, callers, conversations, identities, inquiries
from webapp.services.events import CallMissed
from webapp.snapshots import setups, telephony

PHONE = Actor(via="call")
SILENCE = timedelta(minutes=2)  # the provider is late by so much, before a call is over without its word
LONGEST_TALK = timedelta(hours=4)  # providers end it then


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is to do. `act`: ring (the phones of `round`), sorry (a word, the end), hang_up, nothing."""

    call_id: int
    act: str
    round: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What the provider says of a phone or of a call. `sid` is its own name of what it speaks of."""

    status: str
    sid: str = ""
    call_status: str = ""


def came_in(sid: str, caller: str, called: str) -> Answer:
    """A call begins, or the provider asks again how to go on with it."""
    advisory_lock(f"call {sid}")
    call = _locked(sid) or _begun(sid, caller, called)
    return _once(call, "came_in", lambda: _ring(call, 0))


def said_of_leg(leg_id: int, sid: str, said: Said) -> Answer:
    """A phone rings, is taken, is not taken, or its talk is over. `sid` is the call that it rings for."""
    leg = session().get(CallLeg, leg_id)
    call = _locked(sid) if leg is not None else None
    if leg is None or call is None or leg.call_id != call.id:
        raise NotFound("leg")
    session().refresh(leg)
    return _once(call, f"leg-{leg.id}-{said.status}", lambda: _leg_said(call, leg, said))


def round_ended(sid: str, number: int, said: Said) -> Answer:
    """The phones of a round ring no more: somebody has talked, or the next ones ring, unless the caller is gone."""
    call = _locked(sid)
    if call is None or not 0 <= number < len(call.rounds):
        raise NotFound("round")
    return _once(call, f"round-{number}", lambda: _go_on(call, number, said))


def call_said(sid: str, said: Said, caller: str = "", called: str = "") -> Answer:
    """The call itself is over. One that never came in here (Dozor was away) was missed all the same."""
    advisory_lock(f"call {sid}")
    call = _locked(sid)
    if call is None and (not caller or said.status not in ENDED):
        raise NotFound("call")
    call = call or _begun(sid, caller, called)
    return _once(call, f"call-{said.status}", lambda: _over(call, said))


def end_silent(mine: Claim) -> None:
    """The provider has said nothing more: the call is over, in the open transaction, and a missed one is not lost."""
    call = session().get(PhoneCall, mine.row_id, with_for_update=True, populate_existing=True)
    if call is None:
        return
    if not outbox.is_held(mine, call) or not outbox.finish(mine, "answered" if call.answered_at else "missed"):
        raise outbox.LeaseLost(mine)
    session().refresh(call)
    _close(call, "no-answer")


def fail(call_id: int, error: str) -> None:
    """Attempts are used up."""
    call = session().get(PhoneCall, call_id)
    if call is not None and call.state == "waiting":
        call.state, call.ended_at, call.error = "failed", clock.now(), error[:2000]


def _locked(sid: str) -> PhoneCall | None:
    own = select(PhoneCall).where(PhoneCall.key == sid).with_for_update()
    return session().scalars(own.execution_options(populate_existing=True)).first()


def _once(call: PhoneCall, event: str, act: Callable[[], Answer]) -> Answer:
    kept = select(CallAnswer.answer).where(CallAnswer.call_id == call.id, CallAnswer.event == event)
    if (said := session().scalar(kept)) is not None:
        return Answer(**said)
    answer = act()
    session().add(CallAnswer(call_id=call.id, event=event, answer=asdict(answer)))
    call_history.tell(call, legs_of(call))
    return answer


def _begun(sid: str, caller: str, called: str) -> PhoneCall:
    """Whose client calls, and who is to be rung, as things stand now."""
    now, country = clock.now(), setups.current().firm.country
    caller = "" if calls.is_hidden(caller) else caller
    number = phones.split(phones.first(caller, country))[0]
    is_client = bool(caller) and number not in telephony.house()
    contact = identities.find(None if number else callers.named(caller), number, None) if is_client else None
    deal = inquiries.open_deal(contact) if contact is not None else None
    department_id = callers.department_of(deal, contact, phones.split(phones.first(called, country))[0])
    known = telephony.callees()
    rep_id = deal.responsible_id if deal else contact.responsible_id if contact else None
    plan = telephony.plan(rep_id, department_id, known)
    planned = plan.rounds
    call = PhoneCall(
        key=sid,
        caller=number or caller[: callers.NAME_LIMIT],
        department_id=department_id,
        contact_id=contact.id if contact else None,
        deal_id=deal.id if deal else None,
        passed=[[each.person_id, each.post, each.why] for each in plan.passed if each.post != "department"],
        rounds=[[each.post, [[who, known[who].number] for who in each.people]] for each in planned],
        created_at=now,
    )
    session().add(call)
    _wait(call, now + len(planned) * _rings_for() + SILENCE)
    return call


def _wait(call: PhoneCall, until: datetime) -> None:
    """So long it may go on without a word of the provider."""
    call.due_at = call.visible_at = until
    session().flush()
    outbox.arm("call", call.id, until)


def _rings_for() -> timedelta:
    settings = session().scalars(select(Telephony)).first()
    return calls.rings_for(settings.rings if settings else calls.RINGS)


def legs_of(call: PhoneCall) -> Sequence[CallLeg]:
    """The phones that it rang, in that order."""
    return session().scalars(select(CallLeg).where(CallLeg.call_id == call.id).order_by(CallLeg.id)).all()


def _ring(call: PhoneCall, number: int) -> Answer:
    """The phones of this round; nobody is left: the call is missed."""
    if number >= len(call.rounds):
        _close(call, "no-answer")
        return Answer(call.id, "sorry")
    made = [
        CallLeg(call_id=call.id, round=number, user_id=who, number=phone, began_at=clock.now())
        for who, phone in call.rounds[number][1]
    ]
    session().add_all(made)
    session().flush()
    show(made)
    return Answer(call.id, "ring", number)


def show(legs: Sequence[CallLeg]) -> None:
    """On the pages of those who are rung."""
    for user_id in sorted({each.user_id for each in legs}):
        announcements.inbox_changed(user_id)


def _leg_said(call: PhoneCall, leg: CallLeg, said: Said) -> Answer:
    leg.sid = said.sid or leg.sid
    if leg.ended_at is None:
        if said.status == "ringing" and leg.state == "ringing":
            leg.began_at = clock.now()
        elif said.status in TAKEN:
            _take(call, leg)
        if said.status in ENDED:
            _leave(leg, said.status)
    elif said.status in TAKEN and call.state != "waiting" and call.answered_by_id is None:
        _take_late(call, leg)
    return Answer(call.id, "nothing")


def _take(call: PhoneCall, leg: CallLeg) -> None:
    """Who takes it first has it; what the client waited for is answered."""
    if call.answered_at is not None or call.state != "waiting":
        return
    now = clock.now()
    leg.state, leg.answered_at = "answered", now
    call.answered_at, call.answered_by_id = now, leg.user_id
    _end_legs(call, "canceled", but=leg)
    _wait(call, now + LONGEST_TALK)
    talk(call)
    show(legs_of(call))


def _take_late(call: PhoneCall, leg: CallLeg) -> None:
    """The end of the round, or of the call, has overtaken the word of who took it, which counts all the same. For how
    long they talked nobody knows."""
    call.answered_at, call.answered_by_id, call.state = call.answered_at or leg.ended_at, leg.user_id, "answered"
    leg.state, leg.answered_at, leg.told = "completed", leg.ended_at, call_history.LATE
    talk(call)
    show(legs_of(call))
    announcements.calls_changed(call.id)


def talk(call: PhoneCall) -> None:
    """Somebody has spoken with the client: what the deal waited for is answered, and the conversation says so."""
    if call.deal_id is None:
        return
    deal = session().get_one(Deal, call.deal_id, with_for_update=True, populate_existing=True)
    contact = session().get(Contact, call.contact_id) if call.contact_id else None
    if deal.deleted_at is None and contact is not None:
        conversations.talk(deal, contact, callers.mark_of(call), Actor(call.answered_by_id, via="call"))


def _leave(leg: CallLeg, status: str) -> None:
    leg.state, leg.ended_at = "completed" if leg.answered_at else status, clock.now()


def _end_legs(call: PhoneCall, status: str, but: CallLeg | None = None) -> None:
    for each in legs_of(call):
        if each is not but and each.ended_at is None:
            _leave(each, status)


def _go_on(call: PhoneCall, number: int, said: Said) -> Answer:
    """After a round."""
    if call.state != "waiting":
        return Answer(call.id, "hang_up")
    if said.status in TAKEN and call.answered_at is None and (leg := _who_took(call, number, said.sid)) is not None:
        _take(call, leg)
    elif said.status in TAKEN:  # by whom, the provider does not say
        call.answered_at = call.answered_at or clock.now()
    if call.answered_at is not None or said.call_status in ENDED:
        _close(call, "canceled")
        return Answer(call.id, "hang_up")
    rung = [each for each in legs_of(call) if each.round == number]
    _end_legs(call, said.status if len(rung) == 1 and said.status in calls.NOBODY_TOOK else "no-answer")
    show(rung)
    return _ring(call, number + 1)


def _who_took(call: PhoneCall, number: int, sid: str) -> CallLeg | None:
    """By the provider's name of the phone; where only one rang, that one."""
    rung = [each for each in legs_of(call) if each.round == number]
    return next((each for each in rung if sid and each.sid == sid), rung[0] if len(rung) == 1 else None)


def _over(call: PhoneCall, said: Said) -> Answer:
    if said.status in ENDED and call.state == "waiting":
        _close(call, "canceled")
    return Answer(call.id, "nothing")


def _close(call: PhoneCall, status: str) -> None:
    """The end of a call; phones that still ring are left with this status. Nobody took it: it is an inquiry now. A deal
    that was deleted meanwhile is none: nobody would look for the caller there."""
    _end_legs(call, status)
    if callers.standing_deal(call) is None:
        call.deal_id = None
    call.state, call.ended_at = "answered" if call.answered_at else "missed", clock.now()
    if call.answered_at is None:
        _miss(call)
    show(legs_of(call))
    announcements.calls_changed(call.id)


def _miss(call: PhoneCall) -> None:
    """A colleague's own phone is no client's: such a call stands among those without a deal, with their name."""
    if call.caller in telephony.house():
        return
    deal, contact, _ = inquiries.receive(
        "call",
        callers.client_of(call),
        callers.mark_of(call),
        PHONE,
        pipeline_key=callers.pipeline_of(call),
        department_id=call.department_id,
        kind="call",
    )
    call.deal_id, call.contact_id = deal.id, contact.id
    emit(CallMissed(deal.id, PHONE))
