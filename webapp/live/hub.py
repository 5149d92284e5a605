"""All sockets of this process, and the one thread that listens to Redis and hands each socket what it may see."""

from __future__ import annotations

import logging
import threading
import time

from flask import Flask
from redis import RedisError
from redis.client import PubSub

from webapp import clock
from webapp.background import heartbeats, redis_client
from webapp.changes import announcements
from webapp.db import Changes, db
from webapp.live import pushes, rights
from webapp.live.sockets import RESTART, Socket
from webapp.services import silence

log = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 60.0
FEEL_EVERY_SECONDS = 8.0
TOLD_WITHIN_SECONDS = 0.5  # a page that does not read holds nobody up for longer


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
        self.silence = silence.Watch()
        self.listened_at = 0.0
        self.changed_at = clock.now()  # the last change forwarded, or since when there is listening at all

    def has_room(self, user_id: int, per_user: int, total: int) -> bool:
        with self.lock:
            own = sum(1 for each in self.sockets if each.user_id == user_id)
            return not self.is_closing and own < per_user and len(self.sockets) < total

    def join(self, socket: Socket) -> None:
        """Add a socket."""
        self.begin()
        with self.lock:
            self.sockets.add(socket)
            if self.is_closing:  # it was let in a moment before the server was told to go down
                socket.end(RESTART)

    def begin(self) -> None:
        """Listen (after the server's fork, never before). Also while no page is open: by night too somebody must
        notice that worker and ticker are silent."""
        with self.lock:
            if not self.is_closing and (self.thread is None or not self.thread.is_alive()):
                self.thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self.thread.start()

    def leave(self, socket: Socket) -> None:
        with self.lock:
            self.sockets.discard(socket)

    def close_all(self, code: int = RESTART) -> None:
        """The server goes down: every page is told to come back."""
        self.is_closing = True  # not under the lock: a signal may come while this very thread holds it
        for each in list(self.sockets):
            each.end(code)
        deadline = time.monotonic() + TOLD_WITHIN_SECONDS
        while self.sockets and time.monotonic() < deadline:  # each is told by its own thread
            time.sleep(0.01)

    def open_sockets(self) -> list[Socket]:
        with self.lock:
            return list(self.sockets)

    def _listen(self) -> None:
        """Until the process ends. When Redis was away, pages are told to catch up: something was missed."""
        was_away = False
        while not self.is_closing:
            try:
                client = redis_client.connect(self.app.config["REDIS_URL"], timeout=5)
                with client.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(announcements.channel(self.app))
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
                self._safely(Changes())
                self._feel()
                time.sleep(1)

    def _hear(self, channel: PubSub) -> None:
        """Wait for one message, take what else has come, and forward it all at once."""
        message = channel.get_message(timeout=1.0)
        changes = Changes()
        while message is not None:
            try:
                changes.merge(announcements.decoded(message["data"]))
            except ValueError:  # anybody who reaches Redis may say something on the channel
                log.warning("live: a message that is none of ours was passed over: %.80r", message["data"])
            message = channel.get_message(timeout=0)
        self._safely(changes)

    def _safely(self, changes: Changes) -> None:
        """Forward; whatever fails here, the next message must still be heard."""
        is_time = time.monotonic() - self.looked_at > LOOK_AGAIN_SECONDS
        if not changes and not is_time:
            return
        try:
            if is_time or changes.rights:
                self.looked_at = time.monotonic()
                with self.app.app_context():
                    rights.look_again(self.open_sockets())
                    db.session.remove()
            if changes:
                self.changed_at = clock.now()
                pushes.forward(self.app, self.open_sockets(), changes)
            if changes.missed:
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
                if "ticker" in found:  # else the ticker says it
                    self.silence.look(clock.now())
                announcements.publish_missed()
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
