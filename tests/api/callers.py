"""Somebody who calls the API."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from flask import Flask
from werkzeug.test import TestResponse

from jobs import runner
from tests import company
from webapp.access import sessions
from webapp.db import transaction

V1 = "/api/v1"


class Clock(Protocol):
    """The clock of the tests, which stands until it is told to go on."""

    def go_on(self, **amount: float) -> None: ...


@dataclass(frozen=True)
class File:
    """A body that is a form with one file."""

    name: str
    content: bytes

    def form(self) -> dict[str, Any]:
        """As a client sends it."""
        return {"files": (BytesIO(self.content), self.name)}


@dataclass(frozen=True)
class Caller:
    """`id` is the person's; each call answers what the server sent."""

    app: Flask
    id: int
    token: str

    @classmethod
    def of(cls, app: Flask, name: str) -> Caller:
        with app.app_context(), transaction():
            user_id = company.person(name)
            token = sessions.new_token(user_id, "tests")
        return cls(app, user_id, token)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"data": body.form()} if isinstance(body, File) else {"json": body} if body is not None else {}
        client = self.app.test_client(use_cookies=False)
        return client.open(V1 + path, method=method, headers={"Authorization": f"Bearer {self.token}", **named}, **sent)

    def get(self, path: str) -> Any:
        return self._good(self.call("GET", path), 200)

    def items(self, path: str) -> list[dict[str, Any]]:
        return list(self.get(path)["items"])

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        return self._good(self.call("POST", path, body), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        return self._good(self.call("PATCH", path, body), status)

    def _good(self, answer: TestResponse, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json

    def work(self) -> None:
        """What is due is done, as a worker does it, also what comes of it."""
        with self.app.app_context():
            while runner.drain():
                pass
