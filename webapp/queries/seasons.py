"""Seasons as an admin sees them: their scope by name, and with which they overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rules import whose_calendar
from rules.facts import Text
from rules.org import chain_above
from rules.seasons import Season, change_of
from webapp.errors import NotFound
from webapp.queries.calendars import Owned
from webapp.snapshots import recipients, setups


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


def one(season_id: int) -> Shown:
    """Raises NotFound."""
    found = next((each for each in setups.current().seasons if each.id == season_id), None)
    if found is None:
        raise NotFound("season")
    return _shown(found, recipients.today())


def about(owned: Owned) -> list[Season]:
    """Those that concern somebody who works by this calendar: of a department, where they work there or below."""
    homes = {each.id for home in _homes(owned) for each in chain_above(setups.current().org, home)}
    return [each for each in setups.current().seasons if each.scope != "department" or each.ids & homes]


def _homes(owned: Owned) -> list[int]:
    """The departments whose people work by it."""
    setup = setups.current()
    if owned.person:
        return list(owned.person.department_ids)
    nearest = whose_calendar.nearest
    return [each for each in setup.org.departments if nearest(setup.calendars, setup.org, each) == owned.department_id]


def lasting(found: Sequence[Season], day: date) -> list[str]:
    """The names of those that last on a day, for the year of a calendar."""
    return [each.name for each in found if each.lasts_on(day)]
