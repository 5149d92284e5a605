"""gunicorn's threaded worker, but a thread is taken only by a request that is here whole: whoever sends slowly waits in
the poller, for a limited time, and one address has a limited number of requests under way there.

An honest request mostly comes in one piece, and so does not meet these limits, whoever else is behind its address.
One that is here whole waits for others of the same person or program, if these have their share (`shares.py`).
"""

from __future__ import annotations

import errno
import selectors
import socket
import tempfile
import threading
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from webapp import bounds
from webapp.access.askers import Asker
from webapp.box.framing import Arrived, Framing
from webapp.box.shares import SOCKET, Shares, asker
from webapp.box.unfinished import PIECE, Arrival, Held, Received

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
CROWDED = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n"
IDLE_SECONDS = 0.005  # thirty threads at work have thirty times as much each in a second
PASSING = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)


class Connection(TConn):
    """A connection, and what has arrived on it since the last request."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any, folder: Path) -> None:
        super().__init__(cfg, sock, client, server)
        self.caller = bounds.caller(client[0] if isinstance(client, tuple) else None)
        self.whose: Asker | str = self.caller  # by whom it is counted
        self.is_asked_for = False  # known once its head is here
        self.data_ready = True
        self.folder = folder
        self.received = Arrival(b"", folder)
        self.framing = Framing()
        self.stage: Arrived | None = None  # None: no request has begun
        self.is_leaving = False
        self.asker: Asker | str | None = None  # whose share this request takes
        self.thread: int | None = None  # that serves it
        self.spent = 0.0  # of the processor by that thread, in seconds, at the last look

    def init(self) -> None:
        """In the thread that serves the request."""
        super().init()
        self.thread = threading.get_ident()
        if not isinstance(self.parser.unreader, Received):
            self.parser.unreader = Received()
        self.received.hand_over(self.parser.unreader)

    def is_idle(self) -> bool:
        """Whether the thread that serves it has done next to nothing since this was asked last."""
        if self.thread is None:
            return False
        before, self.spent = self.spent, time.clock_gettime(time.pthread_getcpuclockid(self.thread))
        return self.spent - before < IDLE_SECONDS

    def begin_again(self) -> None:
        """Another request may come."""
        self.thread, self.whose, self.is_asked_for = None, self.caller, False
        self.received = Arrival(self.parser.unreader.take_buffered(), self.folder)
        self.framing, self.stage = Framing(), None

    def drop(self) -> None:
        """Nothing of it stays on the disk."""
        self.received.drop()
        if self.parser is not None and isinstance(self.parser.unreader, Received):
            self.parser.unreader.close()

    def say(self, answer: bytes) -> None:
        """A few bytes, if the wire takes them at once."""
        try:
            self.sock.send(answer, socket.MSG_DONTWAIT)
        except OSError:
            pass


class PatientWorker(ThreadWorker):
    """See above. `waiting` are all connections without a thread, the longest waiting first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Connection, None] = {}
        self.looked_at = 0.0
        self.shares: Shares[Connection] = Shares()
        self.queued: dict[Connection, None] = {}  # here whole, and waiting for their turn
        self.turns: dict[Connection, float] = {}  # since when each is worked on, in that order
        self.held = Held()
        self.folder = Path(tempfile.gettempdir())  # of what is too large for the memory
        self.hops = 0  # of proxies: behind one all have its address, and it gathers each request itself

    def accept(self, listener: socket.socket) -> None:
        """A new connection; when there are too many, a waiting one of whoever has the most of them makes room."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in PASSING:
                raise
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, sock, client, listener.getsockname(), self.folder)
        self._wait(conn, bounds.SILENT_SECONDS)
        self._receive(conn)
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def finish_request(self, conn: Connection, done: Any) -> None:
        """A thread has answered: wait for the next request, which may have begun, or let the caller go."""
        self._end_turn(conn)
        if done.cancelled() or done.exception() is not None or not done.result():
            self._let_go(conn)
            return
        conn.begin_again()
        self._wait(conn, self.cfg.keepalive)
        if conn.received.memory:
            self._look(conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        return conn.stage is not Arrived.TOO_MUCH and super()._keepalive_after(conn, keepalive)

    def murder_keepalived(self, force: bool = False) -> None:
        """Drop whoever has had the time: about once a second."""
        now = time.monotonic()
        if now - self.looked_at < 0.5 and not force:
            return
        self.looked_at = now
        self._pass_over_who_waits(now)
        last = now if force else now + STOP_KEEPALIVE_LINGER
        for conn in list(self.waiting):
            conn.timeout = conn.timeout if self.alive and not force else min(conn.timeout, last)
            if conn.timeout <= now:
                self._turn_away(conn, LATE)

    def murder_pending(self) -> None:
        """Nobody else is pending."""

    def _wait(self, conn: Connection, seconds: float) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + seconds
        self.waiting[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn))

    def _on_readable(self, conn: Connection, _sock: socket.socket) -> None:
        if conn in self.waiting:
            self._receive(conn)

    def _receive(self, conn: Connection) -> None:
        try:
            data = conn.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
        elif not conn.is_leaving:  # what comes after the last answer is read, so that the answer is not lost, and left
            self._keep(conn, data)

    def _keep(self, conn: Connection, data: bytes) -> None:
        try:
            conn.received.add(data, may_spool=bool(conn.framing.head_ends))
        except OSError:  # the disk is full
            self._turn_away(conn, CROWDED)
            return
        self._look(conn)

    def _look(self, conn: Connection) -> None:
        """A whole request gets a thread; of one that is not, a new stage has its own time."""
        stage = conn.framing.look(conn.received.memory, conn.received.on_disk, conn.received.piece)
        self._note(conn)
        if stage in (Arrived.WHOLE, Arrived.TOO_MUCH):
            conn.stage = stage
            self._keep_shares()
            if conn in self.waiting:
                self._begin_turn(conn)
            return
        if stage is not conn.stage:
            self._enter(conn, stage)
        self._keep_bounds(conn)

    def _note(self, conn: Connection) -> None:
        """A body is counted as that of whoever signed in, where that is known: so an attacker behind the same address
        takes nothing from them."""
        if conn.framing.head_ends and not conn.is_asked_for:
            conn.is_asked_for = True
            conn.whose, _ = asker(self._head(conn), conn.caller, self.hops)
        self.held.note(conn, conn.whose, len(conn.received.memory), conn.received.on_disk)

    def _head(self, conn: Connection) -> bytes:
        return bytes(conn.received.memory[: conn.framing.head_ends])

    def _begin_turn(self, conn: Connection) -> None:
        head = self._head(conn)
        may_begin: bool | None = True
        if not SOCKET.match(head):
            conn.asker, most = asker(head, conn.caller, self.hops)
            may_begin = self.shares.begin(conn.asker, most, conn)
        if may_begin is None:
            conn.asker = None
            self._turn_away(conn, CROWDED)
            return
        self._stop_waiting(conn)
        if may_begin:
            self._work_on(conn)
        else:
            self.queued[conn] = None

    def _work_on(self, conn: Connection) -> None:
        self.held.forget(conn)
        self.queued.pop(conn, None)
        if conn.asker is not None:
            self.turns[conn] = time.monotonic()
        self.enqueue_req(conn)

    def _end_turn(self, conn: Connection) -> None:
        self.turns.pop(conn, None)
        if conn.asker is not None:
            following = self.shares.end(conn.asker)
            conn.asker = None
            if following is not None:
                self._work_on(following)

    def _pass_over_who_waits(self, now: float) -> None:
        """A request whose thread does nothing for seconds waits for a lock or a disk, not for the processor: its turn
        is another's, and it is worked on further. Else a few that wait would keep out all of a firm behind one address,
        or all that one program asks."""
        for conn, since in list(self.turns.items()):
            if now - since < bounds.TURN_SECONDS:
                break
            if conn.is_idle():
                self._end_turn(conn)

    def _enter(self, conn: Connection, stage: Arrived) -> None:
        conn.stage = stage
        conn.timeout = time.monotonic() + _patience(stage, conn.framing)
        if stage is Arrived.BODY and conn.framing.expects:
            conn.say(CONTINUE)

    def _keep_bounds(self, conn: Connection) -> None:
        """The oldest of too many unfinished ones of a sender goes; where it is too much, of whoever holds the most."""
        of_sender = self._unfinished(conn.whose)
        if len(of_sender) > bounds.UNFINISHED_PER_ADDRESS and not self.hops:
            self._turn_away(of_sender[0], CROWDED)
        self._keep_shares()

    def _keep_shares(self) -> None:
        while (whose := self.held.has_too_much()) is not None:
            of_sender = self._unfinished(whose)
            if of_sender:
                self._turn_away(of_sender[0], CROWDED)
            elif not self._give_up_turn(whose):
                break

    def _give_up_turn(self, whose: object) -> bool:
        """The last of theirs that is here whole and waits for its turn goes; False: there is none."""
        last = next((each for each in reversed(self.queued) if each.whose == whose), None)
        if last is None or last.asker is None:
            return False
        del self.queued[last]
        self.shares.leave(last.asker, last)
        last.asker = None
        last.say(CROWDED)
        self._close(last)
        return True

    def _unfinished(self, whose: object) -> list[Connection]:
        """Of one sender, the oldest first."""
        return [each for each in self.waiting if each.stage is not None and each.whose == whose]

    def _make_room(self) -> None:
        crowd = _largest_share(self.waiting)
        if crowd is not None:
            self._turn_away(crowd, CROWDED)

    def _turn_away(self, conn: Connection, why: bytes) -> None:
        if conn.stage is not None and not conn.is_leaving:
            conn.say(why)
        self._drop(conn)

    def _let_go(self, conn: Connection) -> None:
        """Say that this was the last answer, and read what still comes for a moment: or the answer might be lost."""
        conn.is_leaving = True
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            self._wait(conn, bounds.LEAVING_SECONDS)
        except (OSError, ValueError):
            self._close(conn)

    def _drop(self, conn: Connection) -> None:
        if conn in self.waiting:
            self._stop_waiting(conn)
            self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        self.held.forget(conn)
        conn.drop()
        conn.close()

    def _stop_waiting(self, conn: Connection) -> None:
        del self.waiting[conn]
        self.poller.unregister(conn.sock)


def _patience(stage: Arrived, framing: Framing) -> float:
    if stage is Arrived.HEAD:
        return bounds.HEAD_SECONDS
    return bounds.UPLOAD_SECONDS if framing.may_be_large else bounds.BODY_SECONDS


def _largest_share(waiting: Iterable[Connection]) -> Connection | None:
    """Of whoever has the most connections waiting, the one that has waited longest."""
    shares: dict[str, list[Connection]] = {}
    for each in waiting:
        shares.setdefault(each.caller, []).append(each)
    return max(shares.values(), key=len)[0] if shares else None
