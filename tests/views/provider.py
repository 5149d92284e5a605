"""A provider of telephony that speaks TwiML, signs with its own library, and follows what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from flask import Flask
from twilio.request_validator import RequestValidator

from tests import company
from tests.views import theirs
from webapp.db import session, transaction
from webapp.models import PhoneLine, User
from webapp.services import telephony
from webapp.snapshots import setups
from webapp.snapshots import telephony as snapshots

SECRET = "the secret of the provider's account"
NORTH_LINE, SALES_LINE = "+74951000002", "+74951000001"
PHONES = {name: f"+7495200000{n}" for n, name in enumerate(company.PEOPLE)}


def set_up(app: Flask, *, without: tuple[str, ...] = ()) -> str:
    """A firm that takes calls, on two numbers; everybody but these has a phone. The path of its webhooks."""
    with app.app_context():
        with transaction():
            admin = company.acting("admin")
            telephony.set_up(secret=SECRET, rings="4", caller_id=SALES_LINE, by=admin)
            sales, north = _departments()
            telephony.add_line(SALES_LINE, str(sales), admin)
            telephony.add_line(NORTH_LINE, str(north), admin)
            for name, number in PHONES.items():
                session().get_one(User, company.person(name)).phone = None if name in without else number
        settings = snapshots.settings()
        assert settings is not None
        assert len(session().query(PhoneLine).all()) == 2
        session().close()
        return f"/hooks/twiml/{settings.key}"


def _departments() -> tuple[int, int]:
    """Sales and Sales North, whatever they are called."""
    people = setups.current().people
    sales, north = (people[company.person(name)].department_id for name in ("head", "rep1"))
    assert sales is not None
    assert north is not None
    return sales, north


@dataclass
class Told:
    """What the provider was told to do."""

    status: int
    text: str

    @property
    def root(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.text)

    @property
    def verbs(self) -> list[str]:
        return [each.tag for each in self.root]

    @property
    def dial(self) -> ElementTree.Element:
        found = self.root.find("Dial")
        assert found is not None, self.text
        return found

    @property
    def legs(self) -> dict[str, str]:
        """Where the provider reports of each phone: by its number."""
        return {str(each.text): each.attrib["statusCallback"] for each in self.dial.iter("Number")}


@dataclass
class Provider:
    """One call. `twice`: whatever it says, it says again, and must be answered alike."""

    app: Flask
    path: str
    sid: str = "CA0001"
    twice: bool = False
    site: str = "http://localhost"
    said: list[str] = field(default_factory=list)

    def post(self, address: str, signed: str | None = None, **sent: str) -> Told:
        validator = RequestValidator(SECRET)
        signature = validator.compute_signature(address, sent) if signed is None else signed
        client = self.app.test_client()
        headers = {"X-Twilio-Signature": signature}
        answers = [
            client.post(address.removeprefix(self.site), data=sent, headers=headers)
            for _ in range(2 if self.twice else 1)
        ]
        assert len({(each.status_code, each.text) for each in answers}) == 1
        self.said.append(address)
        assert answers[0].status != "200 OK" or theirs.is_theirs(answers[0].text), answers[0].text
        return Told(answers[0].status_code, answers[0].text)

    def at(self, path: str, **sent: str) -> Told:
        return self.post(f"{self.site}{self.path}/{path}", **{"AccountSid": "AC1", "CallSid": self.sid, **sent})

    def come_in(self, caller: str, called: str, **more: str) -> Told:
        facts = {"From": caller, "To": called, "CallStatus": "ringing", "Direction": "inbound", **more}
        return self.at("calls", **facts)

    def leg(self, address: str, status: str, **more: Any) -> Told:
        """`address` names the phone too."""
        sid = f"LEG{address.rpartition('/')[2]}"
        facts = {"CallSid": sid, "ParentCallSid": self.sid, "CallStatus": status}
        return self.post(address, **facts, **more)

    def round_over(self, address: str, status: str, **more: str) -> Told:
        return self.post(
            address, **{"CallSid": self.sid, "DialCallStatus": status, "CallStatus": "in-progress", **more}
        )

    def end(self, status: str = "completed", **more: str) -> Told:
        return self.at("ends", CallStatus=status, **more)
