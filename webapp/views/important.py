"""What matters now: one's list, and what is done with an item of it. The list stands still while one works: what is
done shows in its place, what has come meanwhile waits behind a link."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from rules import tasks as task_rules
from webapp import clock
from webapp.access.records import item_for, task_for
from webapp.access.scopes import Actor
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import NotFound, Refused, invalid
from webapp.models import ImportantItem, Task
from webapp.queries import important as query
from webapp.queries import important_people, inbox
from webapp.services import important, tasks, values
from webapp.web.forms import BLANK, Form, FormState, Posted
from webapp.web.htmx import htmx
from webapp.web.responses import fragment, page, redirect_to, wants_fragment
from webapp.web.turns import turn_of

pages = Blueprint("important", __name__)
VERB = Form(names=("text", "reason", "until", "to", "at"), refusals=None)
MANY = Form(names=("item", "at"))
CLIENT_ANSWERS = "client_answers"
ALONE = "one"  # where forms say `at`: an item's own page


@pages.get("/important")
def index() -> Response:
    """One's list; `at` as it stood at an instant; `list` is one of those that it does not show."""
    return _list(request.args.get("list") or request.args.get("at", ""))


@pages.get("/important/<int:item_id>")
def show(item_id: int) -> Response:
    """One item, with the form of each verb."""
    return _one(item_id)


@pages.get("/important/people")
def people() -> Response:
    """How a head's people do today: how fast they reply, who has given no sign for long."""
    build, template = (fragment, "_people") if wants_fragment() else (page, "people")
    return build(f"important/{template}.html", today=important_people.today(viewer().scope))


@pages.get("/important/without_step")
def without_step() -> Response:
    """How many open deals of theirs have no next step: a look at all of them, for which the list does not wait."""
    return fragment("important/_number.html", number=query.without_step(viewer().scope))


@pages.post("/important/takings")
def take_all() -> Response:
    """This person sees to several at once, as far as they still may."""
    posted = MANY.posted()
    for item_id in posted.ids("item")[: query.SHOWN]:
        with suppress(Refused, NotFound), transaction():
            important.take(item_for(item_id, for_update=True), viewer().actor)
    return _list(posted.text("at")) if wants_fragment() else redirect_to("/important")


@pages.post("/important/<int:item_id>/takings")
def take(item_id: int) -> Response:
    """This person sees to it."""
    return _do(item_id, VERB.posted(), important.take)


@pages.post("/important/<int:item_id>/snoozings")
def snooze(item_id: int) -> Response:
    """Put aside until an instant, or until the client answers."""
    posted = VERB.posted()
    return _do(item_id, posted, lambda item, by: important.snooze(item, _until(posted, by), by))


@pages.post("/important/<int:item_id>/handovers")
def hand_on(item_id: int) -> Response:
    """Somebody else is to take it."""
    posted = VERB.posted()
    return _do(item_id, posted, lambda item, by: important.hand_on(item, posted.id("to") or 0, by))


@pages.post("/important/<int:item_id>/questions")
def ask(item_id: int) -> Response:
    """Ask whoever it is about."""
    posted = VERB.posted()
    return _do(item_id, posted, lambda item, by: important.ask(item, posted.text("text"), by))


@pages.post("/important/<int:item_id>/explanations")
def explain(item_id: int) -> Response:
    """Whoever was asked answers."""
    posted = VERB.posted()
    return _do(item_id, posted, lambda item, by: important.explain(item, posted.text("text"), by))


@pages.post("/important/<int:item_id>/settlements")
def settle(item_id: int) -> Response:
    """It is done."""
    posted = VERB.posted()
    return _do(item_id, posted, lambda item, by: important.finish(item, posted.text("text"), by))


@pages.post("/important/<int:item_id>/acceptances")
def accept(item_id: int) -> Response:
    """The work is accepted, in its place."""
    return _do(item_id, VERB.posted(), lambda item, by: tasks.accept(_task(item), by, _shown_by(item)))


