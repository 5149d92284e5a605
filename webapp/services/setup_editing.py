"""What an admin does on the screen of automation, as edits of the draft (drafts.py): values come as the product keeps
them (ids, minor units) and go into the draft as its document writes them (keys, e-mails, decimals)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from rules import robots
from rules.facts import Text
from rules.hues import hue_for
from rules.parameters import Parameter
from rules.robot_kinds import ROBOT_KINDS, RobotKind
from rules.setup_documents import Document, Item
from rules.setup_edits import AFTER, NEW
from rules.setup_parts import KINDS
from webapp.access.scopes import Actor
from webapp.config import LOCALES
from webapp.errors import NotFound, invalid
from webapp.services import drafts
from webapp.services.drafts import Wish
from webapp.snapshots import drafts as snapshots
from webapp.snapshots import setup_documents, setups
from webapp.snapshots.setup_rows import Names

STAGES: dict[str, tuple[str, Text]] = {  # of a new pipeline: what kind, what it is called
    "new": ("open", {"en": "New", "ru": "Новая"}),
    "in_work": ("open", {"en": "In work", "ru": "В работе"}),
    "won": ("won", {"en": "Won", "ru": "Успех"}),
    "lost": ("lost", {"en": "Lost", "ru": "Провал"}),
}
ANY_STAGE: Text = {"en": "any stage", "ru": "любая стадия"}
COPY: Text = {"en": "{name} (copy)", "ru": "{name} (копия)"}
FIRST_TEXT = "{deal.title}"


def set_parts(kind: str, key: str, values: Mapping[str, object], by: Actor) -> None:
    """Some parts of one thing, as one act."""
    document = snapshots.current().document
    was, names = _item(document, kind, key), names_of(document)
    given = {part: written(kind, part, value, names) for part, value in values.items()}
    wishes = [Wish(kind, key, part, value) for part, value in given.items() if was.parts.get(part) != value]
    if wishes:
        drafts.edit_all(wishes, by)


def set_setting(key: str, name: str, value: object, by: Actor) -> None:
    """One setting of a robot; None takes it away."""
    document = snapshots.current().document
    was = _item(document, "robot", key).parts.get("settings")
    beside = {each: was[each] for each in ("entity", "field") if isinstance(was, Mapping) and each in was}
    given = written("robot", "settings", {**(beside if name == "value" else {}), name: value}, names_of(document))
    settings = {**(was if isinstance(was, Mapping) else {}), **(given if isinstance(given, Mapping) else {})}
    if settings != was:
        settings.update(_beside(name, settings, document))
    kept = {each: found for each, found in settings.items() if found is not None}
    if kept != was:
        drafts.edit_all([Wish("robot", key, "settings", kept)], by)


def _beside(name: str, settings: Mapping[str, object], document: Document) -> dict[str, object]:
    """What another field, or one of something else, makes of the rest: a value of the old one means nothing there. And
    of another stage: a lost one does not go without a reason, no other with one."""
    if name == "stage":
        return {"reason": _reason(settings, document)}
    if name not in ("entity", "field"):
        return {}
    fields = _fields_of(settings.get("entity") or "deal", document)
    if not fields:
        raise invalid(f"settings.{name}", "no_own_field")
    return {"value": None, "field": settings.get("field") if settings.get("field") in fields else fields[0]}


def _fields_of(entity: object, document: Document) -> list[str]:
    return [each.key.rpartition("/")[2] for each in document.of("field") if each.home == entity]


def _reason(settings: Mapping[str, object], document: Document) -> object:
    """Why a deal that is led to this stage is lost: as it was said, else the first that its pipeline offers."""
    stage = document.get("stage", str(settings.get("stage")))
    if stage is None or stage.parts.get("kind") != "lost":
        return None
    pipeline = document.get("pipeline", str(stage.home))
    reasons = pipeline.parts.get("lost_reasons") if pipeline else None
    offered = [each["label"] for each in reasons if not each.get("is_archived")] if isinstance(reasons, list) else []
    return settings.get("reason") or next(iter(offered), dict(stage.name))


def add_robot(kind: str, stage: str | None, by: Actor) -> str:
    """A robot of this kind with what it cannot be without, for the admin to change. Its key."""
    if kind not in ROBOT_KINDS:
        raise NotFound("kind of robot")
    made = ROBOT_KINDS[kind]
    document = snapshots.current().document
    settings = {key: each for one in made.parameters if one.required for key, each in _first(one, made, document)}
    starts = ["entered"] if stage else [next(each for each in robots.STARTS if each != "entered")]
    name = _told_apart(made.name, document.get("stage", stage) if stage else None, document)
    parts = {"stage": stage, "kind": kind, "name": name, "starts": starts, "settings": settings}
    return drafts.add("robot", whole("robot", parts), by)


def _told_apart(kind: Text, stage: Item | None, document: Document) -> dict[str, str]:
    """What a new robot is called: its kind, where it stands, and a number if there is such a one already."""
    home: Text = stage.name if stage else ANY_STAGE
    any_words = next(iter(home.values()), "")
    name = {each: f"{words}: {home.get(each) or any_words}" for each, words in kind.items()}
    taken = [each.name for each in document.of("robot", archived=True)]
    for number in count(1):
        called = name if number == 1 else {each: f"{words} {number}" for each, words in name.items()}
        if not any(words in other.values() for other in taken for words in called.values()):
            break
    return called


def _first(parameter: Parameter, made: RobotKind, document: Document) -> list[tuple[str, object]]:
    """What stands in a setting that has to be there, until somebody says otherwise; a field with whose it is."""
    if parameter.kind == "field":
        return _first_field(parameter, made, document)
    return [(parameter.key, _first_value(parameter, document))]


def _first_field(parameter: Parameter, made: RobotKind, document: Document) -> list[tuple[str, object]]:
    """Of the first record that has one of the firm's own. Raises Refused where there is none."""
    whose = made.get("entity")
    for entity in whose.choices if whose else ("deal",):
        for key in _fields_of(entity, document)[:1]:
            return [("entity", entity), (parameter.key, key)]
    raise invalid(f"settings.{parameter.key}", "no_own_field")


