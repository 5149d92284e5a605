"""How fast we react: one's own figures, of one's departments for a head, of everybody for an admin."""

from __future__ import annotations

from flask import Blueprint, Response, request

from rules import reaction_times as rules
from rules.reaction_times import Period
from webapp.access.viewer import viewer
from webapp.errors import Refused, invalid
from webapp.i18n import figures as words
from webapp.queries import reaction_times as query
from webapp.snapshots import recipients
from webapp.web.forms import Form, Posted
from webapp.web.responses import page

pages = Blueprint("figures", __name__)
DAYS = Form(names=("from", "to"))
USUAL = "this_month"


@pages.get("/figures")
def index() -> Response:
    """Of a period, by person, department or stage; days that are no period come back with what is wrong with them."""
    asked, by = DAYS.asked(), request.args.get("by", "")
    by = by if by in rules.BY else rules.BY[0]
    try:
        named, period = _period(asked)
    except Refused as error:
        form = asked.refused(error)
        return page("figures/index.html", status=form.status, form=form, found=None, by=by, named="", words=words)
    found = query.figures(viewer().scope, period, by)
    return page("figures/index.html", found=found, by=by, named=named, words=words)


def _period(asked: Posted) -> tuple[str, Period]:
    """What the address asks for, by name or by days; this month where it asks for none. Raises Refused."""
    known, named = rules.periods(recipients.today()), request.args.get("period", "")
    if named in known:
        return named, known[named]
    first, last = asked.day("from"), asked.day("to")
    if first is None and last is None:
        return USUAL, known[USUAL]
    period = rules.period_of(first, last, recipients.today())
    if (why := rules.why_no_period(period)) is not None:
        raise invalid("to", why)
    return "", period
