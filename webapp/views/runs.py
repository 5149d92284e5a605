"""The journal of automation: what robots did on the deals that one reads, and why they did nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from rules.rights import may_narrow_to
from webapp.access.records import deal_for
from webapp.access.viewer import viewer
from webapp.i18n import runs as words
from webapp.queries import run_journal as query
from webapp.queries import why_not
from webapp.queries.run_journal import Wanted
from webapp.snapshots import setups
from webapp.web.forms import asked_day, read_id
from webapp.web.responses import fragment, page, wants_fragment
from webapp.web.turns import turn_of

pages = Blueprint("runs", __name__)


@pages.get("/runs")
def index() -> Response:
    """One page, narrowed to a deal, a robot, a person, a day, an outcome. A day that cannot be read narrows it to
    nothing, and is told."""
    who, setup, (day, form) = viewer(), setups.current(), asked_day("day")
    wanted = _wanted(day)
    deal = deal_for(wanted.deal_id) if wanted.deal_id is not None else None
    found = None if form.problems else query.listed(who.scope, wanted, turn_of(request.args))
    context: dict[str, Any] = {"page_": found, "wanted": wanted, "deal": deal, "states": _states(), "form": form}
    context["status"] = form.status
    if wants_fragment():
        return fragment("runs/_list.html", **context)
    context["robots"] = [(each.id, each.name) for each in setup.value.robots]
    context["people"] = [each for each in setup.people.values() if may_narrow_to(who.scope, each)]
    context["answers"] = why_not.of_deal(deal) if deal else []
    return page("runs/index.html", **context)


def _wanted(day: date | None) -> Wanted:
    """What the address asks for; what nobody types and makes no sense is not asked for."""
    args = request.args
    numbers = {f"{name}_id": read_id(args.get(name)) for name in ("deal", "robot", "person")}
    state = args.get("state", "")
    return Wanted(**numbers, day=day, state=state if state in query.ENDED else "", zone=viewer().time_zone)


def _states() -> list[tuple[str, str]]:
    found = words.states()
    return [(each, found[each]) for each in query.ENDED]
