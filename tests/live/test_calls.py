"""A call pops up on the open pages of whoever it rings, and goes when it is over."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.conftest import Browser, Clock
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


def test_two_people_see_at_once_that_a_call_has_no_deal_and_that_it_has_one(
    live: LiveServer, clock: Clock, sign_in: Callable[[str], Browser]
) -> None:
    path, rep, head = provider.set_up(live.app), sign_in("rep1"), sign_in("north")
    pages, others = [live.greeted("rep1"), live.greeted("north")], live.greeted("rep3")
    call = Provider(live.app, path)
    told = call.come_in("+79161112233", NORTH_LINE)
    leg = told.legs[provider.PHONES["rep1"]]
    call.leg(leg, "in-progress")
    call.leg(leg, "completed")
    call.round_over(told.dial.attrib["action"], "completed")
    for each in pages:
        each.until("calls")
    again = {"headers": {"HX-Request": "true", "HX-Request-Type": "partial"}}
    lists = [each.get("/calls", **again).text for each in (rep, head)]
    assert [("tel:+79161112233" in each, "<main" in each) for each in lists] == [(True, False)] * 2
    loose = re.search(r'data-loose-call="(\d+)"', lists[0])
    assert loose is not None
    assert rep.post(f"/calls/{loose[1]}/deals").status_code == 303
    for each in pages:
        each.until("calls")
    assert "data-loose-call" not in head.get("/calls", **again).text
    assert others.hears_nothing(0.3)