@pages.post("/important/<int:item_id>/returns")
def send_back(item_id: int) -> Response:
    """The work goes back, with a reason."""
    posted = VERB.posted()
    return _do(
        item_id, posted, lambda item, by: tasks.send_back(_task(item), posted.text("reason"), by, _shown_by(item))
    )


def _task(item: ImportantItem) -> Task:
    if item.task_id is None:
        raise NotFound("task")
    return task_for(item.task_id, for_update=True)


def _shown_by(item: ImportantItem) -> str:
    """Each hand-in is an item of its own, which goes on to show what it was opened for."""
    return task_rules.submission(item.since)


def _until(posted: Posted, by: Actor) -> datetime | None:
    """None: until the client answers."""
    if posted.text("until") == CLIENT_ANSWERS:
        return None
    until = values.moment(posted.text("until"), by, "until")
    if until is None:
        raise invalid("until", "blank")
    return until


def _do(item_id: int, posted: Posted, act: Callable[[ImportantItem, Actor], None]) -> Response:
    """One act, then what the page shows: the list as it stood when one began, or the item by itself, with what became
    of it."""
    form, verb, at = BLANK, request.path.rpartition("/")[2], posted.text("at")
    try:
        with transaction():
            act(item_for(item_id, for_update=True), viewer().actor)
    except Refused as error:
        if error.reason == "handed_in_anew":  # this is another item, and came after the list stood still
            item_id, at = query.live_one(item_for(item_id)) or item_id, at if _instant(at) is None else ""
        form = posted.refused(error, f"item-{item_id}-{verb}")
    if form is BLANK and not wants_fragment():
        return redirect_to("/important")
    return _one(item_id, form) if at == ALONE else _list(at, form)


def _one(item_id: int, form: FormState = BLANK) -> Response:
    """An item by itself. Who may not see it any more has their list."""
    try:
        item = query.one(viewer().id, item_for(item_id))
    except NotFound:
        if request.method == "GET":
            raise
        return redirect_to("/important")
    build, template = _built("show", "_one")
    return build(template, status=form.status, item=item, form=form, at=ALONE)


def _list(at: str, form: FormState = BLANK) -> Response:
    """The list as it stood at an instant, or one of those that it does not show, by name."""
    scope = viewer().scope
    if at in query.LISTS[1:] and (at != "people" or scope.leads):
        turn = turn_of(_shown_with())
        found, (build, template) = query.hidden(scope, at, turn), _built("hidden", "_hidden")
        return build(template, status=form.status, which=at, found=found, turn=turn, form=form, leads=scope.leads)
    listed = query.listed(scope, _instant(at))
    build, template = _built("index", "_list")
    more = {} if listed.asked or listed.open or listed.taken else {"around": inbox.counters(scope)}
    shown = {"found": listed, "at": _stamp(listed.at), "form": form, "leads": scope.leads, "which": "", **more}
    return build(template, status=form.status, **shown)


def _shown_with() -> MultiDict[str, str]:
    """What the address says of the page that asks: an act has its own, so the browser tells."""
    asked = parse_qsl(urlsplit(htmx.current_url or "").query) if request.method == "POST" else None
    return request.args if asked is None else MultiDict(asked)


def _built(whole: str, part: str) -> tuple[Callable[..., Response], str]:
    name, build = (part, fragment) if wants_fragment() else (whole, page)
    return build, f"important/{name}.html"


def _stamp(at: datetime) -> int:
    """In whole milliseconds, not before."""
    return math.ceil(at.timestamp() * 1000)


def _instant(raw: str) -> datetime | None:
    """What `_stamp` wrote; anything else is now."""
    if not raw.isdecimal() or len(raw) > 13:
        return None
    found = datetime.fromtimestamp(int(raw) / 1000, UTC)
    return found if found < clock.now() else None
