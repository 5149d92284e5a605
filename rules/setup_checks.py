"""What is wrong with a set-up by itself. That it leaves something pointing at what it archives is no mistake yet: the
sheet (impact.py) asks what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from rules.parameters import LINE_LIMIT, Problem, check_text
from rules.setup_documents import KEY, Document, Item
from rules.setup_parts import KINDS, Part
from rules.setup_pointers import Pointer, catalogue_of, of_item

FIXED = {("field", "kind"), ("stage", "kind")}  # values and visits are read by them
HUES = range(100)
LONGEST_LIST = 480  # options: so many fit in one form with their words in two languages (webapp/bounds.py)


def problems(before: Document, after: Document, people: Collection[str], departments: Collection[str]) -> list[Problem]:
    """Everything that is wrong with what differs from `before`, by place: robots.control.settings. `people` are the
    e-mails of those who work here, `departments` the paths there are."""
    found: list[Problem] = []
    catalogue = catalogue_of(after)
    for item in after.items:
        was = before.get(item.kind, item.key)
        if item.is_archived or item == was:
            continue
        found += [each for part in KINDS[item.kind].parts for each in _part(item, was, part)]
        stood = {(each.part, each.to, each.key) for each in of_item(was, catalogue)} if was is not None else set()
        changed = (each for each in of_item(item, catalogue) if (each.part, each.to, each.key) not in stood)
        found += _pointers(after, changed, people, departments)
    return found + list(_whole(before, after))


def path_of(item: Item, part: str = "") -> str:
    """How a place is named in problems."""
    return ".".join(each for each in (KINDS[item.kind].plural, item.key, part) if each)


def place_of(path: str) -> tuple[str, str, str]:
    """Of such a name: kind, key and part, "" for what it does not say."""
    plural, _, rest = path.partition(".")
    key, _, part = rest.partition(".")
    return next((each.key for each in KINDS.values() if each.plural == plural), ""), key, part.partition(".")[0]


def _part(item: Item, was: Item | None, part: Part) -> Iterator[Problem]:
    value, path = item.parts.get(part.key), path_of(item, part.key)
    if was is not None and was.parts.get(part.key) == value:
        return
    if was is not None and (item.kind, part.key) in FIXED:
        yield Problem(path, "is_fixed")
        return
    if value is None:
        if part.is_required:
            yield Problem(path, "blank")
        return
    if part.shape == "options" and _length(value) > max(LONGEST_LIST, _length(was.parts.get(part.key) if was else ())):
        yield Problem(path, "too_many", {"limit": LONGEST_LIST})
        return
    yield from _value(part, value, path)


def _length(options: object) -> int:
    return len(options) if isinstance(options, list) else 0


def _value(part: Part, value: object, path: str) -> list[Problem]:
    if part.shape == "text":
        return check_text(path, value, LINE_LIMIT)
    if part.shape == "flag":
        return [] if isinstance(value, bool) else [Problem(path, "not_yes_or_no")]
    if part.shape == "number":
        is_hue = isinstance(value, int) and not isinstance(value, bool) and value in HUES
        return [] if is_hue else [Problem(path, "bad_amount", {"limit": HUES[-1]})]
    if part.shape == "choice":
        return [] if _is_one_of(value, part.choices) else [_not_an_option(path, part)]
    if part.shape == "choices":
        is_list = isinstance(value, list) and bool(value) and all(_is_one_of(each, part.choices) for each in value)
        return [] if is_list else [_not_an_option(path, part)]
    if part.shape == "options":
        return _options(value, path)
    if part.shape == "stages":
        return _stages(value, path)
    return []


def _is_one_of(value: object, choices: Collection[str]) -> bool:
    return isinstance(value, str) and value in choices


def _not_an_option(path: str, part: Part) -> Problem:
    return Problem(path, "not_an_option", {"options": tuple(part.choices)})


def _options(value: object, path: str) -> list[Problem]:
    if not isinstance(value, list):
        return [Problem(path, "not_a_list")]
    found, seen = [], set()
    for number, each in enumerate(value):
        key = each.get("key") if isinstance(each, Mapping) else None
        if not isinstance(each, Mapping) or not isinstance(key, str) or not KEY.fullmatch(key) or key in seen:
            found.append(Problem(f"{path}.{number}", "not_a_key"))
            continue
        seen.add(key)
        if not isinstance(each.get("is_archived", False), bool):
            found.append(Problem(f"{path}.{number}.is_archived", "not_yes_or_no"))
        found += check_text(f"{path}.{number}.label", each.get("label"), LINE_LIMIT)
    return found


def _stages(value: object, path: str) -> list[Problem]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return [Problem(path, "not_a_list")]
    pipelines = [each.partition("/")[0] for each in value]
    return [Problem(path, "one_in_a_pipeline")] if len(set(pipelines)) < len(pipelines) else []


def _pointers(
    after: Document, changed: Iterable[Pointer], people: Collection[str], departments: Collection[str]
) -> Iterator[Problem]:
    """What points at what nobody has ever known. What is only archived is for the sheet to ask about; and whoever
    changes something else is not asked for what stood there before, as the name of somebody who has left since."""
    for each in changed:
        code = _unknown(after, each, people, departments)
        if code:
            at = f"{each.part}.{each.place}" if each.place else each.part
            yield Problem(path_of(each.item, at), code, {"named": each.key[:200]})


def _unknown(after: Document, pointer: Pointer, people: Collection[str], departments: Collection[str]) -> str:
    if pointer.to == "person":
        return "" if pointer.key in people else "no_such_person"
    if pointer.to == "department":
        return "" if pointer.key in departments else "no_such_department"
    if pointer.to == "stage":
        return "" if after.get("stage", pointer.key) else "unknown_stage"
    if pointer.to == "field":
        return "" if after.get("field", pointer.key) else "unknown_field"
    return ""


def _whole(before: Document, after: Document) -> Iterator[Problem]:
    if not after.of("pipeline"):
        yield Problem("pipelines", "no_pipeline")
    for each in after.items:
        if each.kind == "stage" and after.get("pipeline", str(each.home)) is None:
            yield Problem(path_of(each, "pipeline"), "unknown_pipeline")
    for pipeline in after.of("pipeline"):
        if not any(each.parts.get("kind") == "open" for each in after.stages_of(pipeline.key)):
            yield Problem(path_of(pipeline), "no_open_stage")
