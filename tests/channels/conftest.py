"""A firm that sends by servers of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.channels import worlds
from tests.channels.worlds import Calls, Post
from webapp.channels import outward


@pytest.fixture(autouse=True)
def child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a child of its own: what hung in another one hangs there."""
    monkeypatch.setattr(outward, "hung", [])


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """The firm's mail server."""
    post = Post()
    with worlds.mail_server(post) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        worlds.reaches(app, email=f"smtp://127.0.0.1:{port}")
        yield post


@pytest.fixture
def calls(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """The firm's SMS gateway."""
    calls = Calls()
    with worlds.http_gateway(calls) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        worlds.reaches(app, sms=f"json://127.0.0.1:{port}/sms")
        yield calls
