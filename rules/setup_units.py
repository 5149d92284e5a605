"""What an edit changes within a part, unit by unit: words by language, options of a list by key, stages by pipeline,
settings of a robot by name. So of two who change one list, or of a draft and what goes live beneath it, each keeps what
they have changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rules.setup_documents import options_kept
from rules.setup_parts import Part
from rules.texts import LANGUAGES

Unit = tuple[str, ...]
Units = dict[Unit, object]
Changes = dict[Unit, tuple[object, object]]  # what stood there, what is to stand there; None: nothing
WHOLE: Unit = ()  # a part that has no units, or is not written as its shape wants it
ORDER: Unit = ("order",)  # in which options stand
TOGETHER: tuple[Unit, ...] = (("entity", "field", "value"), ("stage", "reason"))  # settings that mean one thing


def changes(part: Part, was: object, value: object) -> Changes:
    """What an edit that found `was` and sets `value` changes. An option that is left out is archived."""
    if part.shape == "options" and isinstance(was, list) and isinstance(value, list):
        value = options_kept(was, value)
    had, has = _read(part, was), _read(part, value)
    if had is None or has is None:
        return {} if was == value else {WHOLE: (was, value)}
    units = dict.fromkeys((*had, *has))
    return {each: (had.get(each), has.get(each)) for each in units if not alike(each, had.get(each), has.get(each))}


def unit_of(part: Part, value: object, unit: Unit) -> object:
    """What stands in one unit of a part."""
    return value if unit == WHOLE else (_read(part, value) or {}).get(unit)


def alike(unit: Unit, one: Any, other: Any) -> bool:
    """Orders are alike in which what both have stands alike."""
    if unit != ORDER or one is None or other is None:
        return bool(one == other) or unit == ORDER
    return [each for each in one if each in other] == [each for each in other if each in one]


def put(part: Part, value: object, units: Mapping[Unit, object]) -> object:
    """The part with some of its units set."""
    if WHOLE in units:
        return units[WHOLE]
    return SHAPES[part.shape][1](value, units) if units else value


def lacks(part: Part, value: object, was: object, changed: Mapping[Unit, object]) -> bool:
    """Whether an edit that found `was` changes an option that there is no more."""
    if part.shape != "options":
        return False
    had, has = (set(_keys(each)) for each in (was, value))
    return any(unit != ORDER and unit[0] in had - has for unit in changed if unit)


def _read(part: Part, value: object) -> Units | None:
    """None: it has no units."""
    shape = SHAPES.get(part.shape)
    return shape[0](value) if shape else None


def _text(value: object) -> Units | None:
    if value is None:
        return {}
    return {(language,): words for language, words in value.items()} if _is_text(value) else None  # type: ignore[attr-defined]


def _is_text(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        each in LANGUAGES and isinstance(words, str) for each, words in value.items()
    )


def _with_text(value: object, units: Mapping[Unit, object]) -> object:
    words = {**(value if isinstance(value, Mapping) else {}), **{unit[-1]: each for unit, each in units.items()}}
    return {each: said for each, said in words.items() if said is not None} or None


def _keys(value: object) -> list[str]:
    return [str(each.get("key")) for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _options(value: object) -> Units | None:
    if not isinstance(value, list):
        return None
    found: Units = {ORDER: tuple(_keys(value))}
    for each in value:
        label = each.get("label") if isinstance(each, Mapping) else None
        if not label or not _is_text(label) or not isinstance(each.get("key"), str):
            return None
        key = each["key"]
        found |= {(key, "label", language): words for language, words in label.items()}
        found |= {(key, name): said for name, said in each.items() if name not in ("key", "label") and said}
    return found if len(set(_keys(value))) == len(value) else None


def _with_options(value: object, units: Mapping[Unit, object]) -> object:
    listed = value if isinstance(value, list) else []
    found: dict[str, dict[str, Any]] = {each["key"]: dict(each) for each in listed}
    for unit, said in units.items():
        if unit == ORDER:
            continue
        option = found.setdefault(unit[0], {"key": unit[0]})
        if unit[1] == "label":
            option["label"] = _with_text(option.get("label"), {unit: said}) or {}
        elif said is None:
            option.pop(unit[1], None)
        else:
            option[unit[1]] = said
    order = _in_order(list(found), units.get(ORDER))
    return [found[key] for key in order]


def _in_order(keys: list[str], wanted: object) -> list[str]:
    """As wanted; one that is not named there stays behind the one before it."""
    if not isinstance(wanted, tuple):
        return keys
    placed = [each for each in wanted if each in keys]
    for number, key in enumerate(keys):
        if key not in placed:
            placed.insert(placed.index(keys[number - 1]) + 1 if number else 0, key)
    return placed


def _settings(value: object) -> Units | None:
    if not isinstance(value, Mapping):
        return None if value is not None else {}
    found: Units = {}
    for name, said in value.items():
        bound = next((each for each in TOGETHER if name in each), None)
        if bound:
            found[bound] = {each: value[each] for each in bound if value.get(each) is not None} or None
        elif said and _is_text(said):
            found |= {(name, language): words for language, words in said.items()}
        else:
            found[name,] = said
    return found


def _with_settings(value: object, units: Mapping[Unit, object]) -> object:
    found: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
    for unit, said in units.items():
        if unit in TOGETHER:
            found = {name: each for name, each in found.items() if name not in unit}
            found |= said if isinstance(said, Mapping) else {}
        elif len(unit) > 1:
            found[unit[0]] = _with_text(found.get(unit[0]), {unit: said})
        else:
            found[unit[0]] = said
    return {name: each for name, each in found.items() if each is not None}


def _stages(value: object) -> Units | None:
    """Of each pipeline one."""
    listed = value if isinstance(value, list) else []
    found: Units = {(str(each).partition("/")[0],): each for each in listed}
    return found if (isinstance(value, list) or value is None) and len(found) == len(listed) else None


def _with_stages(value: object, units: Mapping[Unit, object]) -> object:
    return sorted(str(each) for each in {**(_stages(value) or {}), **units}.values() if each is not None)


Reader = Callable[[object], Units | None]
Writer = Callable[[object, Mapping[Unit, object]], object]
SHAPES: dict[str, tuple[Reader, Writer]] = {
    "text": (_text, _with_text),
    "options": (_options, _with_options),
    "stages": (_stages, _with_stages),
    "settings": (_settings, _with_settings),
}
