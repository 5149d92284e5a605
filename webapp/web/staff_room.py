"""The page of one person as an admin sees it: account, ways in, another department, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Response, current_app, get_flashed_messages

from webapp.access.scopes import Actor
from webapp.db import session, trial
from webapp.i18n import chart_words, formats
from webapp.models import User
from webapp.queries import org_chart
from webapp.queries import sign_ins as ways_in
from webapp.queries import staff as found
from webapp.queries.org_chart import Effects
from webapp.services import journal, moving, places
from webapp.services.moving import Move
from webapp.services.places import Places
from webapp.snapshots import setups
from webapp.web import own_firm
from webapp.web.forms import BLANK, FormState, Kept, Pairs
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


def controls(user: User, held: Places) -> dict[str, str]:
    """What stands in the controls of a person's form."""
    lines = {"name": user.name, "email": user.email, "phone": formats.phone(user.phone)}
    lines |= {"locale": user.locale, "time_zone": user.time_zone, "is_admin": "on" if user.is_admin else "off"}
    return lines | {f"place.{each}": held.get(each, "") for each in setups.current().departments_with(held)}


def options(held: Places) -> dict[str, Pairs]:
    """By control, what can be chosen and how it reads."""
    where = dict.fromkeys((f"place.{each}" for each in setups.current().departments_with(held)), chart_words.kinds())
    zones = [(each, each) for each in own_firm.zones()]
    return {"locale": own_firm.languages(), "time_zone": zones, **where}


def kept(user: User, held: Places) -> Kept:
    """A person as they are now, locked."""
    return Kept(controls(user, held), partial(_hand, user.id), options(held))


def _hand(user_id: int, name: str) -> int | None:
    if name in ("email", "is_admin"):
        return journal.last_by("user.email_changed" if name == "email" else "user.admin_changed", user_id)
    if name.startswith("place."):
        return journal.last_by("user.department_changed", user_id)
    return journal.last_by("user.edited", user_id, name)


def one(
    user_id: int,
    form: FormState = BLANK,
    link: GivenLink | None = None,
    shown: Moving | None = None,
    effects: Effects | None = None,
) -> Response:
    employee, held = found.one(user_id), places.of(user_id)
    return page(
        "staff/show.html",
        status=form.status,
        form=form,
        employee=employee,
        was=controls(session().get_one(User, user_id), held),
        options=options(held),
        kinds=chart_words.kinds(),
        places=held,
        others=[each for each in setups.current().people.values() if each.is_active and each.id != user_id],
        work=found.open_work(user_id),
        going_over=found.going_over(user_id),
        moving=shown,
        effects=effects,
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
