"""Inquiries by the API, as in life: of five, two come from a client whom the firm knows, with an open deal or with
closed ones alone; each of the others makes a contact, a deal, a conversation and its runs."""

from __future__ import annotations

import itertools
import json
import statistics
from collections.abc import Callable

from tests.bench.crowds import CLIENTS, together
from tests.bench.places import Place
from tests.bench.turns import Hello, Rate
from tests.bench.units import MS
from tests.bench.visitors import Answer, Visitor, caller

SIZE = 20_000
STEP = 7_919  # a prime: so they are of all ages, and nobody comes twice
KNOWN = (1, 3)  # of five
SLICES = 5

_number = itertools.count(1)


def stranger(n: int) -> dict[str, str]:
    """A client nobody knows yet."""
    return {"name": f"Новый Клиент {n}", "phone": f"+7495{n:07d}", "email": f"new{n}@example.ru"}


def known(n: int) -> dict[str, str]:
    """A client of a filled firm with SIZE deals, every time another one: who writes gives a phone, or an e-mail."""
    kept = n * STEP % SIZE
    way = {"phone": f"+79{kept:09d}"} if n % 2 else {"email": f"client{kept}@example.ru"}
    return {"name": f"Клиент {n}", **way}


def client(n: int) -> dict[str, str]:
    """Who writes as the n-th."""
    return known(n) if n % 5 in KNOWN else stranger(n)


def inquire(visitor: Visitor, who: Callable[[int], dict[str, str]] = stranger) -> Answer:
    contact = who(next(_number))
    body = {"channel": "chat", "text": "Здравствуйте! Сколько стоит станок и когда привезёте?", "contact": contact}
    return visitor.ask("POST", "/api/v1/inquiries", json.dumps(body))


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """One after another, then eight programs at once."""
    with place.stack(SIZE) as stack:
        visitor = caller(stack, "admin")
        hello, rate, answers = Hello(place), Rate(place), []
        for n in range(30 if is_quick else 110):
            answers.append(inquire(visitor, client))
            hello.in_turn(n, 10)
        assert all(each.status == 201 for each in answers), [each.text for each in answers if each.status != 201]
        times, errors = 200 if is_quick else 1000, list[Answer]()

        def program(mine: Visitor, count: int) -> None:
            asked = (inquire(mine, client) for _ in range(count // CLIENTS))
            errors.extend(each for each in asked if each.status != 201)

        callers = [caller(stack, "admin") for _ in range(CLIENTS)]
        for _ in range(SLICES):
            rate.slice(times // SLICES, lambda count: together([(program, (each, count)) for each in callers]))
        assert not errors, errors[0].text
    p50 = statistics.median(each.seconds * MS for each in answers[10:])
    return {"inquiry.p50": p50, **hello.figures("inquiry.p50"), **rate.figures("inquiry.rate")}
