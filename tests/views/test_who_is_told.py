"""The resolver, asked in every way there is: the page, the API, the card's fuse, and a robot that really fires. Each
row is a firm, and all four give one answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests import company, servers
from tests.api.callers import Caller
from tests.conftest import TUESDAY, Browser, Clock
from tests.services import acts
from tests.views.scenes import browser, standing_firm
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.i18n.isolates import unmarked
from webapp.models import Absence, Deal, Department, Membership, Post, User
from webapp.queries import cards
from webapp.services import deals, departments
from webapp.snapshots import recipients, setups

LATE = TUESDAY.replace(hour=20, minute=55)  # five to midnight in Moscow: the control fires tomorrow
Posts = tuple[tuple[str, ...], tuple[str, ...]]  # heads and deputies, in the order in which they are asked
VACANT: Posts = ((), ())
HOMES = {
    **{"admin": (), "head": ("sales",), "north": ("sales_north",), "south-deputy": ("sales_south",)},
    **{"rep1": ("sales_north",), "rep2": ("sales_north",), "rep3": ("sales_south",)},
}


@dataclass(frozen=True)
class Row:
    """What differs from the lesson's firm, whose deal waits, and who is told. `away` are first and last day, counted
    from today; `then` happens while the control waits."""

    told: str
    rep: str = "rep1"
    top: Posts = (("head",), ())
    north: Posts = (("north",), ())
    south: Posts = ((), ("south-deputy",))
    away: dict[str, tuple[int, int]] = field(default_factory=dict)
    gone: str = ""
    homes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    admins: str = ""
    at: datetime = TUESDAY
    then: Callable[[Deal], object] | None = None


def now_of(name: str) -> Callable[[Deal], object]:
    """Somebody else is responsible now."""
    return lambda deal: deals.edit(deal, {"responsible_id": company.person(name)}, by=SYSTEM)


def led_by(*names: str) -> Callable[[Deal], object]:
    """North has other heads now."""
    return lambda _: departments.set_leads(home("sales_north"), [company.person(each) for each in names], [], SYSTEM)


def in_a_circle(_: Deal) -> None:
    """Sales is to stand under its own North, and is not."""
    with pytest.raises(Refused, match="circle"):
        departments.move(home("sales"), home("sales_north"), SYSTEM)


ALL_BUT_ME = "head north south-deputy rep1 rep2 rep3"
TODAY, BOTH = (0, 0), (("north", "rep2"), ())
ROWS = {
    "the nearest head": Row("north"),
    "the head is the responsible": Row("head", rep="north"),
    "the own deputy is not asked": Row("head", rep="north", north=(("north",), ("rep2",))),
    "vacant: the deputy": Row("south-deputy", rep="rep3"),
    "vacant, and the deputy is the responsible": Row("head", rep="south-deputy"),
    "vacant, without a deputy": Row("head", rep="rep3", south=VACANT),
    "vacant up to the root": Row("admin", rep="rep3", south=VACANT, top=VACANT),
    "absent": Row("head", away={"north": TODAY}),
    "absent, with a deputy": Row("rep2", north=(("north",), ("rep2",)), away={"north": TODAY}),
    "the deputy absent too": Row("head", north=(("north",), ("rep2",)), away={"north": TODAY, "rep2": TODAY}),
    "absent, and the deputy is the responsible": Row(
        "head", rep="rep2", north=(("north",), ("rep2",)), away={"north": TODAY}
    ),
    "the deputy is away and the head is not": Row("north", north=(("north",), ("rep2",)), away={"rep2": TODAY}),
    "two heads": Row("north rep2", north=BOTH),
    "two heads in the other order": Row("rep2 north", north=(("rep2", "north"), ())),
    "two heads, one absent": Row("rep2", north=BOTH, away={"north": TODAY}),
    "two heads, the other absent": Row("north", north=BOTH, away={"rep2": TODAY}),
    "two heads, one is the responsible": Row("north", rep="rep2", north=BOTH),
    "two heads, one is the responsible, the other absent": Row(
        "head", rep="rep2", north=(("north", "rep2"), ("rep3",)), away={"north": TODAY}
    ),
    "two heads absent, with a deputy": Row(
        "south-deputy", north=(("north", "rep2"), ("south-deputy",)), away={"north": TODAY, "rep2": TODAY}
    ),
    "two deputies take turns": Row("rep2", north=((), ("rep2", "south-deputy"))),
    "the first of two deputies is away": Row(
        "south-deputy", north=((), ("rep2", "south-deputy")), away={"rep2": TODAY}
    ),
    "the first of two deputies is the responsible": Row(
        "south-deputy", rep="rep2", north=((), ("rep2", "south-deputy"))
    ),
    "deactivated": Row("head", gone="north"),
    "deactivated, with a deputy": Row("rep2", gone="north", north=(("north",), ("rep2",))),
    "one of two heads deactivated": Row("rep2", gone="north", north=BOTH),
    "deactivated up to the root": Row("admin", gone="north head"),
    "nobody there up to the root": Row("admin", away={"north": TODAY, "head": TODAY}),
    "the root": Row("admin", rep="head"),
    "the root's own deputy is not asked": Row("admin", rep="head", top=(("head",), ("rep2",))),
    "the root has two heads": Row("rep2", rep="head", top=(("head", "rep2"), ())),
    "the root is vacant": Row("admin", rep="north", top=VACANT),
    "the deputy of the root": Row("rep2", north=VACANT, top=((), ("rep2",))),
    "the deputy of the root is away": Row("admin", north=VACANT, top=((), ("rep2",)), away={"rep2": TODAY}),
    "two departments, the first counts": Row("north", homes={"rep1": ("sales_north", "sales_south")}),
    "two departments, the other first": Row("south-deputy", homes={"rep1": ("sales_south", "sales_north")}),
    "at home in the root": Row("head", homes={"rep1": ("sales",)}),
    "one head over two departments": Row("north", rep="rep3", south=(("north",), ())),
    "one head over department and root": Row("head", north=(("head",), ())),
    "below: the head of the department above": Row("north", homes={"rep1": ("key_clients",)}),
    "below: vacant in between": Row("head", north=VACANT, homes={"rep1": ("key_clients",)}),
    "a post without a person": Row("head", north=(("rep2",), ()), gone="rep2"),
    "two in the fallback": Row("admin rep2", north=VACANT, top=VACANT, admins="rep2"),
    "the fallback is the responsible": Row("rep2", rep="admin", admins="rep2", homes={"admin": ("sales",)}, top=VACANT),
    "the whole fallback is away": Row("admin", away={"north": TODAY, "head": TODAY, "admin": TODAY}),
    "the only fallback is the responsible, all heads away": Row(
        "north", rep="admin", homes={"admin": ("sales_north",)}, away={"north": TODAY, "head": TODAY}
    ),
    "an absence that has ended": Row("north", away={"north": (-5, -1)}),
    "an absence that ends today": Row("head", away={"north": (-5, 0)}),
    "an absence that begins tomorrow": Row("north", away={"north": (1, 5)}),
    "an absence that begins before the control fires": Row("head", away={"north": (1, 5)}, at=LATE),
    "an absence that ends before the control fires": Row("north", away={"north": (-5, 0)}, at=LATE),
    "the responsible changed meanwhile": Row("north", then=now_of("rep2")),
    "the responsible changed to another department": Row("south-deputy", then=now_of("rep3")),
    "the responsible changed to the head": Row("head", then=now_of("north")),
    "another head meanwhile": Row("rep2", then=led_by("rep2")),
    "no head any more meanwhile": Row("head", then=led_by()),
    "a circle is refused meanwhile": Row("north", then=in_a_circle),
    "works alone": Row("admin", rep="admin", homes={"admin": ("sales",)}, top=(("admin",), ()), gone=ALL_BUT_ME),
    "works alone, and is away": Row(
        "admin", rep="admin", homes={"admin": ("sales",)}, gone=ALL_BUT_ME, away={"admin": TODAY}
    ),
}


@dataclass(frozen=True)
class Asked:
    app: Flask
    admin: Browser
    api: Caller


@pytest.fixture(scope="module")
def asked(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asked]:
    with ExitStack() as open_:
        app = open_.enter_context(standing_firm(templates, redis_server, tmp_path_factory.mktemp("told")))
        with app.app_context(), transaction():
            departments.add({"en": "Key clients"}, home("sales_north"), SYSTEM)
        yield Asked(app, browser(app, "admin"), Caller.of(app, "admin"))


def home(key: str) -> int:
    return session().scalars(select(Department.id).where(Department.key == key)).one()


def arrange(row: Row, today: datetime) -> None:
    """The lesson's firm, but for what the row says."""
    for model in (Absence, Post, Membership):
        session().execute(delete(model))
    people = {each: company.person(each) for each in company.PEOPLE}
    away = {people[each] for each in row.gone.split()}
    session().execute(update(User).values(is_active=User.id.not_in(away)))
    chiefs = [people[each] for each in ("admin", *row.admins.split())]
    session().execute(update(User).values(is_admin=User.id.in_(chiefs)))
    for name, keys in {**HOMES, **row.homes}.items():
        for n, key in enumerate(keys):
            session().add(Membership(user_id=people[name], department_id=home(key), is_primary=n == 0))
    for key, posts in {"sales": row.top, "sales_north": row.north, "sales_south": row.south}.items():
        for kind, names in zip(("head", "deputy"), posts, strict=True):
            for n, name in enumerate(names):
                session().add(Post(user_id=people[name], department_id=home(key), kind=kind, position=n))
    for name, (first, last) in row.away.items():
        days = [(today + timedelta(days=each)).date() for each in (first, last)]
        session().add(Absence(user_id=people[name], from_on=days[0], until_on=days[1]))
    setups.changed()


