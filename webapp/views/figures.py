"""How fast we react: one's own figures, of one's departments for a head, of everybody for an admin."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, request

from rules import reaction_times as rules
from rules.errors import FieldError
from rules.reaction_times import Period
from rules.readers import read_day
from webapp.access.viewer import viewer
from webapp.i18n import figures as words
from webapp.queries import reaction_times as query
from webapp.snapshots import recipients
from webapp.web.responses import page

pages = Blueprint("figures", __name__)
USUAL = "this_month"


@pages.get("/figures")
def index() -> Response:
    """Of a period, by person, department or stage."""
    named, period = _period()
    by = request.args.get("by", "")
    found = query.figures(viewer().scope, period, by if by in rules.BY else rules.BY[0])
    return page("figures/index.html", found=found, named=named, words=words)


def _period() -> tuple[str, Period]:
    """What the address asks for, by name or by days; what makes no sense is not asked for."""
    known, named = rules.periods(recipients.today()), request.args.get("period", "")
    first, last = _day("from"), _day("to")
    if named not in known and first and last and rules.why_no_period(first, last) is None:
        return "", Period(first, last)
    named = named if named in known else USUAL
    return named, known[named]


def _day(name: str) -> date | None:
    try:
        return read_day(request.args.get(name, ""))
    except FieldError:
        return None
