"""At most so many of a kind: of two who make the last one at the same moment one is refused, whatever is counted."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests import company
from tests.channels import worlds
from tests.conftest import session_of
from tests.services.test_subscriptions import KEYS
from webapp.access import sessions
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import (
    Address,
    ApiToken,
    BoardView,
    Calendar,
    Department,
    Pipeline,
    Season,
    UserSession,
    Webhook,
)
from webapp.services import (
    addresses,
    board_views,
    calendars,
    departments,
    seasons,
    sign_ins,
    subscriptions,
    webhooks,
)

SERVICES = Path(subscriptions.__file__).parent
DAY = date(2026, 12, 7)


@dataclass(frozen=True)
class Limit:
    """`make` one more, by number, in the open transaction; `name` is where the bound stands."""

    model: type[Any]
    make: Callable[[int], object]
    module: ModuleType
    name: str = "MOST"


def _browser(number: int) -> object:
    who, newest = company.person("rep1"), session().scalars(select(UserSession.id).order_by(UserSession.id))
    endpoint = f"https://push.example.org/{number}"
    return subscriptions.subscribe(who, list(newest)[number], endpoint, KEYS, "", company.acting("rep1"), allowed=())


def _address(number: int) -> object:
    by = company.acting("admin")
    return addresses.add(company.person("rep1"), "email", f"ivan{number}@north.example", by, with_code=False)


def _season(number: int) -> object:
    draft = seasons.SeasonDraft(f"Season {number}", DAY, DAY, "firm", (), {"factor": 150})
    return seasons.create(draft, company.acting("admin"))


def _view(number: int) -> object:
    pipeline = session().scalars(select(Pipeline.id).order_by(Pipeline.id)).first()
    assert pipeline is not None
    return board_views.save(company.person("rep1"), pipeline, f"View {number}", "mine=1")


LIMITS: dict[str, Limit] = {
    "subscriptions": Limit(Address, _browser, subscriptions),
    "addresses": Limit(Address, _address, addresses),
    "webhooks": Limit(
        Webhook,
        lambda n: webhooks.add(f"Hook {n}", f"https://hooks.example.org/{n}", company.acting("admin")),
        webhooks,
    ),
    "calendars": Limit(
        Calendar,
        lambda n: calendars.create(None, company.person(f"rep{n + 1}"), company.acting("admin")),
        calendars,
    ),
    "seasons": Limit(Season, _season, seasons),
    "departments": Limit(
        Department,
        lambda n: departments.add({"en": f"Office {n}", "ru": f"Офис {n}"}, None, company.acting("admin")),
        departments,
    ),
    "sign_ins": Limit(
        ApiToken,
        lambda n: sign_ins.add_token(company.person("rep1"), f"Key {n}", company.acting("rep1")),
        sessions,
        "TOKENS",
    ),
    "board_views": Limit(BoardView, _view, board_views),
}
WAITS = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def count(model: type[Any]) -> int:
    found = session().scalar(select(func.count()).select_from(model))
    session().close()
    return found or 0


def makes(app: Flask, limit: Limit, number: int, before_commit: Callable[[], object]) -> str:
    """What somebody is told who makes one: "" or why not."""
    with app.app_context():
        try:
            with transaction():
                limit.make(number)
                session().flush()
                before_commit()
        except Refused as error:
            return str(next(iter(error.problems.values()))["code"])
        return ""


@pytest.mark.postgres
@pytest.mark.parametrize("name", LIMITS)
def test_of_two_who_make_the_last_one_at_once_one_is_refused(
    app: Flask, clock: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    limit, said = LIMITS[name], list[str]()
    for _ in range(2):
        session_of(app, "rep1")
    worlds.reaches(app, email="smtp://127.0.0.1:1")
    with app.app_context():
        before = count(limit.model)
    # Of what a person has, none is there yet; of what the firm has, all count.
    monkeypatch.setattr(limit.module, limit.name, before + 1)
    second = threading.Thread(target=lambda: said.append(makes(app, limit, 1, lambda: None)))

    def while_it_is_not_kept_yet() -> None:
        second.start()
        end = time.monotonic() + 10
        while second.is_alive() and not session().execute(WAITS).scalar_one() and time.monotonic() < end:
            time.sleep(0.02)

    said.append(makes(app, limit, 0, while_it_is_not_kept_yet))
    second.join(20)
    assert sorted(said)[0] == ""
    assert sorted(said)[1].startswith("too_many")
    with app.app_context():
        assert count(limit.model) == before + 1


def test_every_limit_is_counted_by_the_one_way_and_tried_here() -> None:
    counted = set[str]()
    for file in SERVICES.glob("*.py"):
        source = file.read_text()
        if "limits.must_have_room(" in source:
            counted.add(file.stem)
        if file.stem != "limits":
            assert not re.search(r">= (\w+\.)?(MOST|TOKENS)\b", source), f"{file.name} counts without holding the count"
    assert counted == LIMITS.keys()
