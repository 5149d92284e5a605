"""Every kind of channel at once, on loopback: who sends by all of them has loaded all that sending needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.channels import worlds
from tests.channels.worlds import Calls, Post, Pushed
from webapp import clock
from webapp.db import session, transaction
from webapp.models import Address, User
from webapp.services import addresses
from webapp.snapshots import setups

ALLOWED = {"DOZOR_OUTBOUND_ALLOW": "127.0.0.0/8"}


@dataclass
class Outside:
    """A mail server, a gateway for SMS, a messenger's server, a push service: what each was told."""

    post: Post = field(default_factory=Post)
    sms: Calls = field(default_factory=Calls)
    messenger: Calls = field(default_factory=lambda: Calls(answer="{}"))
    pushed: Pushed = field(default_factory=Pushed)
    gateways: dict[str, str] = field(default_factory=dict)

    def told(self) -> dict[str, int]:
        """How many words each took."""
        return {
            "email": len(self.post.letters),
            "sms": len(self.sms.asked),
            "ntfy": len(self.messenger.asked),
            "push": len(self.pushed.said),
        }

    def ask_for_one_each(self, app: Flask, number: int = 0) -> None:
        """This firm's person of this number, who is reached by all of them, tries each. A person may do so twice."""
        worlds.reaches(app, **self.gateways)
        with app.app_context(), transaction() as current:
            people = current.scalars(select(User).order_by(User.id)).all()
            people[0].email = "boss@dozor-crm.org"  # a push service wants somebody who reads letters
            person = people[number]
            reached = {"email": "anna@firm.example", "sms": "+79125550177", "ntfy": "anna-7f3k"}
            rows = [self._address(person, kind, address) for kind, address in reached.items()]
            rows.append(self._address(person, "push", self.pushed.endpoint, keys=self.pushed.keys))
            session().flush()
            setups.changed()
            for each in rows:
                addresses.test(each)

    def _address(self, person: User, kind: str, address: str, **more: Any) -> Address:
        row = Address(user_id=person.id, kind=kind, address=address, confirmed_at=clock.now(), **more)
        session().add(row)
        return row


@contextmanager
def outside() -> Iterator[Outside]:
    """All of it stands while this is open."""
    found = Outside()
    with (
        worlds.mail_server(found.post) as mail,
        worlds.http_gateway(found.sms) as sms,
        worlds.http_gateway(found.messenger) as messenger,
        worlds.push_service(found.pushed) as push,
    ):
        found.pushed.endpoint = f"http://127.0.0.1:{push}/push/one"
        found.gateways = {
            "email": f"smtp://127.0.0.1:{mail}",
            "sms": f"json://127.0.0.1:{sms}/sms",
            "ntfy": f"ntfy://127.0.0.1:{messenger}",
        }
        yield found
