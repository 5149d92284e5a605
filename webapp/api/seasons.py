"""Seasons, for admins. A change says what becomes of the runs that wait, as one of a calendar does."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any, Literal

from pydantic import Field

from rules.seasons import HUNDREDTHS, Season, change_of
from webapp.access.records import require_admin
from webapp.api.records.seasons import SeasonRecord, record
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Day, Flag, Id, Page, Values
from webapp.db import session
from webapp.queries import seasons as found
from webapp.services import seasons
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import recipients

ONE = "/seasons/<int:season_id>"
Waiting = Literal["keep", "count_anew"] | None
Kind = Literal["firm", "department", "pipeline", "robots"]


class ScopeBody(Body):
    """Of what: `ids` of departments (with all below them), pipelines or robots; none for the firm."""

    kind: Kind = "firm"
    ids: list[Id] = Field(default_factory=list, max_length=200)


class SeasonChanges(Body):
    """Only what is given is changed. One of `factor`, `replace` ({amount, unit}) and `pause`."""

    name: str = Field(default_factory=str, max_length=seasons.NAME_LIMIT)
    from_on: Day = Field(default_factory=lambda: date.min)
    until_on: Day = Field(default_factory=lambda: date.min)
    scope: ScopeBody = Field(default_factory=ScopeBody)
    factor: float | None = Field(default=None, strict=True, allow_inf_nan=False)
    replace: Values
    pause: Flag = False
    waiting: Waiting = None


class NewSeason(SeasonChanges):
    """On these days, both included."""

    name: str = Field(max_length=seasons.NAME_LIMIT)
    from_on: Day
    until_on: Day


class SeasonRemoval(Body):
    waiting: Waiting = None


@reads("/seasons", Page[SeasonRecord])
def index() -> Page[SeasonRecord]:
    """Those to come and that last first, then those that are over."""
    require_admin()
    return Page[SeasonRecord](items=[record(each) for each in found.every(recipients.today())])


@writes("POST", "/seasons", SeasonRecord, HTTPStatus.CREATED)
def create(json: NewSeason) -> Answer[SeasonRecord]:
    """Norms are otherwise on some days."""
    by = require_admin().actor
    scope = (json.scope.kind, tuple(json.scope.ids))
    draft = SeasonDraft(json.name, json.from_on, json.until_on, *scope, _change(json))
    made = seasons.create(draft, by, json.waiting)
    return lambda: _answer(made.id)


@writes("PATCH", ONE, SeasonRecord)
def update(season_id: int, json: SeasonChanges) -> Answer[SeasonRecord]:
    """Other days, another norm, another scope."""
    by, row = require_admin().actor, seasons.locked(season_id)
    seasons.edit(row, _edited(found.one(season_id).season, json), by, json.waiting)
    return lambda: _answer(season_id)


@writes("DELETE", ONE, None, HTTPStatus.NO_CONTENT)
def remove(season_id: int, query: SeasonRemoval) -> None:
    """Norms are as ever."""
    by = require_admin().actor
    seasons.remove(seasons.locked(season_id), by, query.waiting)


def _edited(kept: Season, json: SeasonChanges) -> SeasonDraft:
    given = json.given
    scope = (json.scope.kind, tuple(json.scope.ids)) if "scope" in given else (kept.scope, tuple(kept.ids))
    return SeasonDraft(
        given.get("name", kept.name),
        given.get("from_on", kept.first),
        given.get("until_on", kept.last),
        *scope,
        change=_change(json) or change_of(kept),
    )


def _change(json: SeasonChanges) -> dict[str, Any]:
    """Each of the three that is given: the service takes one."""
    found: dict[str, Any] = {"replace": json.replace} if json.replace else {}
    if json.factor is not None:
        hundredths = round(json.factor * HUNDREDTHS, 6)
        found["factor"] = int(hundredths) if hundredths == int(hundredths) else None
    return {**found, "pause": True} if json.pause else found


def _answer(season_id: int) -> SeasonRecord:
    session().flush()
    return record(found.one(season_id))
