"""Whom a text names with an @, told apart by whether they may see what it is about."""

from __future__ import annotations

from collections.abc import Callable

from rules.mentions import mentioned
from rules.rights import Scope
from webapp.access.viewer import scope_of
from webapp.snapshots.setups import current


def named(text: str, by_id: int, may_see: Callable[[Scope], bool]) -> tuple[list[int], list[int]]:
    """Those who may see it, and those who may not; nobody names themselves."""
    setup = current()
    others = {each.id: each.name for each in setup.people.values() if each.is_active and each.id != by_id}
    found = sorted(mentioned(text, others)) if "@" in text else []
    told = [each for each in found if may_see(scope_of(setup, setup.people[each]))]
    return told, [each for each in found if each not in told]
