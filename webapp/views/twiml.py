"""Webhooks of telephony in TwiML form: a call comes in, a phone is taken or not, a round is over, the call is over.
Whoever does not know the address finds nothing there; what is not signed by the provider is refused unread."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, g

from rules import calls as rules
from webapp.db import session, transaction
from webapp.errors import NotFound
from webapp.models import Telephony
from webapp.queries import calls as found
from webapp.services import calls
from webapp.services.calls import Answer, Said
from webapp.snapshots import setups, telephony
from webapp.web import twiml
from webapp.web.rate_limits import limiter
from webapp.web.templating import Reader

pages = Blueprint("twiml", __name__)
HERE = "/hooks/twiml/<key>"
SID_LIMIT = 64
OFTEN = "1200 per minute"


@pages.post(f"{HERE}/calls")
@limiter.limit(OFTEN)
def come_in(key: str) -> Response:
    """CallSid, From, To: whom to ring."""
    settings = _provider(key)
    with transaction():
        answer = calls.came_in(_sid("CallSid"), twiml.sent("From"), twiml.sent("To"))
    return _answer(settings, answer)


@pages.post(f"{HERE}/legs/<int:leg_id>")
@limiter.limit(OFTEN)
def leg(key: str, leg_id: int) -> Response:
    """CallSid of the phone, ParentCallSid of the call, CallStatus."""
    settings = _provider(key)
    with transaction():
        answer = calls.said_of_leg(leg_id, _sid("ParentCallSid"), Said(twiml.sent("CallStatus"), _sid("CallSid")))
    return _answer(settings, answer)


@pages.post(f"{HERE}/rounds/<int:number>")
@limiter.limit(OFTEN)
def end_round(key: str, number: int) -> Response:
    """CallSid, DialCallStatus, DialCallSid, CallStatus: what is done next."""
    settings = _provider(key)
    said = Said(twiml.sent("DialCallStatus"), twiml.sent("DialCallSid")[:SID_LIMIT], twiml.sent("CallStatus"))
    with transaction():
        answer = calls.round_ended(_sid("CallSid"), number, said)
    return _answer(settings, answer)


@pages.post(f"{HERE}/ends")
@limiter.limit(OFTEN)
def end(key: str) -> Response:
    """CallSid, CallStatus: the call is over."""
    settings = _provider(key)
    caller = twiml.sent("From") if twiml.sent("Direction") in ("", "inbound") else ""
    with transaction():
        answer = calls.call_said(_sid("CallSid"), Said(twiml.sent("CallStatus")), caller, twiml.sent("To"))
    return _answer(settings, answer)


def _provider(key: str) -> Telephony:
    """Who is spoken with, and that it is them: before anything of it is read."""
    settings = telephony.settings()
    if settings is None or not twiml.is_same(key, settings.key):
        raise NotFound("hook")
    firm = setups.current().firm
    g.reader = Reader(firm.locale, firm.time_zone)
    if not twiml.is_signed(settings.secret, current_app.config["SETTINGS"].url):
        abort(Response("The signature is not the provider's.\n", 403, content_type="text/plain"))
    session().expunge(settings)
    return settings


def _sid(name: str) -> str:
    sid = twiml.sent(name)
    if not 0 < len(sid) <= SID_LIMIT:
        abort(422)
    return sid


def _answer(settings: Telephony, answer: Answer) -> Response:
    if answer.act == "ring":
        base = f"{current_app.config['SETTINGS'].url}/hooks/twiml/{settings.key}"
        seconds = int(rules.rings_for(settings.rings).total_seconds())
        return twiml.ring(settings, base, answer.round, found.legs(answer.call_id, answer.round), seconds)
    if answer.act == "sorry":
        return twiml.sorry(setups.current().firm.locale)
    return twiml.hang_up() if answer.act == "hang_up" else twiml.nothing()
