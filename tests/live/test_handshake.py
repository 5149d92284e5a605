"""Who is let in before the upgrade, how many, and what an open socket costs."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import websocket
from sqlalchemy import update
from websocket import ABNF

from tests.conftest import session_of
from tests.live.conftest import LiveServer, wait_until
from tests.views.scenes import browser
from webapp import clock
from webapp import live as door
from webapp.access import sessions
from webapp.db import db, transaction
from webapp.models import UserSession


def refused(live: LiveServer, name: str | None, **more: Any) -> int:
    with pytest.raises(websocket.WebSocketBadStatusException) as found:
        live.open(name, **more)
    return int(found.value.status_code)


def test_nobody_is_refused_before_the_upgrade(live: LiveServer) -> None:
    assert refused(live, None) == 401
    assert refused(live, None, cookie="dozor=made-up") == 401


def test_an_ended_session_is_refused(live: LiveServer) -> None:
    secret = session_of(live.app, "rep1")
    with live.app.app_context(), transaction() as current:
        mine = UserSession.token_hash == sessions.hash_token(secret)
        current.execute(update(UserSession).where(mine).values(ended_at=clock.now()))
    assert refused(live, None, cookie=f"dozor={live.cookie(secret)}") == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused_though_signed_in(live: LiveServer, origin: str) -> None:
    assert refused(live, "rep1", origin=origin) == 403


def test_a_look_alike_of_our_origin_is_refused(live: LiveServer) -> None:
    for origin in (f"{live.url}.evil.example", f"{live.url}0", live.url.replace("http", "https")):
        assert refused(live, "rep1", origin=origin) == 403


def test_a_missing_origin_is_foreign(live: LiveServer) -> None:
    assert refused(live, "rep1", suppress_origin=True) == 403


def test_a_plain_get_of_the_sockets_address_is_told_to_upgrade(live: LiveServer) -> None:
    assert live.app.test_client().get("/live").status_code == 401
    answer = browser(live.app, "rep1").get("/live", headers={"Origin": "http://localhost"})
    assert answer.status_code == 426


def test_a_person_has_so_many_sockets_and_no_more(live: LiveServer) -> None:
    for _ in range(door.PER_USER):
        live.open("rep1")
    wait_until(lambda: len(live.hub.sockets) == door.PER_USER)  # the last one has sat down
    mine = next(iter(live.hub.sockets)).user_id
    assert refused(live, "rep1") == 503
    live.open("rep2")
    live.pages[0].socket.close()
    wait_until(lambda: live.hub.has_room(mine, door.PER_USER, 1000))
    live.open("rep1")


def test_all_together_have_so_many_and_no_more(live: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_total", lambda: 3)
    for name in ("rep1", "rep2", "north"):
        live.greeted(name)
    assert refused(live, "head") == 503
    live.pages[0].socket.close()
    wait_until(lambda: len(live.hub.sockets) == 2)
    live.open("head")


def test_thirty_open_sockets_hold_no_connection_to_the_database(live: LiveServer) -> None:
    for n in range(30):
        live.greeted(("rep1", "north", "admin")[n % 3])
    with live.app.app_context():
        pool: Any = db.engine.pool
    wait_until(lambda: pool.checkedout() == 0)
    assert len(live.hub.sockets) == 30
    assert browser(live.app, "head").get("/").status_code == 200


SPOKEN = {
    "a word": (ABNF.OPCODE_TEXT, b"hello", 1),
    "nothing": (ABNF.OPCODE_TEXT, b"", 1),
    "bytes": (ABNF.OPCODE_BINARY, b"\x00", 1),
    "at length": (ABNF.OPCODE_TEXT, b"x" * 1_000_000, 1),
    "a beginning without an end": (ABNF.OPCODE_TEXT, b"x", 0),
    "an empty beginning": (ABNF.OPCODE_BINARY, b"", 0),
}


@pytest.mark.parametrize("what", SPOKEN)
def test_a_page_that_speaks_is_closed(live: LiveServer, what: str) -> None:
    code, data, is_last = SPOKEN[what]
    page, silent = live.greeted("rep1"), live.greeted("rep1")
    with contextlib.suppress(OSError):  # it is closed while still speaking
        page.socket.send_frame(ABNF.create_frame(data, code, is_last))
    with contextlib.suppress(ConnectionError):  # what it was still saying may cut the answer off
        assert page.close_code() == 1009
    wait_until(lambda: len(live.hub.sockets) == 1)
    assert silent.hears_nothing(0.2)


def test_a_page_that_answers_pings_stays(live: LiveServer) -> None:
    page = live.greeted("rep1")
    page.socket.pong(b"")
    page.socket.ping(b"")
    assert page.hears_nothing(0.5)
    assert len(live.hub.sockets) == 1


def test_a_client_that_goes_away_is_forgotten(live: LiveServer) -> None:
    live.greeted("rep1").socket.shutdown()
    wait_until(lambda: not live.hub.sockets)
