"""What matters now with 5,000 open items in the firm: a head's page, its list asked for again, and one item taken."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from rules.important import RANKS
from tests import company
from tests.bench.boards import MS, percentile
from tests.bench.places import Place
from tests.bench.turns import Hello
from tests.bench.visitors import HTMX, Visitor, browser
from tests.stack import Stack
from webapp import clock
from webapp.access.viewer import scope_of
from webapp.db import session, transaction
from webapp.models import Deal, ImportantItem, ImportantPlace
from webapp.snapshots import setups

DEALS, ITEMS = 20_000, 5_000
KINDS = ("late_reply", "vip", "unpaid", "control", "missed_call", "client_silent")
OURS = ImportantItem.kind.in_(KINDS)  # not those that the ticker opens beside: people who are silent
LISTS = ("north", "south-deputy", "head")  # the last is told of every fifth


def measure(place: Place, *, is_quick: bool) -> dict[str, float]:
    """Two heads have those of their departments, the one above them a fifth of what they may read."""
    rounds = 20 if is_quick else 60
    with place.stack(DEALS) as stack:
        fill(stack)
        visitors, hello, pages = [browser(stack, name) for name in LISTS], Hello(place), []
        for n in range(rounds):
            pages += [_spent(each, "/important") for each in visitors]
            hello.in_turn(n, 4)
        lists = [_spent(each, "/important", **HTMX) for _ in range(rounds) for each in visitors]
        return {
            "important.p50": statistics.median(pages[6:]),
            **hello.figures("important.p50"),
            "important.p95": percentile(pages[6:], 0.95),
            "important.list": statistics.median(lists),
            "important.html": len(visitors[0].get("/important").raw) / 1000,
            "important.take": _take(visitors[0], stack, rounds),
        }


def _spent(visitor: Visitor, path: str, **headers: str) -> float:
    answer = visitor.get(path, **{name.replace("-", "_"): value for name, value in headers.items()})
    assert answer.status == 200, answer.status
    return answer.seconds * MS


def _take(visitor: Visitor, stack: Stack, times: int) -> float:
    """Taking the first of the list, which answers with the list."""
    with stack.app.app_context():
        mine = select(ImportantItem.id).where(OURS).join(ImportantPlace, ImportantPlace.item_id == ImportantItem.id)
        mine = mine.where(ImportantPlace.user_id == company.person(LISTS[0]))
        ids = list(session().scalars(mine.order_by(ImportantItem.since).limit(times)))
        session().close()
    spent = []
    for each in ids:
        answer = visitor.post(f"/important/{each}/takings", at="")
        assert answer.status == 200, answer.status
        spent.append(answer.seconds * MS)
    return statistics.median(spent)


def fill(stack: Stack) -> None:
    """Items on as many open deals, of several kinds, none of them a repeat of another, with a level above."""
    with stack.app.app_context():
        setup = setups.current()
        north, south, head = (scope_of(setup, setup.people[company.person(name)]) for name in LISTS)
        with transaction() as current:
            deals = current.execute(
                select(Deal.id, Deal.title, Deal.amount_minor, Deal.currency, Deal.responsible_id, Deal.department_id)
                .where(Deal.closed_at.is_(None)).order_by(Deal.id.desc()).limit(ITEMS)
            ).all()  # fmt: skip
            current.execute(insert(ImportantItem), list(_items(deals)))
            made = select(
                ImportantItem.id, ImportantItem.rank, ImportantItem.since, Deal.responsible_id, Deal.department_id
            )
            items = current.execute(made.join(Deal, Deal.id == ImportantItem.deal_id).where(OURS)).all()
            assert len(items) >= ITEMS
            at, rows = clock.now(), []
            for who, share in ((north, items), (south, items), (head, items[::5])):
                rows += [
                    {"item_id": each.id, "user_id": who.user_id, "at": at, "rank": each.rank, "since": each.since}
                    for each in share
                    if who.may_read(each.responsible_id, each.department_id)
                ]
            current.execute(insert(ImportantPlace), rows)
        session().close()


def _items(deals: Any) -> Iterator[dict[str, Any]]:
    now, names = clock.now(), setups.current().name_of
    for n, deal in enumerate(deals):
        kind = KINDS[n % len(KINDS)]
        yield {
            "live_key": f"{kind}-d{deal.id}", "kind": kind, "rank": RANKS[kind], "deal_id": deal.id,
            "about_id": deal.responsible_id, "since": now - timedelta(minutes=10 + n), "opened_at": now,
            "take_within": {"amount": 15, "unit": "working_minutes"}, "next_at": now + timedelta(minutes=15 + n % 60),
            "facts": {
                "deal.title": deal.title, "contact.name": names(deal.responsible_id),
                "deal.amount": {"money": deal.amount_minor, "currency": deal.currency},
                "robot.name": {"text": {"en": "Look", "ru": "Посмотреть"}},
            },
        }  # fmt: skip
