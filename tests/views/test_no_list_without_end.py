"""What a page and an answer of the API hold does not grow with the firm: every record there is, hundreds of times."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Column, Table, UniqueConstraint, func, insert, select

from tests import company
from tests.views import every_page
from tests.views.scenes import browser, scene
from webapp.access import sessions
from webapp.db import Base, session, transaction
from webapp.models import UserSession

# What an admin draws up by hand, one after another, and what the box writes of itself.
OF_THE_SETUP = {
    *(
        "firm",
        "calendar",
        "department",
        "app_user",
        "membership",
        "post",
        "pipeline",
        "stage",
        "field",
        "field_requirement",
    ),
    *("robot", "trigger", "column_total", "column_change", "heartbeat", "setup_version"),
}
CAPPED = {"board_view"}  # thirty of one person, by its service
FEW, MANY = 130, 520  # more than any page holds, and four times as many
GROWTH = 1.25
SMALL = 30_000


def clone(table: Table, count: int) -> int:
    """Rows like those there are, told apart where rows of this table must be. How many were made."""
    current = session()
    found = current.execute(select(table).order_by(*table.primary_key).limit(3)).mappings().all()
    if not found or list(table.primary_key.columns.keys()) != ["id"]:
        return 0
    free = _told_apart(table)
    if any(each.foreign_keys for each in free):
        return 0
    top = current.execute(select(func.max(table.c.id))).scalar_one()
    rows = []
    for n, row in zip(range(1, count + 1), itertools.cycle(found), strict=False):
        new = {**row, "id": top + n} | ({"visit_id": None} if table.name == "deal" else {})  # a visit is of one deal
        for column in free:
            new[column.name] = _another(row[column.name], top + n)
        rows.append(new)
    current.execute(insert(table).prefix_with("OR IGNORE"), rows)
    return current.execute(select(func.count()).select_from(table).where(table.c.id > top)).scalar_one()


def _told_apart(table: Table) -> list[Column[Any]]:
    """One column of each unique key, rather a text or a time than an id."""
    keys = [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys += [list(each.columns) for each in table.indexes if each.unique]
    order = (str, datetime, int)
    return [
        min(key, key=lambda column: (bool(column.foreign_keys), order.index(column.type.python_type)))
        for key in keys
        if all(column.type.python_type in order for column in key)
    ]


def _another(value: Any, n: int) -> Any:
    match value:
        case str():
            return f"{value} {n}"
        case datetime():
            return value + timedelta(seconds=n)
        case int():
            return value + 1000 * n
    return value


def grow(count: int) -> dict[str, int]:
    with transaction():
        made = {
            each.name: clone(each, count)
            for each in Base.metadata.sorted_tables
            if each.name not in OF_THE_SETUP | CAPPED
        }
    return made


def test_no_page_and_no_answer_grows_with_the_firm(app: Flask, clock: Any) -> None:
    """Of an admin, and of the rep to whom much of it belongs."""
    scene(app)
    sizes: list[dict[tuple[str, str], int]] = []
    for count in (FEW, MANY):
        with app.app_context():
            made = grow(count)
            paths = every_page.paths(app)
        everybody = {name: browser(app, name) for name in ("admin", "rep1")}
        sizes.append({(name, path): len(who.get(path).data) for name, who in everybody.items() for path in paths})
    assert sum(made.values()) > 10 * MANY
    few, many = sizes
    assert {at: (few[at], size) for at, size in many.items() if at in few and size > few[at] * GROWTH + SMALL} == {}


def test_a_program_that_never_signs_out_ends_its_oldest_sessions(app: Flask, clock: Any) -> None:
    with app.test_request_context(), transaction() as current:
        rep, other = company.person("rep1"), company.person("rep2")
        theirs = sessions.begin(other, None, None)
        mine = []
        for _ in range(sessions.SESSIONS + 3):
            clock.go_on(minutes=1)
            mine.append(sessions.begin(rep, None, None))
        alive = select(UserSession.token_hash).where(UserSession.ended_at.is_(None))
        hashes = set(current.scalars(alive))
        assert [sessions.hash_token(each) in hashes for each in (theirs, *mine)] == [
            True,
            *[False] * 3,
            *[True] * sessions.SESSIONS,
        ]
