"""Robots and triggers on the screen of automation: made, changed part by part, copied, moved, switched, taken away. All
of it goes into the draft; only a robot's switch is live at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request

from rules.conditions import ConditionError
from rules.robot_kinds import kind_of
from rules.robots import RobotSpec
from webapp.access.records import require_admin
from webapp.access.scopes import Actor
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n import sentences
from webapp.i18n.refusals import problem
from webapp.services import drafts, robots, setup_editing, trigger_addresses
from webapp.services.old_secrets import A_DAY
from webapp.snapshots import setups
from webapp.web import setup_conditions, setup_controls, setup_forms
from webapp.web.forms import Form, Posted
from webapp.web.responses import redirect_to, wants_fragment
from webapp.web.setup_screens import Editor, answer, as_it_stands, parts_of
from webapp.web.setup_shown import Shown, shown

OVERLAP = Form(names=("overlap",))
pages = Blueprint("automation_rules", __name__)
ROOM = "/automation/<pipeline>/<any(robots, triggers):room>"
ONE = ROOM + "/<key>"


def kind_in(room: str) -> str:
    return room.removesuffix("s")


def editor_of(room: str, key: str, part: str = "", **more: Any) -> Editor:
    """The editor of one; a part that it does not have is not found."""
    rule = shown().rule(kind_in(room), key)
    parts = parts_of(kind_in(room), rule)
    if part and part not in parts:
        abort(404)
    return Editor(kind_in(room), key, (part,) if part else parts, part, **more)


@pages.get("/automation/<pipeline>/rules/new")
def new(pipeline: str) -> Response:
    """What can be added to a stage, or to any."""
    require_admin()
    return answer(pipeline, Editor("new", "", stage=request.args.get("stage", "")))


@pages.post(ROOM)
def create(pipeline: str, room: str) -> Response:
    """Into the draft, with what it cannot be without; then it stands open. What the firm lacks for it is said there."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    stage = f"{pipeline}/{posted.text('stage')}" if posted.text("stage") else None
    try:
        with transaction():
            if room == "robots":
                key = setup_editing.add_robot(posted.text("kind"), stage, who.actor)
            else:
                event = posted.text("event")
                name = {setups.current().firm.locale: sentences.event_title(event)}
                key = setup_editing.add_trigger(event, stage or "", name, who.actor)
    except Refused as error:
        return answer(pipeline, Editor("new", "", stage=posted.text("stage")), posted.refused(error))
    return opened(pipeline, room, key)


@pages.get(ONE)
def show(pipeline: str, room: str, key: str) -> Response:
    """All of it."""
    require_admin()
    return as_it_stands(pipeline, kind_in(room), key, lambda: editor_of(room, key))


@pages.get(ONE + "/<part>")
def edit(pipeline: str, room: str, key: str, part: str) -> Response:
    """One part of it alone."""
    require_admin()
    return as_it_stands(pipeline, kind_in(room), key, lambda: editor_of(room, key, part))


