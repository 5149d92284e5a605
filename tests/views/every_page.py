"""Every address that is only read, taken from the app itself, with the ids of what there is. A route with an argument
that IDS does not know fails the test: it needs its line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from webapp.db import session
from webapp.models import (
    Calendar,
    Company,
    Contact,
    Conversation,
    Deal,
    Department,
    Field,
    ImportantItem,
    Invoice,
    Pipeline,
    Rehearsal,
    Robot,
    Season,
    SetupPlan,
    SetupVersion,
    Stage,
    Task,
    Trigger,
    User,
)

# Files, a socket, what is about the machine, what needs a secret, what is there before there is a firm.
LEFT_OUT = ("/static/<version>/<path:name>", "/live", "/health", "/links/<secret>", "/founding")
LEFT_OUT += ("/feeds/<secret>/dozor.ics",)
LEFT_OUT += tuple(f"{root}/tasks/<int:task_id>/files/<int:file_id>" for root in ("", "/api/v1"))
MOST = 6  # of one kind of record
NEEDS = {"/api/v1/departments/<int:department_id>/told": "?about=1"}  # not asked without it
QUERIES = {
    "/deals": "?kind=deleted",
    "/frame": "?seq=0",
    "/pipelines/<key>": "?mine=1",
    "/runs": "?state=fired&day=2026-11-24",
    "/search": "?q=e",
    "/tasks": "?list=all",
}


def _ids(model: Any) -> Callable[[], list[Any]]:
    return lambda: list(session().scalars(select(model.id).order_by(model.id.desc()).limit(MOST)))


def _keys(model: Any) -> Callable[[], list[Any]]:
    return lambda: list(session().scalars(select(model.key).where(model.key.is_not(None)).distinct()))


def _rules() -> list[Any]:
    """Keys of robots, triggers and stages: an address with one of another kind is not found."""
    return [*_keys(Robot)()[:2], *_keys(Trigger)()[:1], *_keys(Stage)()[:2]]


IDS: dict[str, Callable[[], list[Any]]] = {
    "deal_id": _ids(Deal),
    "contact_id": _ids(Contact),
    "company_id": _ids(Company),
    "task_id": _ids(Task),
    "item_id": _ids(ImportantItem),
    "conversation_id": _ids(Conversation),
    "invoice_id": _ids(Invoice),
    "robot_id": _ids(Robot),
    "trigger_id": _ids(Trigger),
    "field_id": _ids(Field),
    "calendar_id": _ids(Calendar),
    "season_id": _ids(Season),
    "department_id": _ids(Department),
    "user_id": _ids(User),
    "version_id": _ids(SetupVersion),
    "rehearsal_id": _ids(Rehearsal),
    "pipeline": _keys(Pipeline),
    "rest": lambda: ["nowhere"],
    "plan_id": _ids(SetupPlan),
    "room": lambda: ["robots", "triggers"],
    "entity": lambda: ["deal", "contact"],
    "stage": lambda: _keys(Stage)()[:2],
    "part": lambda: ["condition"],
}
KEYS = {  # by the path's first step
    "form": _keys(Pipeline),
    "stages": _keys(Stage),
    "pipelines": _keys(Pipeline),
    "automation": _rules,
    "settings": _keys(Field),
}


def paths(app: Flask) -> list[str]:
    """In the open app context."""
    known = {each.rule for each in app.url_map.iter_rules() if "GET" in (each.methods or ())}
    assert {*QUERIES, *NEEDS} <= known
    rules = [each for each in app.url_map.iter_rules() if "GET" in (each.methods or ()) and each.rule not in LEFT_OUT]
    return sorted({path for rule in rules for path in _filled(app, rule)})


def _filled(app: Flask, rule: Rule) -> Iterator[str]:
    adapter = app.url_map.bind("localhost")
    names = sorted(rule.arguments)
    values = [KEYS[rule.rule.split("/")[1]]() if name == "key" else IDS[name]() for name in names]
    for chosen in product(*values):
        path = adapter.build(rule.endpoint, dict(zip(names, chosen, strict=True)))
        yield path + NEEDS.get(rule.rule, "")
        if rule.rule in QUERIES:
            yield path + QUERIES[rule.rule]
