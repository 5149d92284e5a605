"""The screen of automation as an answer: the columns of the draft, and beside them the editor of what is open. Whatever
is done comes back with both as they are then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Response, current_app

from rules import setup as parts
from rules.condition_typing import TypedGroup
from rules.conflicts import Conflict
from rules.reach import Way
from rules.robot_kinds import RobotKind, kind_of
from rules.robots import RobotSpec
from rules.setup import Stage
from rules.setup_parts import KINDS
from rules.triggers import TriggerSpec
from webapp.access.viewer import viewer
from webapp.i18n import (
    condition_typing,
    condition_words,
    conflicts,
    formats,
    paths,
    placeholders,
    runs,
    sentences,
    setup_changes,
)
from webapp.i18n import previews as preview_words
from webapp.i18n.sentences import Sentence
from webapp.queries import automation as query
from webapp.queries import trigger_calls
from webapp.services import drafts as services
from webapp.services import previews
from webapp.snapshots import drafts, reach
from webapp.web import setup_choices, setup_controls, setup_seen
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import fragment, page, wants_fragment
from webapp.web.setup_shown import Shown, shown

ROBOT_PARTS = ("timing", "starts", "condition")
LAST_PARTS = ("options", "name", "place")
TRIGGER_PARTS = ("event", "condition", "options", "name", "place")


@dataclass(frozen=True, slots=True)
class Editor:
    """What stands open beside the columns: a robot, a trigger or a stage, whole or one `part` of it."""

    kind: str  # robot, trigger, stage, or new: what is about to be added
    key: str
    parts: tuple[str, ...] = ()
    part: str = ""
    typed: TypedGroup | None = None  # a condition as it is being built
    unsaid: str = ""  # what is left to say before it goes into the draft
    stage: str = ""  # where something new is to go
    secret: str = ""  # of an address that was made just now
    was: str | None = None  # a condition as it was shown when its building began
    gone: str = ""  # what is said where it is there no more

    @property
    def is_rule(self) -> bool:
        """A robot or a trigger that is there."""
        return self.kind in ("robot", "trigger") and not self.gone

    def whole_key(self, pipeline: str) -> str:
        return f"{pipeline}/{self.key}" if self.kind == "stage" else self.key


def parts_of(kind: str, rule: RobotSpec | TriggerSpec) -> tuple[str, ...]:
    """What can be changed of it, in the order of the editor."""
    if isinstance(rule, TriggerSpec):
        return TRIGGER_PARTS
    settings = (f"settings.{each.key}" for each in kind_of(rule.kind).parameters)
    return (*ROBOT_PARTS, *settings, *LAST_PARTS)


@dataclass(frozen=True, slots=True)
class Open:
    """The editor's robot or trigger with all that is said of it."""

    editor: Editor
    rule: RobotSpec | TriggerSpec
    sentence: Sentence
    kind: RobotKind | None
    stage: Stage | None
    stage_key: str
    before: str  # behind which of its equals it stands
    address: trigger_calls.Address | None
    typed: TypedGroup
    conflicts: list[str] = field(default_factory=list)
    acted: previews.Acted | None = None
    skipped: str = ""
    told: list[previews.Told] = field(default_factory=list)
    not_by_sms: list[int] = field(default_factory=list)
    held: previews.Held | None = None
    sample: Any = None
    facts: dict[str, object] = field(default_factory=dict)
    switched: int = 0  # runs that end when it is switched off, or go on when it is switched on
    way: Way | None = None  # to the sample's client, if the robot writes to clients


def answer(key: str, editor: Editor | None = None, form: FormState = BLANK, *, closes: bool = False) -> Response:
    """The screen of one pipeline; for htmx what is in the editor, and the columns anew. With `closes` the editor goes:
    what stood open in it is there no more."""
    found = shown()
    screen = query.screen(found.value, found.pipeline(key))
    stages = parts.stages_of(found.value, screen.pipeline.id)
    context: dict[str, Any] = {
        "screen": screen,
        "pipelines": parts.standing_pipelines(found.value),
        "value": found.value,
        "shown": found,
        "names": found.names,
        "say": sentences,
        "states": runs.states(),
        "form": form,
        "conflicts": [conflicts.words(each, found.value) for each in screen.conflicts],
        "editor": editor,
        "closes": closes,
        "open": _open(found, screen, editor) if editor and editor.is_rule else None,
        "condition_words": condition_words,
        "placeholders": placeholders,
        "path_words": paths.path,
        "unfit_words": setup_changes.unfit,
        "call_outcomes": sentences.call_outcomes(),
        "site": current_app.config["SETTINGS"].url,
        "discarded": services.discarded(),
        "may_undo": viewer().id in found.draft.by_ids,
        "last_open": next((each.key for each in reversed(stages) if each.kind == "open"), ""),
        "controls": lambda kind, key, part: setup_controls.begun(
            found, kind, key, part, was=editor.was if editor else None
        ),
        **_seen(found, editor, key),
        "stage_before": lambda stage: _before(stages, stage),
        **setup_choices.given(found.value, found.document, found.names),
    }
    if wants_fragment():
        return fragment("automation/edited.htmx.html", status=form.status, **context)
    return page("automation/show.html", status=form.status, **context)


