"""Seasons as the firm sets them: live at once; what becomes of the runs that wait is in recounts.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from rules import seasons as rules
from rules.robots import TimingError, delay_from
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import NotFound, invalid, not_an_option
from webapp.models import Season
from webapp.services import journal, limits, recounts, texts
from webapp.snapshots import setups

NAME_LIMIT = 100
MOST = 200
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class SeasonDraft:
    """`change` is one of {"factor": hundredths}, {"replace": {amount, unit}}, {"pause": true}."""

    name: str
    first: date
    last: date
    scope: str
    ids: tuple[int, ...]
    change: dict[str, Any]


def create(draft: SeasonDraft, by: Actor, waiting: str | None = None) -> Season:
    """`waiting` as in `recounts.settle`. Raises Refused."""
    limits.must_have_room("seasons", select(Season.id), MOST, "name")
    row = Season(**_columns(draft, {}))
    session().add(row)
    session().flush()
    journal.write("season.created", "season", row.id, by, new=_said(row))
    return _settled(row, by, waiting)


def edit(row: Season, draft: SeasonDraft, by: Actor, waiting: str | None = None) -> Season:
    """Everything of it as the draft says. Raises Refused."""
    old, columns = _said(row), _columns(draft, row.scope)
    if all(getattr(row, name) == value for name, value in columns.items()):
        return row
    for name, value in columns.items():
        setattr(row, name, value)
    journal.write("season.edited", "season", row.id, by, old=old, new=_said(row))
    return _settled(row, by, waiting)


def remove(row: Season, by: Actor, waiting: str | None = None) -> None:
    """Norms are as ever. Raises Refused."""
    journal.write("season.removed", "season", row.id, by, old=_said(row))
    session().delete(row)
    _settled(row, by, waiting)


def _settled(row: Season, by: Actor, waiting: str | None) -> Season:
    setups.changed()
    recounts.settle(waiting, {"what": "season", "id": row.id}, by)
    return row


def as_it_is(row: Season) -> rules.Season:
    """A row that was locked: what the set-up has of it may be older."""
    return rules.load(row.id, row.name, row.from_on, row.until_on, row.scope, row.change)


def locked(season_id: int) -> Season:
    """Raises NotFound."""
    row = session().get(Season, season_id, with_for_update=True)
    if row is None:
        raise NotFound("season")
    return row


def _columns(draft: SeasonDraft, held: dict[str, Any]) -> dict[str, Any]:
    if not 0 <= (draft.last - draft.first).days < LONGEST_DAYS:
        raise invalid("until_on", "bad_range", limit=LONGEST_DAYS)
    return {
        "name": texts.line("name", draft.name, NAME_LIMIT),
        "from_on": draft.first,
        "until_on": draft.last,
        "scope": _scope(draft, held),
        "change": _change(draft.change),
    }


def _scope(draft: SeasonDraft, held: dict[str, Any]) -> dict[str, Any]:
    """What the season is of already may be archived meanwhile, and stays."""
    setup = setups.current()
    robots = {each.id for each in setup.value.robots}
    known = {"department": set(setup.departments), "pipeline": set(setup.pipelines), "robots": robots}
    if held.get("kind") in known:
        known[held["kind"]] |= set(held["ids"])
    if draft.scope == "firm":
        return {"kind": "firm"}
    if draft.scope not in known:
        raise not_an_option("scope", rules.SCOPES)
    if not draft.ids or not set(draft.ids) <= known[draft.scope]:
        raise invalid("scope", "not_an_option")  # perhaps one is gone meanwhile: ids tell nobody anything
    return {"kind": draft.scope, "ids": sorted(set(draft.ids))}


def _change(raw: dict[str, Any]) -> dict[str, Any]:
    """Raises Refused."""
    if len(raw) != 1:
        raise invalid("change", "one_change")
    if "factor" in raw:
        factor = raw["factor"]
        if not isinstance(factor, int) or isinstance(factor, bool) or not 1 <= factor <= rules.MOST_HUNDREDTHS:
            raise invalid("factor", "bad_factor")
        return {"factor": factor}
    if "replace" in raw:
        try:
            delay = delay_from(raw["replace"])
        except TimingError as error:
            raise invalid("replace", error.code, **error.facts) from None
        return {"replace": {"amount": delay.amount, "unit": delay.unit}}
    if raw != {"pause": True}:
        raise invalid("change", "one_change")
    return raw


def _said(row: Season) -> dict[str, Any]:
    days = {"from_on": row.from_on.isoformat(), "until_on": row.until_on.isoformat()}
    return {"name": row.name, **days, "scope": row.scope, "change": row.change}
