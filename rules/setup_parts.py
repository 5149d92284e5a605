"""What the set-up is made of, declared once: each kind of thing with its parts. From here it is written as JSON, read,
edited, compared and checked; how a part is kept in a row is in webapp/snapshots/setup_rows.py."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rules.field_kinds import FIELD_KINDS
from rules.robot_kinds import ROBOT_KINDS
from rules.robots import STARTS, WHENS
from rules.triggers import EVENTS


@dataclass(frozen=True, slots=True)
class Part:
    """One attribute. `shape` says how its value is written, and so what it may point at: flag, number, choice, choices
    (a list), text ({en, ru}), stage, stages, department, condition, settings, timing, options, plain (anything).
    `choices` are read when asked, since kinds of robots and fields may be added. A part without `default` whose
    `is_required` is said must be given."""

    key: str
    shape: str = "plain"
    default: object = None
    is_required: bool = False
    choices: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing. `home` is the part among whose equals it has its order ("": among all of its kind); with
    `is_home_in_key` it is known only together with that: a stage as "sales/new"."""

    key: str
    plural: str
    parts: tuple[Part, ...]
    home: str = ""
    is_home_in_key: bool = False
    is_kept: bool = False  # what is archived still stands in the set-up, since the past names it

    def part(self, key: str) -> Part | None:
        return next((each for each in (*self.parts, ARCHIVED) if each.key == key), None)


ARCHIVED = Part("is_archived", "flag", False)
_NAME = Part("name", "text", is_required=True)
_CONDITION = Part("condition", "condition")
_ON = Part("is_on", "flag", True)

PIPELINE = Kind(
    "pipeline",
    "pipelines",
    (_NAME, Part("department", "department"), Part("lost_reasons", "options", [])),
    is_kept=True,
)
STAGE = Kind(
    "stage",
    "stages",
    (_NAME, Part("kind", "choice", "open", choices=("open", "won", "lost")), Part("hue", "number", 0)),
    home="pipeline",
    is_home_in_key=True,
    is_kept=True,
)
FIELD = Kind(
    "field",
    "fields",
    (
        Part("kind", "choice", is_required=True, choices=FIELD_KINDS),
        Part("label", "text", is_required=True),
        Part("help", "text"),
        Part("options", "options", []),
        Part("required_from", "stages", []),
        Part("required_if", "condition"),
        Part("shown_as", "choice", "none", choices=("none", "tag", "mark")),
    ),
    home="entity",
    is_home_in_key=True,
    is_kept=True,
)
ROBOT = Kind(
    "robot",
    "robots",
    (
        Part("stage", "stage"),  # None: of any stage
        Part("kind", "choice", is_required=True, choices=ROBOT_KINDS),
        _NAME,
        _ON,
        Part("starts", "choices", ["entered"], choices=STARTS),
        Part("timing", "timing", {"at_once": True}),
        Part("when", "choice", "any", choices=WHENS),
        _CONDITION,
        Part("settings", "settings", {}),
        Part("once_per_deal", "flag", False),
        Part("also_later", "flag", False),
    ),
    home="stage",
)
TRIGGER = Kind(
    "trigger",
    "triggers",
    (
        Part("event", "choice", is_required=True, choices=EVENTS),
        Part("stage", "stage", is_required=True),
        _NAME,
        _ON,
        _CONDITION,
        Part("may_go_back", "flag", default=False),
    ),
)

KINDS: dict[str, Kind] = {each.key: each for each in (PIPELINE, STAGE, FIELD, ROBOT, TRIGGER)}
