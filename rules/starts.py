"""What starts robots beside entering a stage, and which changes they hear of."""

from __future__ import annotations

from rules import conditions
from rules.facts import Condition

ENDS = ("settled", "closed", "deleted")  # why a run was called off whose occasion may stand again
_WATCHED = ("deal", "contact")


def is_watched(condition: Condition | None, changed: frozenset[tuple[str, str]]) -> bool:
    """Whether a robot or trigger that waits for *a field changed* hears of these changes: of the fields of the deal and
    its contact that its condition asks for; where it asks for none, of every one."""
    mine = {(each.entity, each.field) for each in conditions.tests_in(condition) if each.entity in _WATCHED}
    return any(each in mine if mine else each[0] in _WATCHED for each in changed)
