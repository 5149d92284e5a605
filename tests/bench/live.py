"""From one person's move to the open pages of others; and what two hundred open pages cost."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bench.memory import pss
from tests.bench.moves import cards_of, move
from tests.bench.people import hired
from tests.bench.places import Place
from tests.bench.turns import Hello
from tests.bench.units import MS, percentile
from tests.bench.visitors import browser, cookie_of
from tests.stack import ROOT, Stack
from webapp.access.viewer import scope_of
from webapp.db import db
from webapp.snapshots import setups

PER_PERSON = 18
BREATH = 0.06  # seconds before each move, in which the floor is asked


@dataclass(slots=True)
class Heard:
    """What each socket was told: (deal, version) → instants, one for each socket."""

    sent: dict[tuple[int, int], float] = field(default_factory=dict)
    came: dict[tuple[int, int], dict[int, float]] = field(default_factory=dict)

    def delays(self) -> list[list[float]]:
        """Of each move, in milliseconds, to each socket."""
        return [[(at - sent) * MS for at in self.came.get(key, {}).values()] for key, sent in self.sent.items()]


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """Twenty pages, then two hundred, of people who all may see the deals of North."""
    figures: dict[str, float] = {}
    with place.stack(1_000) as stack:
        hello = Hello(place)
        few = _moves(stack, 20, 20 if is_quick else 60, pause=0.15, hello=hello)
        every = [delay for each in few.delays() for delay in each]
        figures |= {"live.p50": statistics.median(every), "live.p95": percentile(every, 0.95)}
        figures |= hello.figures("live.p50")
    with place.stack(1_000) as stack:
        _moves(stack, 1, 20, pause=0.05)  # what the first page and the first jobs cost is not the sockets' doing
        before = pss(stack)
        many = _moves(
            stack,
            200,
            50 if is_quick else 300,
            pause=0.2,
            hello=(hello := Hello(place)),
            then=lambda: figures.update({"box.sockets": pss(stack) - before}),
        )
        delays = many.delays()
        figures["live.missed"] = sum(200 - len(each) for each in delays)
        figures["live.steady.p95"] = percentile([delay for each in delays for delay in each], 0.95)
        figures["live.last"] = statistics.median(max(each, default=60_000.0) for each in delays)
        figures |= hello.figures("live.last")
    return figures if is_quick else figures | {"live.thousand": _thousand(place)}


def _thousand(place: Place) -> float:
    """Megabytes more with a thousand pages open, of people enough for that."""
    with place.stack(1_000, web_threads=1_100) as stack:
        with stack.app.app_context():
            watchers = hired(1_000 // PER_PERSON + 1)
        _moves(stack, 1, 20, pause=0.05)
        before = pss(stack)
        with _open(stack, (watchers * PER_PERSON)[:1_000], Heard()):
            time.sleep(5)
            return pss(stack) - before


def _moves(stack: Stack, sockets: int, times: int, pause: float, hello: Hello | None = None, then: Any = None) -> Heard:
    """Moves at an even pace while so many sockets are open."""
    heard, chance = Heard(), random.Random(3)
    visitor, cards = browser(stack, "north"), cards_of(stack, "north")
    with _open(stack, _seeing(stack, sockets), heard):
        time.sleep(2)
        for card in cards[:5]:  # what is slow the first time is not what is asked here
            assert move(visitor, card, chance).status == 200
        time.sleep(1)
        started = time.monotonic()
        for n in range(times):
            card = cards[n % len(cards)]
            answer = move(visitor, card, chance)
            assert answer.status == 200, answer.text
            heard.sent[card.id, card.version] = answer.sent_at
            time.sleep(max(0.0, started + (n + 1) * pause - time.monotonic() - BREATH))
            if hello:  # when the push of the move is over, and the next has not begun
                hello.ask()
                time.sleep(max(0.0, started + (n + 1) * pause - time.monotonic()))
        time.sleep(1.5)
        if then:
            then()
    return heard


@contextmanager
def _open(stack: Stack, people: list[str], heard: Heard) -> Iterator[None]:
    """A page for each name of `people`."""
    reader = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sockets", str(stack.port)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin
    assert reader.stdout
    cookies = [cookie_of(stack, email) for email in people]
    reader.stdin.write("\n".join(cookies) + "\n\n")
    reader.stdin.flush()
    assert json.loads(reader.stdout.readline()) == "open"
    try:
        yield
    finally:
        reader.stdin.write("end\n")
        reader.stdin.flush()
        for number, deal, version, at in json.loads(reader.stdout.readline()):
            heard.came.setdefault((deal, version), {}).setdefault(number, at)
        reader.wait(10)


def _seeing(stack: Stack, count: int) -> list[str]:
    """So many pages of people who all see the deals of North: a few of each, or as many as a person may have."""
    watchers = _watchers(stack)
    many = [person for person in watchers for _ in range(PER_PERSON)] if count > 100 else watchers * 9
    assert len(many) >= count
    return many[:count]


def _watchers(stack: Stack) -> list[str]:
    """People who see the deals of North: its reps, its heads, an admin."""
    with stack.app.app_context():
        setup = setups.current()
        north = next(each.department_id for each in setup.people.values() if each.email.startswith("north@"))
        seeing = [each.email for each in setup.people.values() if scope_of(setup, each).may_read(0, north)]
        db.session.remove()
    return seeing
