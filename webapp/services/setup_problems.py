"""Everything that is wrong with a set-up that somebody wants, whichever rule finds it: one question for the draft, the
API and the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules import conditions, setup_checks
from rules.parameters import Problem
from rules.robot_checks import check_robot
from rules.robot_kinds import Known
from rules.setup_documents import Document, Item
from rules.setup_parts import KINDS
from rules.setup_pointers import whole_catalogue
from webapp.snapshots import setup_documents, setup_rows, setups
from webapp.snapshots.setup_rows import Names


def problems(before: Document, after: Document, *, may_name_who_is_gone: bool = False) -> list[Problem]:
    """Of what differs from `before`. Whom an earlier version or a file names and who has left, or a department
    that is in the archive, is for the sheet to ask about; whoever edits names somebody who works here."""
    setup = setups.current()
    keys = [each.key for each in after.of("stage", archived=True)]
    names = setup_documents.names_for(dict(enumerate(keys, start=1)), after)
    people = {each.email for each in setup.people.values() if each.is_active or may_name_who_is_gone}
    departments = {
        path for each, path in names.departments.items() if may_name_who_is_gone or each in setup.departments
    }
    found = setup_checks.problems(before, after, people, departments)
    if found:  # what is pointed at must be there before it can be read
        return found
    catalogue = whole_catalogue(after)  # what names an archived field is for the sheet to ask about
    known = Known(catalogue, names.reading, _open_to_moves(after, names), setup.webhooks)
    return [each for item in after.items for each in _of(item, before, names, known)]


def _open_to_moves(after: Document, names: Names) -> dict[int, tuple[int, str]]:
    """The stages that robots may lead to: id → (a number of its pipeline, kind)."""
    pipelines = [each.key for each in after.of("pipeline")]
    ids = {key: number for number, key in names.stages.items()}
    return {
        ids[each.key]: (pipelines.index(str(each.home)), str(each.parts.get("kind")))
        for each in after.of("stage")
        if each.home in pipelines
    }


def _of(item: Item, before: Document, names: Names, known: Known) -> Iterator[Problem]:
    was = before.get(item.kind, item.key)
    if item.is_archived or item == was:
        return
    if item.kind == "robot":
        yield from _robot(item, was, names, known)
        return
    row = setup_rows.columns_of(item, names)
    for part in KINDS[item.kind].parts:
        if part.shape == "condition" and (was is None or was.parts.get(part.key) != item.parts.get(part.key)):
            try:
                conditions.parse(row[part.key], known.catalogue, known.context)
            except conditions.ConditionError as error:
                at = f"{part.key}.{error.path}" if error.path else part.key
                yield Problem(setup_checks.path_of(item, at), error.code, error.facts)


def _robot(item: Item, was: Item | None, names: Names, known: Known) -> Iterator[Problem]:
    """Of a robot that was there only what was changed: it may be older than a rule, and within its settings what was
    wrong before is no fault of this edit."""
    stood = _wrong(was, names, known) if was is not None and was.parts.get("kind") == item.parts.get("kind") else []
    for each in _wrong(item, names, known):
        part, _, name = each.path.partition(".")
        if was is not None and was.parts.get(part) == item.parts.get(part):
            continue
        if name and each in stood and _setting(was, name) == _setting(item, name):
            continue
        yield Problem(setup_checks.path_of(item, each.path), each.code, each.facts)


def _wrong(item: Item, names: Names, known: Known) -> list[Problem]:
    row = setup_rows.columns_of(item, names)
    draft = {**row, "when": row["fires_when"]}
    return list(check_robot(draft, known.catalogue, known.context, known.stages, known.webhooks))


def _setting(item: Item | None, name: str) -> object:
    settings = item.parts.get("settings") if item else None
    return settings.get(name.partition(".")[0]) if isinstance(settings, Mapping) else None
