"""What anybody who reaches Redis may say on the channel: the listener is one thread for all pages, and goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.live.conftest import LiveServer
from tests.views.scenes import browser, scene
from webapp.app import create_app
from webapp.changes import announcements

RUBBISH = {
    "no object": b"[]",
    "nothing": b"",
    "no text": b"\xff\xfe",
    "no ids": b'{"people": ["x"], "deals": {"y": 1}}',
    "people who are none": b'{"tasks_left": {"1": ["x"]}}',
    "an owner who is none": b'{"left": {"1": [["x", null]]}}',
    "a number beyond numbers": b'{"people": [1e999]}',
    "an id beyond ids": b'{"people": [%d]}' % 10**40,
    "deeper than Python reads": b"[" * 100_000,
    "one of another shape": b'{"left": {"1": [["x", {}]]}, "rights": [{}]}',
    "a lone surrogate": b'{"draft": "\\ud800", "left": {"1": [["\\ud800", null]]}}',
}


@pytest.mark.parametrize("what", RUBBISH)
def test_whatever_is_said_the_next_change_is_heard(live: LiveServer, what: str) -> None:
    at, page = scene(live.app), live.greeted("north")
    listener = live.hub.thread
    live.app.extensions["dozor.redis"].publish(announcements.channel(live.app), RUBBISH[what])
    moved = browser(live.app, "rep1").post(f"/deals/{at.deal}/moves", data={"stage": "data_collection"})
    assert moved.status_code == 303
    assert page.until("card")["deal"] == at.deal
    assert live.hub.thread is listener
    assert listener.is_alive()


def test_two_installations_at_one_redis_do_not_hear_each_other(live: LiveServer) -> None:
    mine = announcements.channel(live.app)
    other = create_app(replace(live.app.config["SETTINGS"], secret="of another firm, and long enough too"))
    assert announcements.channel(other) != mine
    assert live.app.config["SETTINGS"].secret not in mine
    other.extensions["dozor.redis"].close()
