"""The page of one person as an admin sees it: account, ways in, another department, leaving."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, current_app, get_flashed_messages

from webapp.access.scopes import Actor
from webapp.db import trial
from webapp.i18n import chart_words
from webapp.queries import org_chart
from webapp.queries import sign_ins as ways_in
from webapp.queries import staff as found
from webapp.queries.org_chart import Effects
from webapp.services import moving, places
from webapp.services.moving import Move
from webapp.snapshots import setups
from webapp.web import own_firm
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import page


@dataclass(frozen=True, slots=True)
class GivenLink:
    """A link to come in by, just made; `mailed_to` "": by no letter."""

    secret: str
    mailed_to: str = ""


@dataclass(frozen=True, slots=True)
class Moving:
    """What a move to another department would do; `deals` there are in the old one."""

    deals: int
    effects: Effects


def one(user_id: int, form: FormState = BLANK, link: GivenLink | None = None, shown: Moving | None = None) -> Response:
    employee = found.one(user_id)
    return page(
        "staff/show.html",
        status=form.status,
        form=form,
        employee=employee,
        languages=own_firm.languages(),
        zones=own_firm.zones(),
        places=places.of(user_id),
        others=[each for each in setups.current().people.values() if each.is_active and each.id != user_id],
        work=found.open_work(user_id),
        going_over=found.going_over(user_id),
        moving=shown,
        words=chart_words,
        link=f"{current_app.config['SETTINGS'].url}/links/{link.secret}" if link else "",
        mailed_to=link.mailed_to if link else "",
        sessions=ways_in.open_sessions(user_id),
        tokens=ways_in.open_tokens(user_id),
        ways=f"/settings/people/{user_id}",
        is_mine=False,
        told=get_flashed_messages(),
    )


def moving_of(user_id: int, move: Move, by: Actor) -> Moving:
    """What would follow: the person is put there, and taken back. Raises Refused."""
    before = org_chart.moment()
    with trial():
        moving.place(user_id, move, by)
        then = moving.owner_after(user_id, move)
        effects = org_chart.between(before, org_chart.moment({(user_id, move.leaves): then}))
    return Moving(before.groups.get((user_id, move.leaves), 0), effects)