@pytest.mark.parametrize("name", ROWS)
def test_page_api_fuse_and_firing_give_one_answer(asked: Asked, clock: Clock, name: str) -> None:
    row = ROWS[name]
    with asked.app.app_context():
        with transaction():
            arrange(row, TUESDAY)
        clock.at = row.at
        deal_id = acts.deal(rep=row.rep)
        if row.then is not None:
            with transaction():
                row.then(acts.locked(deal_id))
        deal = session().get_one(Deal, deal_id)
        about, department, fires_at = deal.responsible_id, deal.department_id, row.at + timedelta(minutes=10)
        on = recipients.day_of(fires_at).isoformat()
        expected = [company.person(each) for each in row.told.split()]
        card = cards.card(deal_id)
        assert card is not None
        assert card.fuse is not None
        assert card.fuse.who == setups.current().name_of(expected[0])
        session().close()
    page = asked.admin.get(f"/settings/org?about={about}&on={on}&department={department}")
    assert [int(each) for each in re.findall(r'data-recipient="(\d+)"', page.text)] == expected
    assert asked.api.get(f"/departments/{department}/told?about={about}&on={on}")["people"] == expected
    with asked.app.app_context():
        clock.at = fires_at + timedelta(minutes=1)
        acts.work()
        assert acts.run_of(deal_id, "reaction_control").reason["people"] == expected
        session().close()


