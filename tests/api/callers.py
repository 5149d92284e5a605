"""Somebody who calls the API, and the clock they live by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from jobs import runner
from webapp import auth
from webapp.db import session, transaction
from webapp.models import User

V1 = "/api/v1"


@dataclass
class Clock:
    now: datetime

    def read(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Caller:
    """`id` is the person's; each call answers what the server sent."""

    app: Flask
    id: int
    token: str

    @classmethod
    def of(cls, app: Flask, name: str) -> Caller:
        with app.app_context():
            user_id = session().scalar(select(User.id).where(User.email == f"{name}@dozor.example"))
            assert user_id is not None
            with transaction():
                token = auth.new_token(user_id, "tests")
        return cls(app, user_id, token)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"json": body} if body is not None else {}
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
