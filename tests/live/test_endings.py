"""How a socket ends: signed out, too slow, the server going down; and what happens when Redis was away."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import websocket
from flask import Flask
from sqlalchemy import text

from tests import servers
from tests.conftest import session_of
from tests.live.conftest import LiveServer, once_read, wait_until
from tests.views.scenes import browser, scene, standing_firm
from webapp.db import db, transaction
from webapp.live import hub, sockets
from webapp.models import UserSession

TERMINATE = (  # and wait for each to be gone
    "SELECT pg_terminate_backend(pid, 4000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
SMALL = {"sockopt": ((socket.SOL_SOCKET, socket.SO_RCVBUF, 4096),)}


def test_signing_out_closes_the_sessions_sockets_and_no_other(live: LiveServer) -> None:
    who = browser(live.app, "rep1")
    with who.session_transaction() as cookie:
        secret = cookie["_user_id"]
    pages = [live.open(None, cookie=f"dozor={live.cookie(secret)}") for _ in range(2)]
    other, colleague = live.greeted("rep1"), live.greeted("rep2")
    who.post("/sign-out")
    assert [page.close_code() for page in pages] == [4401, 4401]
    assert other.hears_nothing(0.2)
    assert colleague.hears_nothing(0.2)
    wait_until(lambda: len(live.hub.sockets) == 2)


def test_a_page_that_comes_while_its_session_ends_is_closed_too(live: LiveServer) -> None:
    live.greeted("rep2")
    who = browser(live.app, "rep1")
    with who.session_transaction() as cookie:
        secret = cookie["_user_id"]

    def sign_out() -> None:
        before = live.hub.looked_at
        assert who.post("/sign-out").status_code == 303
        wait_until(lambda: live.hub.looked_at > before)

    with once_read(live.app, "FROM user_session", sign_out) as read:
        page = live.open(None, cookie=f"dozor={live.cookie(secret)}")
        assert page.close_code(4) == 4401
    assert read


def test_a_page_is_closed_when_its_session_is_thirty_days_old(live: LiveServer) -> None:
    old, young = live.greeted("rep1"), live.greeted("rep2")
    (mine,) = (each for each in live.hub.sockets if each.session_id == min(s.session_id for s in live.hub.sockets))
    with live.app.app_context(), transaction() as current:
        current.get_one(UserSession, mine.session_id).created_at -= timedelta(days=31)
    live.hub.looked_at -= hub.LOOK_AGAIN_SECONDS  # its minute is over
    assert old.close_code() == 4401
    assert young.hears_nothing(0.2)


def test_whoever_signs_in_anew_closes_the_pages_of_before(live: LiveServer) -> None:
    who = browser(live.app, "rep1")
    with who.session_transaction() as cookie:
        secret = cookie["_user_id"]
    page, other = live.open(None, cookie=f"dozor={live.cookie(secret)}"), live.greeted("rep1")
    assert who.post("/sign-in", data={"email": "rep2@dozor.example", "password": "lesson"}).status_code == 303
    assert page.close_code() == 4401
    assert other.hears_nothing(0.2)


def test_a_new_password_closes_the_persons_other_pages(live: LiveServer) -> None:
    page, who = live.greeted("rep1"), browser(live.app, "rep1")
    sends = {"name": "Ivan", "locale": "en", "theme": "auto", "time_zone": "Europe/Moscow", "current": "lesson"}
    assert who.post("/profile", data={**sends, "password": "a new password"}).status_code == 303
    assert page.close_code() == 4401


def test_a_reader_who_cannot_keep_up_is_closed_and_holds_up_nobody(live: LiveServer) -> None:
    slow, quick = live.open("rep1", **SMALL), live.greeted("rep2")
    wait_until(lambda: len(live.hub.sockets) == 2)
    mine, other = sorted(live.hub.sockets, key=lambda each: each.user_id)
    while not mine.close_code:
        mine.push("card", html="x" * 20_000)
    before = time.monotonic()
    other.push("resync")
    assert quick.next()["kind"] == "resync"
    assert time.monotonic() - before < 2
    assert slow.close_code() == sockets.TRY_LATER == 1013


def test_a_reader_who_has_stopped_reading_does_not_hold_its_thread(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "SEND_SECONDS", 1)
    live.open("rep1", **SMALL)
    wait_until(lambda: live.hub.sockets)
    mine = next(iter(live.hub.sockets))
    while not mine.close_code:
        mine.push("card", html="x" * 20_000)
    wait_until(lambda: not live.hub.sockets)


def test_when_the_server_goes_down_pages_are_told_to_come_back_before_it_goes(
    live: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "TOLD_WITHIN_SECONDS", 10)
    pages = [live.greeted(name) for name in ("rep1", "north")]
    live.hub.close_all()
    assert not live.hub.sockets
    assert [page.close_code() for page in pages] == [1012, 1012]


def test_a_page_that_comes_while_the_server_goes_down_is_told_so_too(live: LiveServer) -> None:
    live.greeted("rep1")
    (there,) = live.hub.sockets
    late = hub.Socket(there.user_id, there.session_id, there.reader, there.scope)
    live.hub.close_all()
    live.hub.join(late)
    assert late.close_code == 1012


def test_a_socket_that_the_server_ends_leaves_no_thread_behind(live: LiveServer) -> None:
    before = set(threading.enumerate())
    live.greeted("rep1")  # it does not answer that it was closed, as a page whose network has gone
    mine = {each for each in threading.enumerate() if "simple_websocket" in each.name} - before
    assert len(mine) == 1
    live.hub.close_all()
    wait_until(lambda: not any(each.is_alive() for each in mine), 3)


@pytest.fixture
def alone(templates: dict[str, Any], tmp_path: Path) -> Iterator[tuple[LiveServer, servers.RedisServer]]:
    """A server with a Redis that nobody else minds losing."""
    redis = servers.RedisServer()
    redis.start()
    with standing_firm(templates, redis, tmp_path) as app:
        live = LiveServer(app)
        live.thread.start()
        yield live, redis
        live.stop()
    redis.remove()


def test_when_redis_was_away_pages_are_told_to_look_again_and_then_hear_as_before(
    alone: tuple[LiveServer, servers.RedisServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "FEEL_EVERY_SECONDS", 1)
    live, redis = alone
    north, page, who = scene(live.app), live.greeted("north"), browser(live.app, "rep1")
    redis.stop()
    assert who.post(f"/deals/{north.deal}", data={"title": "While Redis was away"}).status_code == 303
    redis.start()
    page.until("resync", 10)
    breaker = live.app.extensions["dozor.breaker"]
    assert breaker.is_open
    assert who.post(f"/deals/{north.deal}", data={"title": "While nobody dared to ask Redis"}).status_code == 303
    breaker.until = 0.0  # its ten seconds are over
    page.until("resync", 10)  # what could not be said then is made up for
    assert who.post(f"/deals/{north.deal}/moves", data={"stage": "data_collection"}).status_code == 303
    assert page.until("card")["deal"] == north.deal


@pytest.mark.postgres
@pytest.mark.complains("a page's socket ends|live: |the database does not answer")
def test_whenever_its_database_goes_a_page_is_told_to_come_again(live: LiveServer, app: Flask) -> None:
    """After each statement of its coming in turn. Raised further than the socket, the error would be answered as a page
    is, in the middle of what is a socket by then."""

    def end_connections() -> None:
        with app.app_context(), db.engine.connect() as mine:
            mine.execute(text(TERMINATE))

    cookie, ends = f"dozor={live.cookie(session_of(app, 'head'))}", []
    live.greeted("head").socket.close()
    for nth in range(1, 30):
        wait_until(lambda: not live.hub.sockets)
        with once_read(app, "SELECT", end_connections, nth) as read:
            ends.append(_end_of(live, cookie))
        if len(read) < nth:
            break
    assert ends.pop() == "stays"
    assert len(ends) > 5
    assert set(ends) <= {1013, 503, "stays"}  # stays: that was the server's own look at its health
    assert 1013 in ends


def _end_of(live: LiveServer, cookie: str) -> int | str:
    """What a page that comes is told: refused with a status, closed with a code, or nothing of the kind."""
    try:
        page = live.open(None, cookie=cookie)
    except websocket.WebSocketBadStatusException as refused:
        return int(refused.status_code)
    try:
        return page.close_code(2)
    except websocket.WebSocketTimeoutException:
        page.socket.close()
        return "stays"
