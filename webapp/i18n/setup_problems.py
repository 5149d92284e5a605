"""What keeps a set-up from being published, in words: a line for each, about a thing that is named."""

from __future__ import annotations

from dataclasses import dataclass

from rules.parameters import Problem
from rules.setup_checks import place_of
from rules.setup_documents import Document
from webapp.i18n import refusals
from webapp.i18n.isolates import gettext
from webapp.i18n.setup_changes import PARTS, thing


@dataclass(frozen=True, slots=True)
class SaidProblem:
    """`thing` is what it is about, "" for the set-up as a whole."""

    kind: str
    key: str
    thing: str
    words: str


def problem(found: Problem, document: Document) -> SaidProblem:
    """What is wrong with the set-up, and with what in it."""
    kind, key, part = place_of(found.path)
    words = refusals.problem(found.code, found.facts)
    item = document.get(kind, key)
    if item is None:
        return SaidProblem("", "", "", words)
    said = gettext("%(what)s: %(why)s", what=gettext(PARTS[part]), why=words) if part in PARTS else words
    return SaidProblem(kind, key, thing(kind, key, item.name), said)
