"""The real application under a real threaded server, with websockets as browsers open them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
import websocket
from flask import Flask
from sqlalchemy import event
from werkzeug.serving import BaseWSGIServer, make_server

from tests.conftest import session_of
from webapp.changes import announcements
from webapp.db import db

OWN_ACCORD = ("trouble",)  # what the server says of itself, whoever does what


class Page:
    """An open socket of somebody's page."""

    def __init__(self, server: LiveServer, name: str | None, query: str = "", **more: Any) -> None:
        options = {"origin": server.url, "timeout": 5, **more}
        cookie = f"dozor={server.cookie(session_of(server.app, name))}" if name else None
        self.socket = websocket.create_connection(
            f"{server.url.replace('http', 'ws')}/live{query}", cookie=options.pop("cookie", cookie), **options
        )

    def next(self, seconds: float = 5) -> dict[str, Any]:
        """The next message that somebody's doing brought about. Raises when none comes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                heard: dict[str, Any] = json.loads(self.socket.recv())
            except websocket.WebSocketTimeoutException:
                break
            if heard["kind"] not in OWN_ACCORD:
                return heard
        raise TimeoutError(f"nothing within {seconds} s")

    def until(self, kind: str, seconds: float = 8) -> dict[str, Any]:
        """The next message of a kind; others before it are passed over."""
        end = time.monotonic() + seconds
        while True:
            heard = self.next(end - time.monotonic())
            if heard["kind"] == kind:
                return heard

    def hears_nothing(self, seconds: float = 0.7) -> bool:
        try:
            heard = self.next(seconds)
        except TimeoutError:
            return True
        raise AssertionError(f"heard {heard}")

    def close_code(self, seconds: float = 8) -> int:
        """How the server ends it; whatever comes before is read and passed over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.socket.settimeout(max(end - time.monotonic(), 0.05))
            code, data = self.socket.recv_data()
            if code == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")
        raise AssertionError("it stays open")


class LiveServer:
    """The application, listening."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.pages: list[Page] = []

    @property
    def hub(self) -> Any:
        return self.app.extensions["dozor.live"]

    def cookie(self, secret: str) -> str:
        """The cookie of a browser whose session has this secret."""
        signed: str = self.app.session_interface.get_signing_serializer(self.app).dumps(  # type: ignore[attr-defined]
            {"_user_id": secret, "_fresh": True}
        )
        return signed

    def open(self, name: str | None, query: str = "?seq=0", **more: Any) -> Page:
        page = Page(self, name, query, **more)
        self.pages.append(page)
        return page

    def greeted(self, name: str, query: str = "?seq=0") -> Page:
        """A page that has been told how things stand, with the listener listening."""
        page = self.open(name, query)
        page.until("frame")
        self.listening()
        return page

    def listening(self) -> None:
        """Until the server's listener has subscribed: what is published before is lost, as in life."""
        client = self.app.extensions["dozor.redis"]
        wait_until(lambda: client.pubsub_numsub(announcements.channel(self.app))[0][1] >= 1)

    def stop(self) -> None:
        self.hub.close_all()
        for page in self.pages:
            page.socket.close(timeout=0)
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
        if self.hub.thread is not None:
            self.hub.thread.join(5)
        with self.app.app_context():
            db.session.remove()


def wait_until(holds: Callable[[], Any], seconds: float = 8) -> None:
    """Poll; raises when it does not come to hold."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it did not come to that")
        time.sleep(0.02)


@contextmanager
def once_read(app: Flask, words: str, act: Callable[[], None], nth: int = 1) -> Iterator[list[str]]:
    """In the middle of whatever reads `words` from the database for the nth time, `act` is done by others, once."""
    read: list[str] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if words in statement and len(read) < nth:
            read.append(statement)
            if len(read) < nth:
                return
            other = Thread(target=act)
            other.start()
            other.join()

    with app.app_context():
        engine = db.engine
    event.listen(engine, "after_cursor_execute", executed)
    try:
        yield read
    finally:
        event.remove(engine, "after_cursor_execute", executed)


@pytest.fixture
def live(app: Flask) -> Iterator[LiveServer]:
    server = LiveServer(app)
    server.thread.start()
    yield server
    server.stop()
