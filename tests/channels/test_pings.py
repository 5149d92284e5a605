"""A watcher outside hears of us while all is well, every five minutes, and never from inside a private network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from jobs import sender
from tests import company
from tests.channels import worlds
from tests.channels.worlds import Calls
from tests.conftest import Browser, Clock
from webapp.background import heartbeats
from webapp.db import session, transaction
from webapp.services import gateways, pings

SignIn = Callable[[str], Browser]


def live(app: Flask) -> None:
    """A round of the child, with worker and ticker at work."""
    with app.app_context():
        heartbeats.beat("worker")
        heartbeats.beat("ticker")
        sender.ping_if_due()
        session().close()


def test_a_watcher_hears_of_us_while_all_is_well(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch, sign_in: SignIn
) -> None:
    heard, admin = Calls(), sign_in("admin")
    with worlds.http_gateway(heard) as port:
        url = f"http://127.0.0.1:{port}/watch"
        wrong = admin.post("/settings/health/pings", data={"url": url})
        assert (wrong.status_code, "private network" in wrong.text) == (422, True)
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        assert admin.post("/settings/health/pings", data={"url": url}).status_code == 303
        with app.app_context():
            sender.ping_if_due()
            session().close()
        assert heard.heads == [], "nobody works: the watcher is to call for help"
        for _ in range(2):
            live(app)
        assert len(heard.heads) == 1
        clock.go_on(minutes=6)
        live(app)
        assert len(heard.heads) == 2
        page = admin.get("/settings/health").text
        assert "It calls 127.0.0.1." in page
        heard.status = 500
        clock.go_on(minutes=6)
        live(app)
        assert "The other side did not accept it. (500)" in admin.get("/settings/health").text
        admin.post("/settings/health/pings/deletions")
        clock.go_on(minutes=6)
        live(app)
        assert len(heard.heads) == 3


def test_of_two_at_once_one_gives_the_sign_and_without_a_watcher_nobody_does(inside: Flask, clock: Clock) -> None:
    def begins() -> str:
        with transaction():
            return pings.begin()

    assert begins() == ""
    url, by = "https://watch.example/sign", company.acting("admin")
    with transaction():
        gateways.row_of(pings.KIND).url = url
    assert [begins(), begins()] == [url, ""]
    clock.at += pings.EVERY - timedelta(seconds=1)
    assert begins() == ""
    clock.go_on(seconds=1)
    assert [begins(), begins()] == [url, ""], "every five minutes"
    with transaction():
        gateways.remove(pings.KIND, by)
    assert begins() == ""
