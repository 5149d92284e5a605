"""The world outside, on loopback: a mail server and an SMS gateway that do as they are told, and who is reached."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask

from tests import company
from webapp import clock
from webapp.db import transaction
from webapp.models import Address, Gateway


@dataclass
class Post:
    """What a mail server took. `refuses` is its answer to a recipient, `fails` to the letter itself; `then` is done
    before a letter that was taken is answered."""

    letters: list[Message] = field(default_factory=list)
    refuses: str = ""
    fails: str = ""
    tried: int = 0
    then: Callable[[], object] = lambda: None
    senders: list[str] = field(default_factory=list)
    rcpts: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuses:
            self.tried += 1
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.tried += 1
        if self.fails:
            return self.fails
        self.senders.append(envelope.mail_from)
        self.rcpts += envelope.rcpt_tos
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        self.then()
        return "250 taken"

    @property
    def ids(self) -> list[str]:
        return [str(each["Message-ID"]) for each in self.letters]


@contextmanager
def mail_server(post: Post, port: int = 0, **more: Any) -> Iterator[int]:
    """Its port."""
    server = Controller(post, hostname="127.0.0.1", port=port or free_port(), **more)
    server.start()
    try:
        yield int(server.port)
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Calls:
    """What an SMS gateway, or another system, was asked, and what it answers; numbers that are `refused` it never
    takes. `then` is done before it answers."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    answer: str = "taken"
    goes_to: str = ""
    refused: tuple[str, ...] = ()
    then: Callable[[], object] = lambda: None
    says: dict[str, str] = field(default_factory=dict)  # headers of its answers


@contextmanager
def http_gateway(calls: Calls, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.asked.append(json.loads(body))
            calls.keys.append(self.headers["Idempotency-Key"])
            calls.bodies.append(body.decode())
            calls.heads.append({name.lower(): value for name, value in self.headers.items()})
            calls.then()
            status = 422 if calls.asked[-1].get("to") in calls.refused else calls.status
            self.send_response(302 if calls.goes_to else status)
            if calls.goes_to:
                self.send_header("Location", calls.goes_to)
            for name, value in calls.says.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # whoever asked was killed meanwhile
                self.wfile.write(calls.answer.encode())

        def do_GET(self) -> None:
            calls.heads.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(calls.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    with _served(Handler, host, port) as served:
        yield served


@dataclass
class Pushed:
    """What a push service was given: the words as the browser reads them, and the heads that came with them."""

    browser: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen bytes ok"
    said: list[dict[str, Any]] = field(default_factory=list)
    heads: list[Message] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    status: int = 201
    answer: str = ""
    goes_to: str = ""
    endpoint: str = ""
    says: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, str]:
        point = self.browser.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {name: urlsafe_b64encode(raw).decode().rstrip("=") for name, raw in self._raw(point)}

    def _raw(self, point: bytes) -> list[tuple[str, bytes]]:
        return [("p256dh", point), ("auth", self.auth)]


@contextmanager
def push_service(pushed: Pushed) -> Iterator[int]:
    """Its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            pushed.bodies.append(body)
            pushed.heads.append(self.headers)
            plain = http_ece.decrypt(body, private_key=pushed.browser, auth_secret=pushed.auth, version="aes128gcm")
            pushed.said.append(json.loads(plain))
            self.send_response(302 if pushed.goes_to else pushed.status)
            if pushed.goes_to:
                self.send_header("Location", pushed.goes_to)
            for name, value in pushed.says.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(pushed.answer)))
            self.end_headers()
            self.wfile.write(pushed.answer.encode())

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    with _served(Handler) as port:
        yield port


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    server = ThreadingHTTPServer((host, port), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def talker(say: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does `say` with each caller; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = threading.Event()

        def serve() -> None:
            listening.settimeout(0.1)
            while not ended.is_set():
                try:
                    caller, _ = listening.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=_said, args=(caller, say), daemon=True).start()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def _said(caller: socket.socket, say: Callable[[socket.socket], None]) -> None:
    with caller:
        try:
            say(caller)
        except OSError:
            return


def hangs(caller: socket.socket) -> None:
    """Takes the call and says nothing."""
    caller.settimeout(30)
    caller.recv(1)


def byte_by_byte(caller: socket.socket) -> None:
    """A greeting that never ends."""
    for each in b"220 " + b"x" * 400:
        caller.send(bytes([each]))
        time.sleep(0.02)


def closes(caller: socket.socket) -> None:
    """Says hello and is gone."""
    caller.send(b"220 hello\r\n")


def with_certificate(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """TLS from the first byte, by a certificate that nobody trusts."""

    def say(caller: socket.socket) -> None:
        try:
            context.wrap_socket(caller, server_side=True).close()
        except ssl.SSLError:
            return

    return say


def reaches(app: Flask, **urls: str) -> None:
    """The firm sends by these: email and sms."""
    with app.app_context(), transaction() as current:
        for kind, url in urls.items():
            current.query(Gateway).filter_by(kind=kind).delete()
            current.add(Gateway(kind=kind, url=url, sender="dozor@firm.example", to_clients=True))


def allows(app: Flask, monkeypatch: pytest.MonkeyPatch, *allowed: str) -> None:
    """These private hosts may be reached."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], outbound_allow=allowed))


def has_address(name: str, kind: str, address: str, *wanted_for: str, position: int = 1) -> int:
    """A confirmed address of one of the cast."""
    with transaction() as current:
        row = Address(
            user_id=company.person(name),
            kind=kind,
            address=address,
            wanted_for=list(wanted_for),
            position=position,
            confirmed_at=clock.now(),
        )
        current.add(row)
        current.flush()
        return row.id
