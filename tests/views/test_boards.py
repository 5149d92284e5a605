"""The board tells the truth: counts and sums over what a viewer may see, whatever the filter, in few statements."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests import company, servers
from tests.conftest import TUESDAY
from tests.views.scenes import HTMX, ZONE, Browser, browser, standing_firm
from webapp.db import db, transaction
from webapp.i18n.formats import money
from webapp.models import Contact, Deal, StageVisit
from webapp.snapshots.setups import current
from webapp.web.templating import Reader, reading_as

STAGES = ("new", "data_collection", "processing", "payment", "won", "lost")
REPS = {"rep1": "north", "rep2": "north", "rep3": "south"}
SEES = {
    "admin": {"north", "south"},
    "head": {"north", "south"},
    "north": {"north"},
    "south-deputy": {"south"},
    "rep1": {"north"},
    "rep3": {"south"},
}
FILTERS = ("", "mine=1", "mark=contact.vip", "q=press", "q=%25", "q=клиент", "q=_", "mine=1&mark=contact.vip&q=a")
HEAD = r'id="head-\d+".*?data-count>(\d+)<.*?data-sum>([^<]*)<'


@dataclass(frozen=True)
class Made:
    """A deal as it was put into the database."""

    id: int
    owner: str
    stage: str
    amount: int
    title: str
    client: str
    is_vip: bool
    is_deleted: bool
    position: float


@dataclass(frozen=True)
class Crowd:
    app: Flask
    deals: list[Made]
    people: dict[str, Browser]
    ids: dict[str, int]

    def expected(self, name: str, query: str) -> list[Made]:
        """By brute force: what this person should find."""
        asked = dict(part.split("=") for part in query.split("&") if part)
        words = {"%25": "%"}.get(asked.get("q", ""), asked.get("q", "")).lower()
        return [
            each
            for each in self.deals
            if not each.is_deleted
            and REPS[each.owner] in SEES[name]
            and ("mine" not in asked or each.owner == name)
            and ("mark" not in asked or each.is_vip)
            and (words in each.title.lower() or words in each.client.lower())
        ]


def fill(app: Flask, number: int, seed: int) -> list[Made]:
    """Random deals, put into the tables as they are: what is tested is reading."""
    chance = random.Random(seed)
    with app.app_context(), transaction() as session:
        people = {name: current().people[company.person(name)] for name in REPS}
        made = []
        for n in range(number):
            owner = chance.choice(list(REPS))
            stage = company.stage(STAGES[n // 2 % 6] if n % 2 else "new")  # one column is long
            each = Made(
                0,
                owner,
                stage.key,
                chance.choice([0, 1, 100, 99_999_999_999, chance.randrange(10**7)]),
                chance.choice(["Press", "Mill_2", "Пресс 100%", "Lathe", "a"]) + f" {n}",
                chance.choice(["Anna Press", "Клиент", "Client % of Mill"]),
                chance.random() < 0.3,
                chance.random() < 0.1,
                chance.choice([0.0, float(n), chance.random() * 1000]),  # equal positions too
            )
            contact = Contact(name=each.client, fields={"vip": each.is_vip}, created_at=TUESDAY)
            session.add(contact)
            session.flush()
            card = people[owner]
            deal = Deal(
                title=each.title,
                amount_minor=each.amount,
                currency="RUB",
                pipeline_id=stage.pipeline_id,
                stage_id=stage.id,
                position=each.position,
                contact_id=contact.id,
                responsible_id=card.id,
                department_id=card.department_id,
                fields={},
                entered_at=TUESDAY,
                created_at=TUESDAY - timedelta(hours=n),
                deleted_at=TUESDAY if each.is_deleted else None,
            )
            session.add(deal)
            session.flush()
            visit = StageVisit(deal_id=deal.id, stage_id=stage.id, entered_at=TUESDAY)
            session.add(visit)
            session.flush()
            deal.visit_id = visit.id
            made.append(replace(each, id=deal.id))
    return made


@pytest.fixture(scope="module")
def crowd(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("board")) as app:
        deals = fill(app, 200, seed=7)
        with app.app_context():
            ids = {name: company.person(name) for name in SEES}
        yield Crowd(app, deals, {name: browser(app, name) for name in SEES}, ids)


def shown(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'data-deal="(\d+)"', page)]


def in_order(deals: list[Made], stage: str) -> list[int]:
    return [each.id for each in sorted((d for d in deals if d.stage == stage), key=lambda d: (d.position, d.id))]


@pytest.mark.parametrize("name", SEES)
@pytest.mark.parametrize("query", FILTERS)
def test_counts_and_sums_are_true_over_what_this_viewer_may_see(crowd: Crowd, name: str, query: str) -> None:
    deals = crowd.expected(name, query)
    page = crowd.people[name].get(f"/?{query}").text
    heads = re.findall(HEAD, page, re.S)
    assert len(heads) == len(STAGES)
    with reading_as(crowd.app, Reader("en", ZONE)):
        for key, (count, total) in zip(STAGES, heads, strict=True):
            here = [each for each in deals if each.stage == key]
            assert (int(count), html.unescape(total)) == (len(here), money(sum(d.amount for d in here), "RUB")), key
        alive = [each for each in deals if each.stage not in ("won", "lost")]
        whole = re.search(r'id="total-\d+">(\d+) open deals?\s·\s([^<]*)<', page)
        assert whole is not None
        assert (int(whole[1]), html.unescape(whole[2])) == (len(alive), money(sum(d.amount for d in alive), "RUB"))


@pytest.mark.parametrize("name", ["admin", "rep1"])
@pytest.mark.parametrize("query", ["", "mine=1", "mark=contact.vip&q=press"])
def test_the_first_twenty_come_and_more_brings_each_of_the_rest_once(crowd: Crowd, name: str, query: str) -> None:
    who = crowd.people[name]
    page = who.get(f"/?{query}").text
    for key, column in zip(STAGES, re.split(r'<section class="col', page)[1:], strict=True):
        wanted, found = in_order(crowd.expected(name, query), key), shown(column)
        assert found == wanted[:20]
        more = re.search(r'hx-get="(/pipelines/[^"]+/stages/[^"]+)"', column)
        while more:
            part = who.get(html.unescape(more[1]), headers=HTMX)
            assert (part.status_code, "<html" in part.text) == (200, False)
            found += shown(part.text)
            more = re.search(r'hx-get="(/pipelines/[^"]+/stages/[^"]+)"', part.text)
        assert found == wanted


@pytest.mark.both_databases
def test_the_first_cards_of_each_column_are_the_same_on_both_databases(app: Flask, clock: Any) -> None:
    crowd = Crowd(app, fill(app, 150, seed=3), {name: browser(app, name) for name in ("admin", "rep1")}, {})
    for name, who in crowd.people.items():
        for query in ("", "mine=1", "mark=contact.vip", "q=press"):
            columns = re.split(r'<section class="col', who.get(f"/?{query}").text)[1:]
            wanted = [in_order(crowd.expected(name, query), key)[:20] for key in STAGES]
            assert [shown(each) for each in columns] == wanted, (name, query)


@pytest.mark.postgres
def test_a_board_on_postgresql_asks_for_the_cards_of_all_columns_at_once(app: Flask, clock: Any) -> None:
    fill(app, 100, seed=3)
    who = browser(app, "admin")
    for query in ("", "mine=1"):
        with statements(app) as seen:
            assert who.get(f"/?{query}").status_code == 200
        assert len([each for each in seen if "company_name" in each]) == 1, seen


def test_a_responsible_of_another_department_filters_to_nothing(crowd: Crowd) -> None:
    assert shown(crowd.people["rep1"].get(f"/?responsible={crowd.ids['rep3']}").text) == []
    seen = shown(crowd.people["admin"].get(f"/?responsible={crowd.ids['rep3']}").text)
    assert set(seen) <= {each.id for each in crowd.deals if each.owner == "rep3"}
    assert seen


def test_htmx_gets_the_columns_alone(crowd: Crowd) -> None:
    part = crowd.people["rep1"].get("/?mine=1", headers={**HTMX, "HX-Target": "main#board"})
    assert part.text.lstrip().startswith("<section")
    assert "<html" not in part.text


def test_another_pipeline_and_another_stage_are_not_there(crowd: Crowd) -> None:
    for path in (
        "/pipelines/purchases",
        "/pipelines/sales/stages/elsewhere/cards?position=0&id=0",
        "/pipelines/sales/stages/new/cards",
    ):
        assert crowd.people["rep1"].get(path).status_code == 404


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Every statement that is sent to the database."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path", ["/", "/pipelines/sales/stages/new/cards?position=-1&id=0", "/contacts", "/tasks?list=all", "/inbox"]
)
def test_a_page_asks_as_often_for_a_hundred_cards_as_for_twelve(app: Flask, clock: Any, path: str) -> None:
    who, counts = browser(app, "admin"), []
    for more in (12, 88):  # twelve: every column has some
        fill(app, more, seed=more)
        who.get(path)
        with statements(app) as seen:
            assert who.get(path).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] < 40, seen