def as_it_stands(pipeline: str, kind: str, key: str, opened: Callable[[], Editor]) -> Response:
    """The screen with this open; where that, or all of its pipeline, stood open and is there no more, that."""
    found = shown()
    if (said := setup_seen.gone(found, "pipeline", pipeline)) and (went := _went(found, pipeline, said)):
        return went
    if said := setup_seen.gone(found, kind, key):
        return answer(pipeline, Editor(kind, key, gone=said))
    return answer(pipeline, opened())


def columns(pipeline: str) -> Response:
    """The screen with nothing open; to a page that shows a pipeline which is there no more, that."""
    return _went(shown(), pipeline) or answer(pipeline)


def _went(found: Shown, pipeline: str, said: str = "") -> Response | None:
    """To a page that stands open, where its pipeline was taken away; `said`: of what stood open in the editor."""
    if not wants_fragment() or parts.pipeline_named(found.value, pipeline) is not None:
        return None
    name = formats.text(drafts.name_of("pipeline", pipeline, found.document))
    return fragment("automation/gone.htmx.html", gone=said, name=name) if name else None


def _seen(found: Shown, editor: Editor | None, pipeline: str) -> dict[str, Any]:
    if editor is None or editor.kind not in KINDS or editor.gone:
        return {}
    place = editor.kind, editor.whole_key(pipeline)
    return {"seen": setup_seen.mark(found, *place), "meanwhile": setup_seen.meanwhile(found, *place)}


def _before(stages: tuple[Stage, ...], stage: Stage) -> str:
    """The key of the stage before this one; "" of the first."""
    keys = [each.key for each in stages]
    at = keys.index(stage.key) if stage.key in keys else 0
    return keys[at - 1] if at else ""


def _open(found: Shown, screen: query.Screen, editor: Editor) -> Open:
    rule = found.rule(editor.kind, editor.key)
    is_robot = isinstance(rule, RobotSpec)
    stage = parts.stage_by_id(found.value, rule.stage_id) if rule.stage_id is not None else None
    where = [stage.id] if stage else [each.id for each in parts.stages_of(found.value, screen.pipeline.id)]
    home = _stage_key(found, stage)
    equals = [each.key for each in found.document.of(editor.kind) if each.parts.get("stage") == home]
    at = equals.index(editor.key) if editor.key in equals else 0
    return Open(
        editor,
        rule,
        sentences.robot(rule, found.names) if isinstance(rule, RobotSpec) else sentences.trigger(rule, found.names),
        kind_of(rule.kind) if isinstance(rule, RobotSpec) else None,
        stage,
        home or "",
        equals[at - 1] if at else "",
        None if is_robot else trigger_calls.address(rule.id),
        editor.typed if editor.typed is not None else condition_typing.typed(rule.condition, found.names),
        [conflicts.words(each, found.value) for each in _mine(screen, editor.kind, rule.id)],
        switched=previews.switched(rule) if isinstance(rule, RobotSpec) else 0,
        held=previews.held(rule.condition, where, found.catalogue) if rule.condition else None,
        **(_foretold(found, rule, where, screen.pipeline.id) if is_robot else {}),  # type: ignore[arg-type]
    )


def _stage_key(found: Shown, stage: Stage | None) -> str | None:
    return found.key_of("stage", stage.id) if stage else None


def _mine(screen: query.Screen, kind: str, number: int) -> Iterator[Conflict]:
    return (each for each in screen.conflicts if number in (each.robots if kind == "robot" else each.triggers))


def _not_by_sms(robot: RobotSpec, told: list[previews.Told]) -> list[int]:
    """Who would be told by SMS, and has no number that counts."""
    people = sorted({person for each in told for person in each.found.people})
    return reach.without("sms", people) if robot.settings.get("sms") else []


def _foretold(found: Shown, robot: RobotSpec, where: list[int], pipeline_id: int) -> dict[str, Any]:
    """When, for whom, and with what words, were it now: on a real deal of its stage, else of its pipeline."""
    every = [each.id for each in found.value.stages]
    deal = previews.sample(where) or previews.sample(every)
    acted = previews.acted_on(robot, deal, found.catalogue, pipeline_id)
    told = previews.told(robot, where) or previews.told(robot, every)
    return {
        "acted": acted,
        "skipped": preview_words.skipped(acted.skipped),
        "told": told,
        "not_by_sms": _not_by_sms(robot, told),
        "sample": deal,
        "facts": previews.facts(robot, deal) if deal else {},
        "way": previews.way(deal) if deal and kind_of(robot.kind).speaks_to_client else None,
    }