def _first_value(parameter: Parameter, document: Document) -> object:
    if parameter.default is not None:
        return parameter.default
    if parameter.kind in ("text", "textarea"):
        return dict.fromkeys(LOCALES, FIRST_TEXT)
    if parameter.kind == "duration":
        return {"amount": 1, "unit": "days"}
    if parameter.kind == "stage":
        return next((each.key for each in document.of("stage")), None)
    if parameter.kind == "webhook":
        return next(iter(setups.current().webhooks), "")  # none: it is said that there is none
    return next(iter((*parameter.slots, *parameter.choices)), None)


def add_trigger(event: str, stage: str, name: Text, by: Actor) -> str:
    """A trigger that leads to this stage. Its key."""
    return drafts.add("trigger", whole("trigger", {"event": event, "stage": stage, "name": dict(name)}), by)


def copy(kind: str, key: str, by: Actor) -> str:
    """Another one that does the same. Its key."""
    was = _item(snapshots.current().document, kind, key)
    name = {each: COPY.get(each, COPY["en"]).format(name=words) for each, words in was.name.items()}
    return drafts.add(kind, {**was.parts, "name": name}, by, after=key)


def move(kind: str, key: str, stage: str | None, after: str | None, by: Actor) -> None:
    """To a stage, behind another of its kind there: first with None."""
    was = _item(snapshots.current().document, kind, key)
    wishes = [Wish(kind, key, "stage", stage)] if was.parts.get("stage") != stage else []
    drafts.edit_all([*wishes, Wish(kind, key, AFTER, after)], by)


def add_stage(pipeline: str, name: Text, after: str | None, by: Actor) -> str:
    """An open stage behind another. Its key."""
    document = snapshots.current().document
    hue = hue_for("open", hues_of(document, pipeline))
    parts = {"name": dict(name), "kind": "open", "hue": hue}
    return drafts.add("stage", whole("stage", parts), by, home=pipeline, after=after or "")


def hues_of(document: Document, pipeline: str) -> list[object]:
    """Colours that the stages of a pipeline have."""
    return [each.parts.get("hue") for each in document.stages_of(pipeline)]


def add_pipeline(name: Text, by: Actor) -> str:
    """A pipeline with its first stages. Its key."""
    drafts.lock()
    document = snapshots.current().document
    parts = whole("pipeline", {"name": dict(name)})
    key = drafts.new_key(document, "pipeline", parts)
    wishes = [Wish("pipeline", key, NEW, parts)]
    for n, (stage, (kind, called)) in enumerate(STAGES.items()):
        given = whole("stage", {"name": dict(called), "kind": kind, "hue": hue_for(kind, range(n))})
        wishes.append(Wish("stage", f"{key}/{stage}", NEW, given))
    drafts.edit_all(wishes, by)
    return key


def whole(kind: str, given: Mapping[str, object]) -> dict[str, object]:
    """All parts of a thing."""
    return {part.key: _plain(given.get(part.key, part.default)) for part in KINDS[kind].parts}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _item(document: Document, kind: str, key: str) -> Item:
    found = document.get(kind, key)
    if found is None:
        raise NotFound(kind)
    return found


def names_of(document: Document) -> Names:
    """What stands in this document for ids."""
    valued = setup_documents.value_of(document)
    stages = {number: key for (kind, key), number in valued.ids.items() if kind == "stage"}
    return setup_documents.names_for(stages, document)


def written(kind: str, part: str, value: object, names: Names) -> Any:
    """A value that the product keeps, as the document writes it."""
    declared = KINDS[kind].part(part)
    return _plain(names.shown(declared, value)) if declared else value
