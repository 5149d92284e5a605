"""Inquiries by the API: each makes a contact, a deal, a conversation and its runs."""

from __future__ import annotations

import itertools
import json
import statistics

from tests.bench.moves import CLIENTS, together
from tests.bench.places import Place
from tests.bench.units import MS
from tests.bench.visitors import Answer, Visitor, caller

_number = itertools.count(1)


def inquire(visitor: Visitor) -> Answer:
    """A client nobody knows yet."""
    n = next(_number)
    contact = {"name": f"Новый Клиент {n}", "phone": f"+7495{n:07d}", "email": f"new{n}@example.ru"}
    body = {"channel": "chat", "text": "Здравствуйте! Сколько стоит станок и когда привезёте?", "contact": contact}
    return visitor.ask("POST", "/api/v1/inquiries", json.dumps(body))


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """One after another, then eight programs at once."""
    with place.stack(20_000) as stack:
        visitor = caller(stack, "admin")
        answers = [inquire(visitor) for _ in range(30 if is_quick else 110)][10:]
        assert all(each.status == 201 for each in answers), answers[0].text
        times, errors = 200 if is_quick else 1000, []

        def program(mine: Visitor, count: int) -> None:
            errors.extend(each for each in (inquire(mine) for _ in range(count)) if each.status != 201)

        seconds = together([(program, (caller(stack, "admin"), times // CLIENTS)) for _ in range(CLIENTS)])
        assert not errors, errors[0].text
    return {"inquiry.p50": statistics.median(each.seconds * MS for each in answers), "inquiry.rate": times / seconds}
