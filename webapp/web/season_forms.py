"""The form of a season."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from rules.seasons import HUNDREDTHS
from rules.worktime import UNITS
from webapp.errors import invalid
from webapp.i18n import sentences
from webapp.services.seasons import SeasonDraft
from webapp.web.calendar_forms import ASKS, day
from webapp.web.forms import Form, Posted, read_id

NAMES = ("name", "from_on", "until_on", "scope", "change", "factor", "amount", "unit", "waiting")
SEASON = Form(names=NAMES, refusals=ASKS, beside={"replace": "amount"})
REMOVAL = Form(names=("waiting",), refusals=ASKS)


def draft(posted: Posted) -> SeasonDraft:
    """Raises Refused."""
    kind, _, raw = posted.text("scope").partition("-")
    ids = (found,) if (found := read_id(raw)) is not None else ()
    first, last = _day(posted, "from_on"), _day(posted, "until_on")
    return SeasonDraft(posted.text("name"), first, last, kind, ids, _change(posted))


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
