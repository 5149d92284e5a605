"""The form of a season."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from rules.seasons import HUNDREDTHS, Season, change_of
from rules.worktime import UNITS, Delay
from webapp.errors import invalid
from webapp.i18n import season_words, sentences
from webapp.services.seasons import SeasonDraft
from webapp.web.calendar_forms import ASKS, day
from webapp.web.forms import Form, Posted, read_id

NAMES = ("name", "from_on", "until_on", "scope", "change", "factor", "amount", "unit", "waiting")
SEASON = Form(names=NAMES, refusals=ASKS, beside={"replace": "amount"})
REMOVAL = Form(names=("waiting",), refusals=ASKS)


def draft(posted: Posted) -> SeasonDraft:
    """Raises Refused."""
    kind, *raw = posted.text("scope").split("-")
    ids = tuple(found for each in raw if (found := read_id(each)) is not None)
    first, last = _day(posted, "from_on"), _day(posted, "until_on")
    return SeasonDraft(posted.text("name"), first, last, kind, ids, _change(posted))


def edited(posted: Posted, season: Season) -> SeasonDraft:
    """What was changed on the form, over the season as it is now. Raises Refused."""
    came = {name: values for name, values in posted.changed.fields.items() if name in NAMES}
    kept = {name: (value,) for name, value in controls(season).items()}
    return draft(Posted(SEASON, {**kept, **came}))


def controls(season: Season) -> dict[str, str]:
    """What stands in the form's controls."""
    change = change_of(season)
    norm = season.norm or Delay(0, "minutes")
    return {
        "name": season.name,
        "from_on": season.first.isoformat(),
        "until_on": season.last.isoformat(),
        "scope": "-".join([season.scope, *map(str, sorted(season.ids))]),
        "change": next(iter(change)),
        "factor": season_words.factor(change) if season.factor is not None else "",
        "amount": str(norm.amount or ""),
        "unit": norm.unit,
    }


def fresh(today: date) -> dict[str, str]:
    """Of a new one."""
    return controls(Season(0, "", today, today, factor=3 * HUNDREDTHS))


def _day(posted: Posted, name: str) -> date:
    found = day(posted.text(name))
    if found is None:
        raise invalid(name, "not_a_date")
    return found


def _change(posted: Posted) -> dict[str, Any]:
    if posted.text("change") == "factor":
        return {"factor": _hundredths(posted.text("factor"))}
    if posted.text("change") == "replace":
        amount = read_id(posted.text("amount"))
        return {"replace": {"amount": amount, "unit": posted.text("unit")}}
    return {"pause": True} if posted.text("change") == "pause" else {}


def _hundredths(raw: str) -> int | None:
    """As typed, with a point or a comma."""
    try:
        found = Decimal(raw.strip().replace(",", ".")) * HUNDREDTHS
    except InvalidOperation:
        return None
    return int(found) if found.is_finite() and found == int(found) else None


def units() -> list[tuple[str, str]]:
    return [(each, sentences.unit_name(each)) for each in UNITS]
