"""The websocket: check who asks before the upgrade, subscribe, forward. The socket is never the record.

One handler thread is the only writer of its socket; what it writes comes out of a queue of bounded length.
"""

from __future__ import annotations

import logging
import socket as network
from contextlib import suppress
from zoneinfo import available_timezones

from flask import Flask, Response, current_app, request
from flask_login import current_user
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from webapp.access.viewer import viewer
from webapp.config import LOCALES, Settings
from webapp.db import db
from webapp.live import pushes, rights
from webapp.live.hub import Hub
from webapp.live.sockets import TRY_LATER, Socket
from webapp.web.templating import Reader

log = logging.getLogger(__name__)
PATH = "/live"
PER_USER = 20
SPARE_THREADS = 60  # left for pages when sockets take all they may
SAYS_NOTHING = -1  # a page never speaks: even an empty message is longer, and closes its socket (1009)
PING_SECONDS = 25
LET_GO_SECONDS = 5


def register(app: Flask) -> None:
    """The route, and the checks that must come before it."""
    hub = Hub(app)
    app.extensions["dozor.live"] = hub
    app.config["SOCK_SERVER_OPTIONS"] = {"ping_interval": PING_SECONDS, "max_message_size": SAYS_NOTHING}
    app.before_request(_refuse_strangers)
    Sock(app).route(PATH)(_converse)


def _hub() -> Hub:
    """The hub of this process."""
    found: Hub = current_app.extensions["dozor.live"]
    return found


def _refuse_strangers() -> Response | None:
    """After the upgrade it is too late to refuse. A missing Origin is foreign: browsers always send one."""
    if request.path != PATH:
        return None
    if not current_user.is_authenticated:
        return Response(status=401)
    if request.headers.get("Origin") not in _own_origins():
        return Response(status=403)
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return Response(status=426)
    if not _hub().has_room(viewer().id, PER_USER, _total()):
        return Response(status=503, headers={"Retry-After": "30"})
    return None


def _own_origins() -> set[str]:
    return {request.host_url.rstrip("/"), _settings().url}


def _settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def _total() -> int:
    """Each open socket holds one thread of the server's, and one of its own that reads."""
    return max(_settings().web_threads - SPARE_THREADS, 4)


def _converse(ws: Server) -> None:
    mine, socket = _hub(), _socket()
    try:
        db.session.remove()  # a socket lives for hours: it must not hold a connection
        mine.join(socket)
        # Who signed out, or lost a right, while it came: that was told to those who were here.
        rights.look_again([socket])
        db.session.remove()
        pushes.greet(mine.app, socket, mine.changed_at)
        _forward(ws, socket)
    except (ConnectionClosed, OSError):
        pass
    except Exception:  # raised further it would be answered as a page is, in the middle of what is a socket by now
        log.exception("a page's socket ends")
        _close(ws, TRY_LATER)
    finally:
        mine.leave(socket)
        _let_go(ws)


def _socket() -> Socket:
    """Of whoever asks, from where they have read."""
    who, since = viewer(), request.args.get("seq", "")
    return Socket(
        user_id=who.id,
        session_id=who.session_id or 0,
        reader=_drawn_for(Reader(who.locale, who.time_zone)),
        scope=who.scope,
        seq=int(since) if since.isdecimal() and len(since) < 16 else 0,
    )


def _drawn_for(now: Reader) -> Reader:
    """In which language and zone the page says that it was drawn; `now`, where it says none that there is."""
    locale, zone = request.args.get("lang", now.locale), request.args.get("zone", now.time_zone)
    is_known = locale in LOCALES and (zone == now.time_zone or zone in available_timezones())
    return Reader(locale, zone) if is_known else now


def _close(ws: Server, code: int) -> None:
    with suppress(ConnectionClosed, OSError):
        ws.close(code, "")


def _let_go(ws: Server) -> None:
    """The thread that reads ends before the server closes the connection: else it waits for half a minute, or begins
    to look at a number that is another connection's by then."""
    with suppress(OSError):
        ws.sock.shutdown(network.SHUT_RDWR)
    ws.thread.join(LET_GO_SECONDS)


def _forward(ws: Server, socket: Socket) -> None:
    ws.sock.settimeout(None)
    socket.limit_sending(ws.sock)
    while ws.connected:
        if framed := socket.next(timeout=2.0):
            ws.sock.sendall(framed)
        if socket.close_code:
            ws.close(socket.close_code, "")
            return
