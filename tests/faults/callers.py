"""Clients who call while everything is being killed: what a provider of telephony says of each call, signed by its own
library, and said again until it is answered. What was answered must be found in the database at the end."""

from __future__ import annotations

import http.client
import random
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable

from sqlalchemy import select
from twilio.request_validator import RequestValidator

from tests.stack import NotDone, Stack
from tests.views import theirs
from tests.views.provider import NORTH_LINE, SECRET, Told
from webapp.db import session
from webapp.models import PhoneCall

PATIENCE_SECONDS = 90.0
ENDS = {"taken": "answered", "nobody": "missed", "hung up": "missed"}


class Caller:
    """One call after another, over a `path` that the firm's provider knows. `ended`: how each one should have ended."""

    def __init__(self, stack: Stack, path: str, dice: random.Random) -> None:
        self.stack, self.path, self.dice = stack, path, dice
        self.ended: dict[str, str] = {}

    def call(self) -> None:
        """Some phone takes it, or none does, or the caller hangs up while the first ones ring."""
        sid, end = f"CA{secrets.token_hex(8)}", self.dice.choice(tuple(ENDS))
        number = f"+7916111{self.dice.randrange(40):04}"  # some of them call again, even at once
        facts = {"From": number, "To": NORTH_LINE, "CallStatus": "ringing", "Direction": "inbound"}
        told = self._say(f"{self.stack.address()}{self.path}/calls", CallSid=sid, **facts)
        is_taken = False
        while end != "hung up" and "Dial" in told.verbs:
            is_taken = end == "taken"
            self._ring(sid, told, is_taken=is_taken)
            status = "completed" if is_taken else "no-answer"
            told = self._say(told.dial.attrib["action"], CallSid=sid, DialCallStatus=status, CallStatus="in-progress")
        self._say(f"{self.stack.address()}{self.path}/ends", CallSid=sid, CallStatus="completed")
        self.ended[sid] = "answered" if is_taken else "missed"

    def _ring(self, sid: str, told: Told, *, is_taken: bool) -> None:
        for n, address in enumerate(told.legs.values()):
            for status in ("in-progress", "completed") if is_taken and n == 0 else ("no-answer",):
                self._say(address, CallSid=f"LEG{n}-{sid}", ParentCallSid=sid, CallStatus=status)

    def _say(self, address: str, **sent: str) -> Told:
        """Until there is an answer: now and then twice, as providers do."""
        end, times = time.monotonic() + PATIENCE_SECONDS, self.dice.choice((1, 1, 1, 2))
        while True:
            try:
                told = [_posted(self.stack, address, sent) for _ in range(times)]
                assert len({each.text for each in told}) == 1, f"answered in two ways: {[each.text for each in told]}"
                assert theirs.is_theirs(told[0].text), told[0].text
                return told[0]
            except NotDone as refusal:
                if refusal.status < 500:
                    raise
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < end, f"{address} is not answered"
            time.sleep(0.1 + 0.3 * self.dice.random())


def _posted(stack: Stack, address: str, sent: dict[str, str]) -> Told:
    signed = {"X-Twilio-Signature": RequestValidator(SECRET).compute_signature(address, sent)}
    request = urllib.request.Request(address, urllib.parse.urlencode(sent).encode(), signed)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Told(200, answer.read().decode())
    except urllib.error.HTTPError as error:
        said = error.read().decode()
        stack.complaints.answered(f"POST {address}", error.code, said)
        raise NotDone(f"POST {address}", error.code, said) from None


def astray(ended: dict[str, str]) -> Iterable[str]:
    """What was answered, and is not in the database as it went."""
    found = dict(map(tuple, session().execute(select(PhoneCall.key, PhoneCall.state))))
    yield from (
        f"call {sid} is {found.get(sid)}, it was {state}" for sid, state in ended.items() if found.get(sid) != state
    )
