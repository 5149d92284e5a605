"""The org chart as an answer: the tree, who would be told, and what a change that has not been saved would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response

from rules import chart
from webapp.access.records import require_admin
from webapp.access.scopes import Actor
from webapp.db import transaction, trial
from webapp.errors import Refused
from webapp.i18n import chart_words, formats
from webapp.queries import org_chart
from webapp.queries.org_chart import Effects
from webapp.snapshots import recipients, setups
from webapp.snapshots.setups import PersonFacts
from webapp.web.forms import BLANK, FormState, Posted, asked, asked_day, read_id
from webapp.web.responses import fragment, page, redirect_to, wants_fragment

HOME = "/settings/org"
SURE = "sure"


@dataclass(frozen=True, slots=True)
class Question:
    """What would follow from an act, before it is done: the form that was sent, to be sent again."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    title: str = ""
    effects: Effects | None = None
    person_id: int = 0


def room(form: FormState = BLANK, question: Question | None = None) -> Response:
    """The whole page; for htmx what is inside of it."""
    build, template = (fragment, "org/_room.html") if wants_fragment() else (page, "org/show.html")
    panel = told()
    context = {**tree(), **panel, "form": form, "question": question, "words": chart_words}
    return build(template, status=max(form.status, panel["told_form"].status), **context)


def tree() -> dict[str, Any]:
    setup = setups.current()
    return {"tree": org_chart.tree(), "names": setup.departments, "all_names": setup.department_names}


def told() -> dict[str, Any]:
    """The panel's answer: the resolver's own, for the person and the day that are asked for; none for a day that
    cannot be read."""
    people = formats.in_alphabet([each for each in setups.current().people.values() if each.is_active])
    about, (day, form) = read_id(asked("about")), asked_day("on")
    on = day or recipients.today()
    setup = setups.current()
    about = about if about in {each.id for each in people} else _first(people)
    homes = {each: setup.department_names[each] for each in sorted(setup.people[about].department_ids)} if about else {}
    home = read_id(asked("department"))
    home = home if home in homes else None
    org = setup.org
    return {
        "people": people,
        "about": about,
        "on": on,
        "told_form": form,
        "homes": homes,
        "home": home or (setup.people[about].department_id if about else None),
        "path": chart.told(org, about, on, home),
        "path_else": chart.told_else(org, about, on, home),
    }


def _first(people: list[PersonFacts]) -> int:
    """Somebody who works in a department, if anybody does."""
    return next((each.id for each in people if each.department_id is not None), people[0].id if people else 0)


def change(posted: Posted, question: Question, act: Callable[[Actor], object]) -> Response:
    """Do it at once where it touches nobody else; else say first whom, and do it when it is sent again as sure."""
    with transaction():
        by = require_admin().actor
        effects = unless_sure(posted, lambda: act(by))
    if effects:
        return room(question=_asked(question, posted, effects))
    return done()


def unless_sure(posted: Posted, act: Callable[[], object]) -> Effects | None:
    """Do it, unless it touches others and was not sent as sure: then what it would do."""
    if not posted.text(SURE):
        before = org_chart.moment()
        with trial():
            act()
            effects = org_chart.between(before, org_chart.moment())
        if effects:
            return effects
    act()
    return None


def _asked(question: Question, posted: Posted, effects: Effects) -> Question:
    fields = {name: posted.text(name) for name in posted.fields if name != SURE}
    return Question(question.action, fields, question.title, effects, question.person_id)


def refused(posted: Posted, error: Refused, place: str) -> Response:
    """The page with what was typed, and why it was not done."""
    return room(posted.refused(error, place))


def done() -> Response:
    return room() if wants_fragment() else redirect_to(HOME)
