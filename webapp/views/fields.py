"""The firm's own fields: added, worded, put in order, required, archived. All of it goes into the draft. For admins; to
others it does not exist."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort

from rules.conditions import ConditionError
from rules.setup_parts import ARCHIVED
from webapp.access.records import require_admin
from webapp.access.scopes import Actor
from webapp.access.viewer import viewer
from webapp.db import transaction
from webapp.errors import Refused
from webapp.i18n.refusals import problem
from webapp.services import drafts, field_editing, setup_editing
from webapp.snapshots import setups
from webapp.web import setup_conditions, setup_controls, setup_forms, setup_seen
from webapp.web.field_screens import SCREEN_ENTITIES, FieldEditor, answer, spec_in
from webapp.web.forms import Form, Posted
from webapp.web.responses import redirect_to, wants_fragment
from webapp.web.setup_shown import shown

pages = Blueprint("fields", __name__)
ROOM = "/settings/fields/<any(deal, contact, company):entity>"
ONE = ROOM + "/<key>"
FORM = Form(
    names=("kind", "shown_as", "after", "act", "condition"),
    entities=("label", "help", "option", "from", "if"),
    refusals=None,
)


@pages.get("/settings/fields")
def index() -> Response:
    """All of them."""
    require_admin()
    return answer()


@pages.post("/settings/fields/undos")
def undo() -> Response:
    """Take back one's own last change of the draft."""
    who = require_admin()
    with transaction():
        drafts.undo(who.actor)
    return answer(closes=True) if wants_fragment() else redirect_to("/settings/fields")


@pages.get(ROOM)
def new(entity: str) -> Response:
    """The form of a new field."""
    require_admin()
    return answer(FieldEditor(entity)) if entity in SCREEN_ENTITIES else abort(404)


@pages.post(ROOM)
def create(entity: str) -> Response:
    """A field more; then it stands open."""
    who = require_admin()
    posted = FORM.posted()
    try:
        with transaction():
            label = setup_forms.words(posted, "label")
            key = field_editing.add(entity, posted.text("kind"), label, who.actor)
    except Refused as error:
        return answer(FieldEditor(entity), posted.refused(error))
    return _opened(entity, key)


@pages.get(ONE)
def show(entity: str, key: str) -> Response:
    """One field: its words, options, requirement, place, where it is used."""
    require_admin()
    if gone := setup_seen.gone(shown(), "field", f"{entity}/{key}"):
        return answer(FieldEditor(entity, key, gone=gone))
    spec_in(shown(), entity, key)
    return answer(FieldEditor(entity, key))


@pages.post(ONE)
def update(entity: str, key: str) -> Response:
    """What it is called, how it is explained, how it stands on the card."""
    who = require_admin()
    posted = FORM.posted()
    spec_in(shown(), entity, key)

    def edit() -> None:
        typed = _over(entity, key, posted, "words", who.actor)
        values = {
            "label": setup_forms.words(typed, "label"),
            "help": setup_forms.words(typed, "help") or None,
            **({"shown_as": typed.text("shown_as")} if "shown_as" in typed else {}),
        }
        setup_editing.set_parts("field", f"{entity}/{key}", values, who.actor)

    return _edited(entity, key, posted, "words", edit)


@pages.post(ONE + "/options")
def options(entity: str, key: str) -> Response:
    """The options of a list: worded, added, put in order, archived and brought back."""
    who = require_admin()
    posted = FORM.posted()
    spec_in(shown(), entity, key)

    def edit() -> None:
        said = _over(entity, key, posted, "options", who.actor).own("option")
        field_editing.set_options(entity, key, said, posted.text("act"), who.actor)

    return _edited(entity, key, posted, "options", edit)


@pages.post(ONE + "/requirements")
def require(entity: str, key: str) -> Response:
    """From which stage on it is required, pipeline by pipeline."""
    who = require_admin()
    posted = FORM.posted()
    spec_in(shown(), entity, key)

    def edit() -> None:
        begins = _over(entity, key, posted, "required_from", who.actor).own("from")
        field_editing.require(entity, key, begins, who.actor)

    return _edited(entity, key, posted, "required_from", edit)


@pages.post(ONE + "/conditions")
def require_if(entity: str, key: str) -> Response:
    """Of which deals it is required: the builder after a press. What holds together goes into the draft at once."""
    who = require_admin()
    posted, found, unsaid = FORM.posted(), shown(), ""
    spec_in(found, entity, key)
    typed = setup_forms.typed(posted, found.catalogue)
    try:
        reading = setups.current().reading(viewer().id)
        wanted = setup_forms.condition(typed, found.catalogue, found.document, reading)
        with transaction():
            whole = f"{entity}/{key}"
            if is_meant := setup_conditions.is_meant(posted, "field", whole, "required_if", wanted, who.actor):
                setup_editing.set_parts("field", whole, {"required_if": wanted}, who.actor)
    except ConditionError as error:
        unsaid = problem(error.code, error.facts)
    except Refused as error:
        return answer(FieldEditor(entity, key, typed=typed), posted.refused(error, "condition"))
    if not unsaid and not (is_meant and wants_fragment()):
        return _opened(entity, key)
    was = setup_conditions.shown_by(posted) if unsaid else None
    return answer(FieldEditor(entity, key, typed=typed, unsaid=unsaid, was=was))


@pages.post(ONE + "/moves")
def move(entity: str, key: str) -> Response:
    """Behind another of its entity; first without one."""
    who = require_admin()
    posted = FORM.posted()
    spec_in(shown(), entity, key)

    def edit() -> None:
        typed = _over(entity, key, posted, "place", who.actor).text("after")
        drafts.place("field", f"{entity}/{key}", f"{entity}/{typed}" if typed else None, who.actor)

    return _edited(entity, key, posted, "place", edit)


@pages.post(ONE + "/deletions")
def delete(entity: str, key: str) -> Response:
    """Into the archive."""
    return _archive(entity, key, is_archived=True)


@pages.post(ONE + "/returns")
def bring_back(entity: str, key: str) -> Response:
    """Out of the archive, with its key and its values."""
    return _archive(entity, key, is_archived=False)


def _over(entity: str, key: str, posted: Posted, part: str, by: Actor) -> Posted:
    return setup_controls.typed_over(posted, "field", f"{entity}/{key}", part, by)


def _edited(entity: str, key: str, posted: Posted, place: str, edit: Callable[[], None]) -> Response:
    """The editor after an edit; what is refused stands beside `place`, as it was typed."""
    try:
        with transaction():
            edit()
    except Refused as error:
        return answer(FieldEditor(entity, key), posted.refused(error, place))
    return _opened(entity, key)


def _archive(entity: str, key: str, *, is_archived: bool) -> Response:
    who = require_admin()
    spec_in(shown(), entity, key)
    with transaction():
        drafts.edit("field", f"{entity}/{key}", ARCHIVED.key, is_archived, who.actor)
    return _opened(entity, key)


def _opened(entity: str, key: str) -> Response:
    """It stands open as it is now."""
    if wants_fragment():
        return answer(FieldEditor(entity, key))
    return redirect_to(f"/settings/fields/{entity}/{key}")
