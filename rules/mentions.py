"""Whom a text names with an @: by the whole name, or by a first name that one person alone has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from rules.texts import fold


def mentioned(text: str, names: Mapping[int, str]) -> frozenset[int]:
    """Ids of the people whom `text` names, out of `names` by id. "@Anna Krylova, call them" names Anna Krylova, and
    "@anna" does as well while nobody else is called Anna. Two people of one whole name are both named."""
    words, found = fold(text), set()
    for name, people in _ways(names):
        pattern = re.compile(rf"(?<!\w)@{re.escape(name)}(?!\w)")
        if pattern.search(words):
            found.update(people)
            words = pattern.sub(" ", words)
    return frozenset(found)


def _ways(names: Mapping[int, str]) -> list[tuple[str, list[int]]]:
    """What people may be called, the longest first: "@Anna Krylova-Belova" does not name Anna Krylova."""
    whole: dict[str, list[int]] = {}
    for person, name in names.items():
        whole.setdefault(fold(name), []).append(person)
    firsts = Counter(first for name in whole if (first := name.split(" ")[0]))
    short = {name.split(" ")[0]: people for name, people in whole.items() if firsts[name.split(" ")[0]] == 1}
    ways = {**short, **whole}
    return sorted(((name, people) for name, people in ways.items() if name), key=lambda each: -len(each[0]))