@pytest.mark.parametrize(
    ("language", "told", "nobody"),
    [
        ("en", "Admin: nobody else works here", "You work alone, so reminders come to you"),
        ("ru", "Администратор: больше здесь никто не работает", "Вы работаете без коллег"),
    ],
)
def test_in_a_firm_of_one_chart_and_editor_end_in_the_one_and_blame_nobody(
    asked: Asked, clock: Clock, language: str, told: str, nobody: str
) -> None:
    with asked.app.app_context(), transaction() as current:
        arrange(ROWS["works alone"], TUESDAY)
        me = current.get_one(User, company.person("admin"))
        name, me.name, me.locale = (me.name, me.locale), told.partition(":")[0], language
        setups.changed()
    try:
        page = unmarked(unescape(asked.admin.get("/settings/org").text))
        editor = unescape(asked.admin.get("/automation/sales/robots/vip_task").text)
    finally:
        with asked.app.app_context(), transaction() as current:
            me = current.get_one(User, company.person("admin"))
            me.name, me.locale = name
            setups.changed()
    (panel,) = re.findall(r"data-told>.*?</section>", page, re.DOTALL)
    (unled,) = re.findall(r"data-unled>.*?</section>", page, re.DOTALL)
    assert (told in panel, 'class="else"' in panel) == (True, False)
    assert (nobody in unled, "data-person-unled" in unled) == (True, False)
    (of_acceptance,) = re.findall(r"data-alone>(.*?)</p>", editor, re.DOTALL)
    assert nobody in of_acceptance