@pages.post(ONE + "/<part>")
def update(pipeline: str, room: str, key: str, part: str) -> Response:
    """One part, into the draft. A condition that is still being built stays in the editor."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    found = shown()
    rule = found.rule(kind_in(room), key)
    if part not in parts_of(kind_in(room), rule):
        abort(404)
    only = part if posted.text("only") else ""
    try:
        if part == "condition":
            return _condition(pipeline, room, key, only, posted, found)
        with transaction():
            typed = setup_controls.typed_over(posted, kind_in(room), key, part, who.actor)
            _save(room, key, part, rule, typed, who.actor)
    except Refused as error:
        return answer(pipeline, editor_of(room, key, only), setup_controls.as_typed(posted, part).refused(error, part))
    return opened(pipeline, room, key, only)


def _save(room: str, key: str, part: str, rule: Any, posted: Posted, by: Actor) -> None:
    start, _, name = part.partition(".")
    if start == "settings" and isinstance(rule, RobotSpec):
        parameter = kind_of(rule.kind).get(name) or abort(404)
        spec = shown().names.spec(str(rule.settings.get("entity") or "deal"), str(rule.settings.get("field")))
        setup_editing.set_setting(key, name, setup_forms.setting(parameter, posted, spec), by)
    elif part == "place":
        stage = posted.text("stage")
        setup_editing.move(kind_in(room), key, stage or None, posted.text("after") or None, by)
    else:
        setup_editing.set_parts(kind_in(room), key, PARTS[part](posted), by)


OPTIONS = ("once_per_deal", "also_later", "may_go_back")
PARTS: dict[str, Any] = {
    "timing": lambda posted: {"timing": setup_forms.timing(posted), "when": posted.text("when") or "any"},
    "starts": lambda posted: {"starts": setup_forms.many(posted, "start")},
    "options": lambda posted: {each: posted.text(each) == "on" for each in OPTIONS if each in posted},
    "name": lambda posted: {"name": setup_forms.words(posted, "name")},
    "event": lambda posted: {"event": posted.text("event")},
}


def _condition(pipeline: str, room: str, key: str, only: str, posted: Posted, found: Shown) -> Response:
    """The builder after a press. What holds together goes into the draft at once; the rest is kept in the page."""
    typed = setup_forms.typed(posted, found.catalogue)
    unsaid, kind, by = "", kind_in(room), viewer().actor
    try:
        reading = setups.current().reading(viewer().id)
        wanted = setup_forms.condition(typed, found.catalogue, found.document, reading)
        with transaction():
            if is_meant := setup_conditions.is_meant(posted, kind, key, "condition", wanted, by):
                setup_editing.set_parts(kind, key, {"condition": wanted}, by)
    except ConditionError as error:
        unsaid = problem(error.code, error.facts)
    except Refused as error:
        return answer(pipeline, editor_of(room, key, only, typed=typed), posted.refused(error, "condition"))
    if not unsaid and not (is_meant and wants_fragment()):
        return opened(pipeline, room, key, only)
    was = setup_conditions.shown_by(posted) if unsaid else None
    return answer(pipeline, editor_of(room, key, only, typed=typed, unsaid=unsaid, was=was))


@pages.post(ONE + "/moves")
def move(pipeline: str, room: str, key: str) -> Response:
    """To another stage of this pipeline, or to any, behind another of its kind."""
    who = require_admin()
    posted = setup_forms.FORM.posted()
    stage = f"{pipeline}/{posted.text('stage')}" if posted.text("stage") else None
    with transaction():
        setup_editing.move(kind_in(room), key, stage, posted.text("after") or None, who.actor)
    return answer(pipeline) if wants_fragment() else redirect_to(f"/automation/{pipeline}")


@pages.post(ONE + "/copies")
def copy(pipeline: str, room: str, key: str) -> Response:
    """Another one that does the same; it stands open."""
    who = require_admin()
    with transaction():
        made = setup_editing.copy(kind_in(room), key, who.actor)
    return opened(pipeline, room, made)


@pages.post(ONE + "/switches")
def switch(pipeline: str, room: str, key: str) -> Response:
    """On or off. A robot that is live is switched at once: its waiting runs are called off."""
    who = require_admin()
    is_on = setup_forms.FORM.posted().text("is_on") == "on"
    found = shown()
    number = found.rule(kind_in(room), key).id
    with transaction():
        if room == "robots" and number > 0:
            robots.change_robot(robots.robot(number, for_update=True), {"is_on": is_on}, who.actor)
        else:
            drafts.edit(kind_in(room), key, "is_on", is_on, who.actor)
    return opened(pipeline, room, key)


@pages.post("/automation/<pipeline>/triggers/<key>/addresses")
def make_address(pipeline: str, key: str) -> Response:
    """Another system calls it there. Shown only in this answer."""
    who = require_admin()
    setup_forms.FORM.posted()
    number = shown().rule("trigger", key).id
    hours = A_DAY if OVERLAP.posted().text("overlap") == "day" else 0
    with transaction():
        secret = trigger_addresses.make(number, who.actor, hours)
    return answer(pipeline, editor_of("triggers", key, secret=secret))


@pages.post("/automation/<pipeline>/triggers/<key>/addresses/endings")
def end_address(pipeline: str, key: str) -> Response:
    """Whoever calls it finds nothing there any more."""
    who = require_admin()
    setup_forms.FORM.posted()
    number = shown().rule("trigger", key).id
    with transaction():
        trigger_addresses.end(number, who.actor)
    return opened(pipeline, "triggers", key)


@pages.post(ONE + "/deletions")
def delete(pipeline: str, room: str, key: str) -> Response:
    """Out of the draft; it is live until that is published."""
    who = require_admin()
    shown().rule(kind_in(room), key)
    with transaction():
        drafts.archive(kind_in(room), key, who.actor)
    return answer(pipeline, closes=True) if wants_fragment() else redirect_to(f"/automation/{pipeline}")


def opened(pipeline: str, room: str, key: str, part: str = "") -> Response:
    """It stands open as it is now."""
    if wants_fragment():
        return answer(pipeline, editor_of(room, key, part))
    return redirect_to(f"/automation/{pipeline}/{room}/{key}{'/' + part if part else ''}")
