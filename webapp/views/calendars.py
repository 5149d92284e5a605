"""Working calendars, for admins: whose there are, hours with breaks, a year in which each day can be chosen. To others
these pages do not exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from flask import Blueprint, Response, flash, get_flashed_messages
from werkzeug.exceptions import abort

from rules.hours import day_of
from webapp.access.records import require_admin
from webapp.access.scopes import Actor
from webapp.db import transaction
from webapp.errors import NotFound, Refused
from webapp.i18n.catalogue import language
from webapp.i18n.refusals import refusal
from webapp.models import Calendar
from webapp.queries import calendars as found
from webapp.queries import seasons
from webapp.services import calendars, journal
from webapp.snapshots import recipients
from webapp.web import calendar_forms as forms
from webapp.web.forms import BLANK, FormState, Posted, asked
from webapp.web.responses import page, redirect_to

pages = Blueprint("calendars", __name__)
ONE = "/settings/calendars/<int:calendar_id>"


@pages.get("/settings/calendars")
def index() -> Response:
    """All of them, and the form for one more."""
    require_admin()
    return _list()


@pages.post("/settings/calendars")
def create() -> Response:
    """One of their own for a department or a person."""
    require_admin()
    posted = forms.OWNER.posted()
    try:
        with transaction():
            made = calendars.create(*forms.owner(posted), require_admin().actor).id
    except Refused as error:
        return _list(posted.refused(error))
    return redirect_to(f"/settings/calendars/{made}")


@pages.get(ONE)
def show(calendar_id: int) -> Response:
    """Its week and its year; with `day` the form of that day."""
    require_admin()
    return _one(calendar_id)


@pages.post(ONE)
def update(calendar_id: int) -> Response:
    """What differs from what was shown is saved."""
    posted = forms.WEEK.posted()

    def save(row: Calendar, by: Actor) -> None:
        kept = found.one(calendar_id).calendar
        forms.check_week(posted, calendar_id, kept, by)
        calendars.edit(row, forms.week(posted, kept), by, posted.text("waiting"))

    return _saved(calendar_id, posted, "week", save)


@pages.post(f"{ONE}/days")
def set_days(calendar_id: int) -> Response:
    """Days off, short ones, moved ones, or as usual again."""
    posted = forms.DAYS.posted()

    def save(row: Calendar, by: Actor) -> None:
        forms.check_day(posted, calendar_id, found.one(calendar_id).calendar, by)
        calendars.set_days(row, *forms.days(posted), by, posted.text("waiting"))

    return _saved(calendar_id, posted, "days", save)


@pages.post(f"{ONE}/removals")
def remove(calendar_id: int) -> Response:
    """Whose it was, work by the next nearest one."""
    posted = forms.REMOVAL.posted()

    def save(row: Calendar, by: Actor) -> None:
        calendars.remove(row, by, posted.text("waiting"))

    return _saved(calendar_id, posted, "removal", save)


def _saved(calendar_id: int, posted: Posted, place: str, save: Callable[[Calendar, Actor], None]) -> Response:
    require_admin()
    try:
        with transaction():
            save(calendars.locked(calendar_id), require_admin().actor)
    except Refused as error:
        return _one(calendar_id, posted.refused(error, place), forms.moves(error))
    except NotFound:
        gone = journal.gone("calendar.removed", calendar_id)
        if place != "removal":
            return _list(FormState("gone", message=refusal(gone), status=gone.status), forms.typed(posted))
    flash("saved")
    year = _year()
    where = "/settings/calendars" if place == "removal" else f"/settings/calendars/{calendar_id}?year={year}"
    return redirect_to(where)


def _list(form: FormState = BLANK, typed: Sequence[str] = ()) -> Response:
    """With `typed` into the form of a calendar that is not there any more."""
    owned = found.every()
    departments, people = found.without(owned)
    return page(
        "calendars/index.html",
        status=form.status,
        form=form,
        typed=typed,
        owned=owned,
        countries=dict(forms.countries()),
        departments=departments,
        people=people,
        told=get_flashed_messages(),
    )


def _one(calendar_id: int, form: FormState = BLANK, moves: forms.Moves | None = None) -> Response:
    owned, year, day = found.one(calendar_id), _year(), forms.day(asked("day"))
    concerned = seasons.about(owned)
    return page(
        "calendars/show.html",
        status=form.status,
        form=form,
        moves=moves,
        owned=owned,
        year=year,
        months=found.year(owned.calendar, year, language()),
        chosen=day_of(owned.calendar, day, language()) if day else None,
        today=recipients.today(),
        lasting=partial(seasons.lasting, concerned),
        in_year=[each.name for each in concerned if each.first.year <= year <= each.last.year],
        was=forms.controls(owned.calendar),
        as_shown=forms.as_shown,
        options=forms.options(),
        told=get_flashed_messages(),
    )


def _year() -> int:
    """The one that is asked for, else that of the day, else this one."""
    year_asked = asked("year")
    day: date | None = forms.day(asked("day"))
    this = day.year if day else recipients.today().year
    year = int(year_asked) if year_asked.isdecimal() and len(year_asked) == 4 else this
    return year if 2000 <= year <= 2100 else abort(404)
