"""The form of a season."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import chain
from typing import Any

from rules.facts import Text
from rules.seasons import HUNDREDTHS, Season, change_of
from rules.worktime import UNITS, Delay
from webapp.access.scopes import Actor
from webapp.errors import invalid
from webapp.i18n import N_, formats, season_words, sentences
from webapp.i18n.isolates import gettext
from webapp.services import journal
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import setups
from webapp.web.calendar_forms import ASKS, day
from webapp.web.forms import Form, Kept, Pairs, Posted, check, read_id

NAMES = ("name", "from_on", "until_on", "scope", "change", "factor", "amount", "unit", "waiting")
SEASON = Form(names=NAMES, refusals=(*ASKS, "removed_meanwhile"), beside={"replace": "amount"})
REMOVAL = Form(names=("waiting",), refusals=ASKS)
CHANGES = {
    "factor": N_("multiply the norm"),
    "replace": N_("use another norm"),
    "pause": N_("pause controls"),
}
LINES = ("name", "from_on", "until_on", "scope")  # what the journal says of each alone; the rest is its change


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
        "factor": season_words.typed_factor(season.factor) if season.factor is not None else "",
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


def scopes(kept: Season | None) -> dict[str, list[tuple[str, str]]]:
    """What else than the whole firm a season can be for, under its headings; what one is for already, `kept`, too."""
    setup = setups.current()
    held = kept.ids if kept is not None and kept.scope == "department" else ()
    return {
        gettext("Departments"): [
            (f"department-{each}", formats.department(each)) for each in setup.departments_with(held)
        ],
        gettext("Pipelines"): _named("pipeline", {each.id: each.name for each in setup.pipelines.values()}),
        gettext("Robots"): _named("robots", {each.id: each.name for each in setup.value.robots}),
    }


def _named(kind: str, things: Mapping[int, Text]) -> list[tuple[str, str]]:
    return [(f"{kind}-{id_}", formats.text(name)) for id_, name in things.items()]


def options(kept: Season | None = None) -> dict[str, Pairs]:
    """By control, what can be chosen and how it reads."""
    return {
        "scope": [("firm", gettext("The firm")), *chain.from_iterable(scopes(kept).values())],
        "change": [(key, gettext(words)) for key, words in CHANGES.items()],
        "unit": [(each, sentences.unit_name(each)) for each in UNITS],
    }


def check_shown(posted: Posted, season: Season, by: Actor) -> None:
    """What is changed is as it was shown. Raises Refused."""
    values, known = controls(season), options(season)
    days = {
        name: [(on.isoformat(), formats.day(on))] for name, on in (("from_on", season.first), ("until_on", season.last))
    }
    of = dict(known["scope"])
    several = ", ".join(of[each] for n in sorted(season.ids) if (each := f"{season.scope}-{n}") in of)
    scope = [*known["scope"], (values["scope"], several or gettext("The firm"))]
    check(posted.changed, Kept(values, partial(_hand, season.id), {**known, **days, "scope": scope}), by)


def _hand(season_id: int, name: str) -> int | None:
    key = name if name in LINES else "change"
    return journal.last_by("season.edited", season_id, differs=lambda old, new: old[key] != new[key])
