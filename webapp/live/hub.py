"""All sockets of this process, and the one thread that listens to Redis and hands each socket what it may see."""

from __future__ import annotations

import json
import logging
import queue
import socket as network
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from redis import RedisError

from webapp import clock, heartbeats, realtime
from webapp import queue as redis_queue
from webapp.actors import Scope
from webapp.db import db
from webapp.display import Reader
from webapp.live import pushes, rights

log = logging.getLogger(__name__)
QUEUE_LENGTH = 64
SEND_SECONDS = 10
LOOK_AGAIN_SECONDS = 60.0
FEEL_EVERY_SECONDS = 8.0
TRY_LATER, RESTART, SIGNED_OUT = 1013, 1012, 4401


@dataclass(slots=True, eq=False)
class Socket:
    """One open page. `seq` is the last notification that it has been given."""

    user_id: int
    session_id: int
    reader: Reader
    scope: Scope
    seq: int = 0
    close_code: int = 0
    waiting: queue.Queue[bytes] = field(default_factory=lambda: queue.Queue(QUEUE_LENGTH))
    telling: Any = field(default_factory=threading.RLock)  # one at a time looks what it has not been told

    def push(self, kind: str, **facts: Any) -> None:
        """Hand over a message; a reader too slow to keep up is closed and catches up on its return."""
        self.push_line(json.dumps({"kind": kind, **facts}, ensure_ascii=False, separators=(",", ":")))

    def push_line(self, line: str) -> None:
        self.push_lines([line])

    def push_lines(self, lines: Iterable[str]) -> None:
        """Several messages at once: the page's thread is woken for all of them only once."""
        try:
            self.waiting.put_nowait(b"".join(_framed(line) for line in lines))
        except queue.Full:
            self.close_code = TRY_LATER

    def end(self, code: int) -> None:
        """Close as soon as the writer looks."""
        self.close_code = code
        try:
            self.waiting.put_nowait(b"")
        except queue.Full:
            pass

    def next(self, timeout: float) -> bytes:
        """What to write next; nothing when there was nothing for a while."""
        try:
            return self.waiting.get(timeout=timeout)
        except queue.Empty:
            return b""

    @staticmethod
    def limit_sending(wire: network.socket) -> None:
        """A page that has stopped reading must not hold its thread for ever."""
        wire.setsockopt(network.SOL_SOCKET, network.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))


def _framed(line: str) -> bytes:
    """A text message as it goes over the wire (RFC 6455, 5.2). Never deflated: that would hold 300 kB for each page."""
    body = line.encode()
    size = len(body)
    if size < 126:
        return bytes((0x81, size)) + body
    return (b"\x81\x7e" + size.to_bytes(2) if size < 65536 else b"\x81\x7f" + size.to_bytes(8)) + body


class Hub:
    """The sockets of one process, and their listener."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.sockets: set[Socket] = set()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.looked_at = 0.0
        self.is_closing = False
        self.trouble = ""
        self.listened_at = 0.0
        self.changed_at = clock.now()  # the last change forwarded, or since when there is listening at all

    def has_room(self, user_id: int, per_user: int, total: int) -> bool:
        with self.lock:
            own = sum(1 for each in self.sockets if each.user_id == user_id)
            return not self.is_closing and own < per_user and len(self.sockets) < total

    def join(self, socket: Socket) -> None:
        """Add a socket; the first one starts the listener (after the server's fork, never before)."""
        with self.lock:
            self.sockets.add(socket)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self.thread.start()

    def leave(self, socket: Socket) -> None:
        with self.lock:
            self.sockets.discard(socket)

    def close_all(self, code: int = RESTART) -> None:
        """The server goes down: every page is told to come back."""
        self.is_closing = True
        for each in list(self.sockets):
            each.end(code)

    def open_sockets(self) -> list[Socket]:
        with self.lock:
            return list(self.sockets)

    def _listen(self) -> None:
        """Until the process ends. When Redis was away, pages are told to catch up: something was missed."""
        was_away = False
        while not self.is_closing:
            try:
                client = redis_queue.connect(self.app.config["REDIS_URL"], timeout=5)
                with client.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(realtime.CHANNEL)
                    self.changed_at = clock.now()
                    if was_away:
                        self._everybody("resync")
                    was_away = False
                    while not self.is_closing:
                        self._hear(channel)
                        self._feel()
            except RedisError as error:
                was_away = True
                log.warning("live: Redis is away (%s)", error)
                self._safely({})
                self._feel()
                time.sleep(1)

    def _hear(self, channel: Any) -> None:
        """Wait for one message, take what else has come, and forward it all at once."""
        message = channel.get_message(timeout=1.0)
        changes: dict[str, Any] = {}
        while message is not None:
            _merge(changes, message["data"])
            message = channel.get_message(timeout=0)
        self._safely(changes)

    def _safely(self, changes: Mapping[str, Any]) -> None:
        """Forward; whatever fails here, the next message must still be heard."""
        is_time = time.monotonic() - self.looked_at > LOOK_AGAIN_SECONDS
        if not changes and not is_time:
            return
        try:
            with self.app.app_context():
                if is_time or changes.get("rights"):
                    self.looked_at = time.monotonic()
                    rights.look_again(self.open_sockets())
                db.session.remove()
            if changes:
                self.changed_at = clock.now()
                pushes.forward(self.app, self.open_sockets(), changes)
            if changes.get("missed"):
                self._everybody("resync")
        except Exception:  # the listener is one thread for all pages: it outlives any single failure
            log.exception("live: a change was not forwarded")
            self._everybody("resync")

    def _feel(self) -> None:
        """Every few seconds: is anything not running, and was anybody told something of which no word came here?"""
        if time.monotonic() - self.listened_at < FEEL_EVERY_SECONDS:
            return
        self.listened_at = time.monotonic()
        try:
            with self.app.app_context():
                found = heartbeats.trouble()
                realtime.make_up()
                db.session.remove()
            pushes.catch_up(self.app, self.open_sockets())
            if found != self.trouble:
                self.trouble = found
                pushes.trouble(self.app, self.open_sockets(), found)
        except Exception:  # the same thread forwards changes: it must go on
            log.exception("live: could not look at the health")

    def _everybody(self, kind: str) -> None:
        for each in self.open_sockets():
            each.push(kind)


def _merge(changes: dict[str, Any], data: bytes) -> None:
    """Add one message's changes to those that wait."""
    for key, news in json.loads(data).items():
        if isinstance(news, dict):
            known = changes.setdefault(key, {})
            for name, each in news.items():
                known[name] = _joined(known.get(name, []), each)
        else:
            changes[key] = _joined(changes.get(key, []), news)


def _joined(known: list[Any], news: list[Any]) -> list[Any]:
    return known + [each for each in news if each not in known]
