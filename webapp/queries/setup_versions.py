"""Versions of the set-up, newest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from rules.gates import Missing
from webapp.db import session
from webapp.errors import Refused
from webapp.models import Company, Contact, Deal, SetupVersion, SetupWork

MOST_WORKS = 100  # looked at, the newest
MOST_NAMED = 50
RECORDS: Mapping[str, tuple[Any, Any]] = {
    "deal": (Deal, Deal.title),
    "contact": (Contact, Contact.name),
    "company": (Company, Company.name),
}
PAGES = {"deal": "deals", "contact": "contacts"}


@dataclass(frozen=True, slots=True)
class Work:
    """What follows a version, deal by deal, and how far it got."""

    is_takeback: bool
    is_failed: bool
    is_held: bool  # since a restore
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Left:
    """A record to which something was not done, and why not. `path` leads to it, where it has a page."""

    path: str
    title: str
    why: Refused


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """What the last work of a version was refused: so many, of which the first are named."""

    count: int
    named: list[Left]


def versions(before: int | None, limit: int) -> tuple[list[SetupVersion], int | None]:
    """A page of them, and the one after which the next page starts."""
    wanted = select(SetupVersion).order_by(SetupVersion.id.desc()).limit(limit + 1)
    rows = list(session().scalars(wanted.where(SetupVersion.id < before) if before is not None else wanted))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def works(version_ids: Collection[int]) -> dict[int, list[Work]]:
    """What has not come to its end, by version: of each the last that was begun."""
    open_ = select(SetupWork).where(SetupWork.version_id.in_(version_ids), SetupWork.state.in_(("waiting", "failed")))
    rows: dict[int, list[Work]] = {}
    for each in session().scalars(open_.order_by(SetupWork.id.desc()).limit(MOST_WORKS)):
        if each.version_id not in rows:
            made = Work(each.is_takeback, each.state == "failed", each.is_held, each.done, max(each.total, each.done))
            rows[each.version_id] = [made]
    return rows


def left_alone(version_ids: Collection[int]) -> dict[int, LeftAlone]:
    """By version, where there is any: of the work that was begun last."""
    ended = select(SetupWork).where(SetupWork.version_id.in_(version_ids)).order_by(SetupWork.id.desc())
    last: dict[int, SetupWork] = {}
    for each in session().scalars(ended.limit(MOST_WORKS)):
        last.setdefault(each.version_id, each)
    found = {}
    for version, work in last.items():
        if count := sum(each.get("refused_count", 0) for each in work.steps):
            lines = [line for each in work.steps for line in each.get("refused", ())]
            found[version] = LeftAlone(count, _named(lines[:MOST_NAMED]))
    return found


def _named(lines: Sequence[Mapping[str, Any]]) -> list[Left]:
    titles: dict[tuple[str, int], str] = {}
    for entity, (model, title) in RECORDS.items():
        ids = [each["id"] for each in lines if each.get("entity") == entity]
        rows = session().execute(select(model.id, title).where(model.id.in_(ids))).all() if ids else ()
        titles |= {(entity, each[0]): each[1] for each in rows}
    return [_left(each, titles) for each in lines]


def _left(line: Mapping[str, Any], titles: Mapping[tuple[str, int], str]) -> Left:
    entity, number = line.get("entity", ""), line.get("id", 0)
    missing = tuple(Missing(**{**each, "options": ()}) for each in line["missing"])
    why = Refused(line["reason"], missing=missing, problems=line["problems"], **line["facts"])
    path = f"/{PAGES[entity]}/{number}" if entity in PAGES else ""
    return Left(path, titles.get((entity, number), ""), why)
