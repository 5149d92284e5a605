"""The morning: two hundred people sign in behind one address and open their board, within a minute."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from tests.bench.crowds import together
from tests.bench.people import hired
from tests.bench.places import Place
from tests.bench.turns import AROUND, Hello
from tests.bench.units import MS, percentile
from tests.bench.visitors import Answer, Visitor
from tests.stack import Stack
from webapp.access import passwords

PEOPLE, SECONDS = 200, 60.0
PASSWORD = "a long morning"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """Evenly over the minute; a short pass asks a quarter of them in a quarter of the time."""
    part = 4 if is_quick else 1
    hello = Hello(place)
    with place.stack(1_000) as stack:
        with stack.app.app_context():
            people = hired(PEOPLE // part, passwords.hashed(PASSWORD))
        boards: list[Answer] = []
        refused: list[Answer] = []
        gap = SECONDS / PEOPLE
        hello.ask(AROUND)
        together([(_arrive, (stack, each, n * gap, boards, refused)) for n, each in enumerate(people)])
        time.sleep(2)
        hello.ask(AROUND)
    for each in refused[:3]:
        print("  refused:", each.status, each.text[:200])
    p95 = percentile([each.seconds * MS for each in boards], 0.95)
    return {"herd.refused": len(refused), "herd.p95": p95, **hello.figures("herd.p95")}


def _arrive(stack: Stack, email: str, after: float, boards: list[Answer], refused: list[Answer]) -> None:
    time.sleep(after)
    for answer, is_board in _morning(stack, email):
        (boards if is_board and answer.status == 200 else refused).append(answer)


def _morning(stack: Stack, email: str) -> Iterator[tuple[Answer, bool]]:
    """Signing in, when it was refused; the board."""
    visitor = Visitor(stack.port)
    token = TOKEN.search(visitor.get("/sign-in").text)
    assert token
    answer = visitor.post("/sign-in", csrf_token=token[1], email=email, password=PASSWORD)
    if answer.status >= 400:
        yield answer, False
    yield visitor.get("/"), True
