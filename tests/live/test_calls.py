"""A call pops up on the open pages of whoever it rings, and goes when it is over."""

from __future__ import annotations

from tests.conftest import Clock
from tests.live.conftest import LiveServer
from tests.services import acts
from tests.views import provider
from tests.views.provider import NORTH_LINE, Provider
from webapp.db import session


def test_a_call_stands_on_the_pages_of_whoever_is_rung(live: LiveServer, clock: Clock) -> None:
    path = provider.set_up(live.app)
    with live.app.app_context():
        acts.deal(of=acts.contact(), waits=False)
        session().close()
    mine, others = live.greeted("rep1"), live.greeted("rep3")
    call = Provider(live.app, path)
    call.come_in(acts.PHONE, NORTH_LINE)
    while "Vera Belova" not in (shown := mine.until("frame")["calls"]):
        pass
    assert 'data-state="ringing-' in shown
    call.end()
    while "data-call" in mine.until("frame")["calls"]:
        pass
    assert others.hears_nothing(0.3)
