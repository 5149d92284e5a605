"""People who ask as browsers do: a kept connection, the session's cookie, the page's token. Every answer is timed."""

from __future__ import annotations

import gzip
import http.client
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from tests import company
from tests.stack import Stack
from webapp import clock
from webapp.access import sessions
from webapp.db import transaction
from webapp.models import User, UserSession

HTMX = {"HX-Request": "true"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`seconds` from the first byte sent to the last byte read."""

    status: int
    raw: bytes
    seconds: float
    sent_at: float
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        is_packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.raw) if is_packed else self.raw).decode()


class Visitor:
    """One browser."""

    def __init__(self, port: int, cookie: str = "", headers: dict[str, str] | None = None) -> None:
        self.port, self.cookie, self.headers = port, cookie, headers or {}
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        sent = {
            "Accept-Encoding": "gzip",
            **self.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if self.cookie:
            sent["Cookie"] = f"dozor={self.cookie}"
        started = time.perf_counter()
        sent_at = time.monotonic()
        self.wire.request(method, path, body, sent)
        answer = self.wire.getresponse()
        raw = answer.read()
        seconds = time.perf_counter() - started
        for each in answer.headers.get_all("Set-Cookie") or []:
            if each.startswith("dozor="):
                self.cookie = each[6:].partition(";")[0]
        return Answer(answer.status, raw, seconds, sent_at, answer.headers)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, **fields: Any) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(fields), **form, **HTMX)

    def admit(self) -> Visitor:
        """Take the page's token, as every page carries it."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/profile").text)
        assert found, "no token on the page"
        self.headers["X-CSRFToken"] = found[1]
        return self


def patient(port: int) -> Visitor:
    """Of a server that is just starting."""
    for _ in range(200):
        try:
            visitor = Visitor(port)
            visitor.get("/")
            return visitor
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def cookie_of(stack: Stack, email: str) -> str:
    """A session of that person, made in the database: signing in is slow on purpose."""
    secret, now = secrets.token_urlsafe(16), clock.now()
    with stack.app.app_context(), transaction() as current:
        user_id = current.scalar(select(User.id).where(User.email == email))
        current.add(UserSession(token_hash=sessions.hash_token(secret), user_id=user_id, created_at=now, seen_at=now))
    signer = stack.app.session_interface.get_signing_serializer(stack.app)  # type: ignore[attr-defined]
    return str(signer.dumps({"_user_id": secret, "_fresh": True}))


def browser(stack: Stack, name: str) -> Visitor:
    """A browser of one of the cast."""
    return Visitor(stack.port, cookie_of(stack, company.email(name))).admit()


def caller(stack: Stack, name: str) -> Visitor:
    """A program of one of the cast, that calls the API."""
    with stack.app.app_context(), transaction():
        token = sessions.new_token(company.person(name), "bench")
    return Visitor(stack.port, headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
