"""The floors: what the same machine does at best at this moment, without the product."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from typing import Any

import redis

from rules.rights import Scope
from tests.bench.crowds import CLIENTS, together
from tests.bench.places import Place, load
from tests.bench.visitors import Visitor, patient
from webapp.app import create_app
from webapp.config import Settings
from webapp.db import db
from webapp.queries import board
from webapp.queries.filters import Filters
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """hello, commit, render and publish, in milliseconds; rate, a second."""
    times = 100 if is_quick else 400
    commit = _commit_postgres if place.postgres else _commit_sqlite
    return {
        "load": load(),
        **_hello(place, times),
        "commit": commit(place, times),
        "render": _render(place, 10 if is_quick else 30),
        "publish": _publish(place, times),
    }


def _median(times: int, act: Callable[[], Any]) -> float:
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent) * 1000


def _hello(place: Place, times: int) -> dict[str, float]:
    """One client's median, and how many a second eight get."""
    port = place.hello()
    visitor = patient(port)
    hello = _median(times, lambda: visitor.get("/"))

    def client(mine: Visitor) -> None:
        for _ in range(times):
            mine.get("/")

    seconds = together([(client, (patient(port),)) for _ in range(CLIENTS)])
    return {"hello": hello, "rate": CLIENTS * times / seconds}


def _commit_sqlite(place: Place, times: int) -> float:
    path = place.folder / "floor.db"
    with sqlite3.connect(path, isolation_level=None) as connection:
        for line in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, x TEXT)",
        ):
            connection.execute(line)

        def write() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO t (x) VALUES ('a row of some length, as rows have')")
            connection.execute("COMMIT")

        return _median(times, write)


def _commit_postgres(place: Place, times: int) -> float:
    import psycopg

    assert place.postgres
    with psycopg.connect(place.postgres.server.get_uri("postgres")) as connection:
        connection.execute("DROP TABLE IF EXISTS t")  # of whatever shape somebody has left one in a kept server
        connection.execute("CREATE TABLE t (id serial PRIMARY KEY, x text)")

        def write() -> None:
            connection.execute("INSERT INTO t (x) VALUES ('a row of some length, as rows have')")
            connection.commit()

        return _median(times, write)


def _render(place: Place, times: int) -> float:
    """The cards of a whole board through their template, nothing kept."""
    folder = place.folder / "render"
    folder.mkdir(exist_ok=True)
    url = place.firm(1000, folder)
    app = create_app(Settings.from_env({"DOZOR_DATA": str(folder), "DATABASE_URL": url, "REDIS_URL": place.redis.url}))
    with reading_as(app, Reader("ru", "Europe/Moscow")):
        pipeline = setups.current().pipeline_of(None)
        assert pipeline
        found = board.board(Scope(0, True, frozenset(), frozenset(), frozenset(), True), Filters(), pipeline)
        shown = [card for column in found.columns for card in column.cards]
        macros: Any = app.jinja_env.get_template("board/_macros.html").module
        spent = _median(times, lambda: [macros.card(card) for card in shown])
        db.session.remove()
        db.engine.dispose()
    return spent


def _publish(place: Place, times: int) -> float:
    with redis.Redis.from_url(place.redis.url) as client, client.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe("floor")
        channel.get_message(timeout=1)

        def once() -> None:
            client.publish("floor", "x")
            while channel.get_message(timeout=1) is None:
                pass

        return _median(times, once)
