"""The world outside of a stack under faults: a mail server and an SMS gateway on this machine that its sender really
speaks to. Every few words the killer has the sender's head before it is answered."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

from sqlalchemy import func, select

from rules.reach import MOST_AN_HOUR
from tests import company
from tests.channels import worlds
from tests.channels.worlds import Calls, Post
from tests.stack import Stack
from webapp.db import session, transaction
from webapp.models import Delivery, Telling

REFUSED = "+79125550100"  # no such number, says the gateway: the next address is tried
PLACES = {
    "north": (("sms", REFUSED), ("email", "north@firm.example")),
    "head": (("sms", "+79125550101"),),
    "rep1": (("email", "rep1@firm.example"),),
}
FIRST, EACH = 3, 17  # after which word the sender dies for the first time, and then after how many


class Outside:
    """`got`: how often each word was taken, by the key that came with it."""

    def __init__(self, stack: Stack) -> None:
        self.post, self.sms, self.ends = Post(), Calls(refused=(REFUSED,)), ExitStack()
        mail = self.ends.enter_context(worlds.mail_server(self.post))
        gateway = self.ends.enter_context(worlds.http_gateway(self.sms))
        stack.environment["DOZOR_OUTBOUND_ALLOW"] = "127.0.0.0/8"
        worlds.reaches(stack.app, email=f"smtp://127.0.0.1:{mail}", sms=f"json://127.0.0.1:{gateway}/sms")
        with stack.app.app_context():
            for name, places in PLACES.items():
                for n, (kind, address) in enumerate(places):
                    worlds.has_address(name, kind, address, "urgent", "normal", position=n)
                with transaction() as current:
                    told = {"has_quiet_hours": False, "an_hour": MOST_AN_HOUR}
                    current.add(Telling(user_id=company.person(name), **told))

    def calls(self, kills: Callable[[], bool]) -> None:
        """Whenever so many words were taken, and from the first of these on until one has died: others kill it too, and
        it may not be there just then. The last of them is not answered."""
        count, has_died = itertools.count(1), False

        def taken() -> None:
            nonlocal has_died
            n = next(count)
            if n % EACH == 0 or (n >= FIRST and not has_died):
                has_died = kills()

        self.post.then = self.sms.then = taken

    @property
    def got(self) -> Counter[str]:
        texts = zip(self.sms.asked, self.sms.keys, strict=False)
        taken = [str(key) for asked, key in texts if asked["to"] != REFUSED]
        return Counter([each.strip("<>").partition("@")[0] for each in self.post.ids] + taken)

    def counted(self) -> Counter[str]:
        """How often the world was told anything, by how many words, and what became of each delivery."""
        states = select(Delivery.state, func.count()).group_by(Delivery.state)
        told = {"words taken": len(self.got), "times": self.got.total()}
        return Counter(told | dict(map(tuple, session().execute(states))))

    def stop(self) -> None:
        self.ends.close()
