"""Seasons as an admin sees them: their scope by name, and with which they overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules.facts import Text
from rules.seasons import Season, change_of
from webapp.snapshots import setups


@dataclass(frozen=True, slots=True)
class Shown:
    """`about` are the names of what it is of, none: of the firm; `overlaps` the seasons that last at the same time."""

    season: Season
    about: tuple[Text, ...]
    change: Mapping[str, object]
    overlaps: tuple[str, ...]
    is_over: bool


def every(today: date) -> list[Shown]:
    """Those to come and that last first, then those that are over."""
    found = [_shown(each, today) for each in setups.current().seasons]
    return sorted(found, key=lambda each: (each.is_over, each.season.first, each.season.id))


def _shown(season: Season, today: date) -> Shown:
    setup = setups.current()
    names: dict[str, Mapping[int, Text]] = {
        "department": setup.department_names,
        "pipeline": {each.id: each.name for each in setup.all_pipelines.values()},
        "robots": {each.id: each.name for each in setup.value.robots},
    }
    known = names.get(season.scope, {})
    return Shown(
        season=season,
        about=tuple(known[each] for each in sorted(season.ids) if each in known),
        change=change_of(season),
        overlaps=tuple(each.name for each in setup.seasons if season.overlaps(each)),
        is_over=season.last < today,
    )


def lasting(day: date) -> list[str]:
    """The names of the seasons of a day, for the year of a calendar."""
    return [each.name for each in setups.current().seasons if each.lasts_on(day)]
