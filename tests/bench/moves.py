"""Moves as the board sends them: by one person, and by eight at once.

No card moves again within the time of undo. Who moves a card on so soon has what the first move set off done at once,
within their own move: people do that now and then, and a loop over the forty cards that one board shows does it always.
"""

from __future__ import annotations

import itertools
import random
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, select

from rules.robots import UNDO_WINDOW
from tests import company
from tests.bench.crowds import CLIENTS, together
from tests.bench.places import Place
from tests.bench.turns import Hello, Rate
from tests.bench.units import MS, percentile
from tests.bench.visitors import Answer, Visitor, browser
from tests.stack import Stack
from webapp.db import db, session, transaction
from webapp.models import Deal, Stage
from webapp.services import deals

CARD = re.compile(r'data-deal="(\d+)" data-version="(\d+)" data-at="(\w+)"')
SLICES = 10
RESTS_SECONDS = UNDO_WINDOW.total_seconds()
MANY = 6_000
STAGES = ("data_collection", "processing", "payment")


@dataclass(slots=True)
class Card:
    id: int
    version: int
    stage: str
    moved_at: float = -RESTS_SECONDS  # on the clock that only goes on

    def rest(self) -> None:
        """Until it can no longer be taken back."""
        time.sleep(max(0.0, self.moved_at + RESTS_SECONDS - time.monotonic()))


def cards_of(stack: Stack, name: str) -> list[Card]:
    """Cards that may go between STAGES: those which have got as far as Processing."""
    found = [Card(int(m[0]), int(m[1]), m[2]) for m in CARD.findall(browser(stack, name).get("/").text)]
    return [card for card in found if card.stage in STAGES[1:]]


def all_cards(stack: Stack) -> list[Card]:
    """Those of the whole firm, in any order, and not only what a board shows first."""
    with stack.app.app_context():
        wanted = select(Deal.id, Deal.version, Stage.key).join(Stage, Stage.id == Deal.stage_id)
        rows = session().execute(wanted.where(Deal.deleted_at.is_(None), Stage.key.in_(STAGES[1:])).limit(MANY)).all()
        db.session.remove()
    cards = [Card(*row) for row in rows]
    random.Random(2).shuffle(cards)
    return cards


def move(visitor: Visitor, card: Card, chance: random.Random, neighbours: list[Card] | None = None) -> Answer:
    """To another stage; with `neighbours` often before one of them, as a drop between two cards is."""
    to = chance.choice([each for each in STAGES if each != card.stage])
    there = [each.id for each in neighbours or [] if each.stage == to and each is not card]
    more: dict[str, Any] = {"before": chance.choice(there)} if there and chance.random() < 0.5 else {}
    answer = visitor.post(f"/deals/{card.id}/moves", stage=to, version=card.version, **more)
    if answer.status == 200:
        card.stage, card.version, card.moved_at = to, card.version + 1, time.monotonic()
    return answer


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """One client on the smallest and the largest firm, eight on one with enough cards that move."""
    figures: dict[str, float] = {}
    for size in (100, 200_000):
        with place.stack(size) as stack:
            figures |= _one(stack, size, 40 if is_quick else 120, Hello(place))
    figures["move.growth"] = figures["move.200000.p50"] / figures["move.100.p50"]
    with place.stack(20_000) as stack:
        figures["move.placed"] = _placed(stack)
        figures |= _eight(stack, 500 if is_quick else 5_000, Rate(place))
    return figures


def _one(stack: Stack, size: int, times: int, hello: Hello) -> dict[str, float]:
    visitor, chance, shown = browser(stack, "head"), random.Random(1), cards_of(stack, "head")
    cards = all_cards(stack)
    spent, sizes = [], []
    for n in range(times + 10):
        card = cards[n % len(cards)]
        card.rest()
        answer = move(visitor, card, chance, shown)
        assert answer.status == 200, answer.text
        hello.in_turn(n, 10)
        if n >= 10:
            spent.append(answer.seconds * MS)
            sizes.append(len(answer.text.encode()) / 1000)
    return {
        f"move.{size}.p50": statistics.median(spent),
        **hello.figures(f"move.{size}.p50"),
        f"move.{size}.p95": percentile(spent, 0.95),
        "move.answer": max(sizes),
    }


def _placed(stack: Stack) -> float:
    """Rows of deals that one move in the middle of a full column writes."""
    written: list[int] = []

    def count(_c: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE deal "):
            written.append(cursor.rowcount)

    cards = cards_of(stack, "head")
    card = cards[0]
    there = [each for each in cards if each.stage != card.stage]
    with stack.app.app_context():
        event.listen(db.engine, "after_cursor_execute", count)
        with transaction() as current:
            deal = current.get_one(Deal, card.id, with_for_update=True)
            deals.move(deal, company.stage(there[1].stage), by=company.acting("head"), before=there[1].id)
        event.remove(db.engine, "after_cursor_execute", count)
        db.session.remove()
    return sum(written)


def _eight(stack: Stack, times: int, rate: Rate) -> dict[str, float]:
    """`times` moves in SLICES, each after as many of *hello*."""
    shown, cards, spent = cards_of(stack, "head"), all_cards(stack), list[float]()
    errors: list[Answer | BaseException] = []
    clients = [(browser(stack, "head"), itertools.cycle(cards[n::CLIENTS]), random.Random(n)) for n in range(CLIENTS)]

    def client(tickets: Iterator[int], visitor: Visitor, mine: Iterator[Card], chance: random.Random) -> None:
        for _ in tickets:
            try:
                card = next(mine)
                card.rest()
                answer = move(visitor, card, chance, shown)
            except OSError as error:
                errors.append(error)
                continue
            spent.append(answer.seconds * MS)
            if answer.status != 200:
                errors.append(answer)

    def together_so_many(count: int) -> float:
        tickets = iter([*range(count)])
        return together([(client, (tickets, *each)) for each in clients])

    for _ in range(SLICES):
        rate.slice(times // SLICES, together_so_many)
    for each in errors[:3]:
        print("  an error:", each.status if isinstance(each, Answer) else repr(each))
    return {**rate.figures("moves.rate"), "moves.p95": percentile(spent, 0.95), "moves.errors": len(errors)}
