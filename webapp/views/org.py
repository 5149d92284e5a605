"""The org chart: drawn, and edited where it is drawn. For admins; to others it does not exist."""

from __future__ import annotations

from flask import Blueprint, Response

from webapp.access.records import require_admin
from webapp.config import LOCALES
from webapp.db import transaction
from webapp.errors import NotFound, Refused, invalid
from webapp.i18n import chart_words
from webapp.i18n.isolates import gettext
from webapp.services import departments, places
from webapp.snapshots import setups
from webapp.web import org_chart
from webapp.web.forms import Form, Posted, read_id
from webapp.web.org_chart import Question, change, done, refused, room
from webapp.web.responses import fragment

pages = Blueprint("org", __name__)
CHART = ("bad_fields", "stale_chart", "circle", "department_in_use")
NAMED = Form(names=("parent",), entities=("name",), refusals=CHART)
MOVED = Form(names=("parent", "sure"), refusals=CHART)
PLACED = Form(names=("person", "from", "to", "place", "was", "sure"), refusals=CHART)
ONE = "/settings/org/departments/<int:department_id>"


@pages.get("/settings/org")
def show() -> Response:
    """The tree, and who would be told about whom on which day."""
    require_admin()
    return room()


@pages.get("/settings/org/tree")
def tree() -> Response:
    """The tree alone: another admin has changed it."""
    require_admin()
    return fragment("org/_tree.html", **org_chart.tree(), question=None, words=chart_words)


@pages.post("/settings/org/departments")
def create() -> Response:
    """A new department, under another or at the top."""
    require_admin()
    posted = NAMED.posted()
    try:
        with transaction():
            departments.add(_words(posted), _parent(posted), require_admin().actor)
    except Refused as error:
        return refused(posted, error, "new")
    return done()


@pages.post(ONE)
def rename(department_id: int) -> Response:
    """Another name."""
    require_admin()
    posted = NAMED.posted()
    try:
        with transaction():
            was = _words(posted.was) if posted.was.fields else None
            departments.rename(department_id, _words(posted), require_admin().actor, was=was)
    except Refused as error:
        return refused(posted, error, f"department-{department_id}")
    return done()


@pages.post(f"{ONE}/moves")
def move(department_id: int) -> Response:
    """Under another department."""
    require_admin()
    posted = MOVED.posted()
    was = read_id(posted.was.text("parent")) if "parent" in posted.was else ""
    name = chart_words.department(department_id)
    asks = Question(f"/settings/org/departments/{department_id}/moves", title=gettext("Move %(name)s", name=name))
    try:
        return change(posted, asks, lambda by: departments.move(department_id, _parent(posted), by, was=was))
    except Refused as error:
        return refused(posted, error, "chart")


@pages.post(f"{ONE}/archivings")
def archive(department_id: int) -> Response:
    """Into the archive, when it is empty."""
    require_admin()
    posted = MOVED.posted()
    name = chart_words.department(department_id)
    asks = Question(
        f"/settings/org/departments/{department_id}/archivings", title=gettext("Archive %(name)s", name=name)
    )
    try:
        return change(posted, asks, lambda by: departments.archive(department_id, by))
    except Refused as error:
        return refused(posted, error, "chart")


@pages.post(f"{ONE}/returns")
def bring_back(department_id: int) -> Response:
    """Out of the archive."""
    require_admin()
    with transaction():
        departments.bring_back(department_id, require_admin().actor)
    return done()


@pages.post("/settings/org/places")
def place() -> Response:
    """A person into a department, over it, to another one, or out of it."""
    require_admin()
    posted = PLACED.posted()
    try:
        person, leaves, to = posted.id("person"), posted.id("from"), posted.id("to")
        if person is None or person not in setups.current().people:
            raise NotFound("user")
        kind, was = posted.text("place") or places.MEMBER, chart_words.read_places(posted.text("was"))
        if to is None and leaves is None:
            raise invalid("to", "no_such_department")
        asks = Question("/settings/org/places", title=chart_words.act(person, to, kind), person_id=person)
        if to is None:
            return change(posted, asks, lambda by: places.take_out(person, leaves or 0, by, was=was))
        if kind == "first":
            return change(posted, asks, lambda by: places.ask_first(person, to, by, was=was))
        return change(posted, asks, lambda by: places.put(person, to, kind, by, leaves=leaves, was=was))
    except Refused as error:
        return refused(posted, error, "chart")


def _words(posted: Posted) -> dict[str, str]:
    """A name in its languages, as typed."""
    return {each: posted.text(f"name.{each}") for each in LOCALES if f"name.{each}" in posted}


def _parent(posted: Posted) -> int | None:
    if posted.text("parent") and posted.id("parent") is None:
        raise invalid("parent", "no_such_department")
    return posted.id("parent")
