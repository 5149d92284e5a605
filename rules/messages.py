"""Placeholders in the firm's own texts: `{deal.title}` and an allow-list of others, put in by one pass.

No template language and no str.format: a text is written by one person and read by another, so it may name facts and do
nothing else. The result is plain text; whoever shows it escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rules.facts import Catalogue

ALLOWED = frozenset(
    {
        "deal.title",
        "deal.amount",
        "deal.responsible",
        "deal.time_on_stage",
        "contact.name",
        "contact.phone",
        "company.name",
        "invoice.number",
        "invoice.balance",
        "robot.name",
    }
)
_BRACED = re.compile(r"\{([^{}\s]+)\}")
_NOTHING = "\0"  # stands in no text
# In this order: a line of its own with what it is called, quotes and brackets, the sign that led there or went on from
# there, a space too many.
_AROUND_NOTHING = tuple(
    (re.compile(around, re.MULTILINE), instead)
    for around, instead in (
        (r"^[^\n\0:]{1,60}:[ \u00a0]*\0+[ \u00a0.]*\n", ""),
        (r"\n[^\n\0:]{1,60}:[ \u00a0]*\0+[ \u00a0.]*\Z", ""),
        (r"[“«„\"(\[]\0+[”»“\")\]]", "\0"),
        (r"[ \u00a0]*[,;:·—–№#][ \u00a0]*\0", "\0"),
        (r"\.[ \u00a0]*\0[ \u00a0]*\.", "."),
        (r"^(?:[ \u00a0]*\0+[ \u00a0]*[,;:·—–.]?)+[ \u00a0]*", ""),
        (r"[ \u00a0]*\0+[ \u00a0]*(?=[,.;:!?)]|$)", ""),
        (r"[ \u00a0]+\0+[ \u00a0]*|\0+[ \u00a0]+", " "),
        (r"\0+", ""),
    )
)


def named(texts: Iterable[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Of the facts, those that one of these texts names."""
    names = {name for each in texts for name in _BRACED.findall(each)}
    return {name: fact for name, fact in facts.items() if name in names}


def render(template: str, facts: Mapping[str, str]) -> str:
    """The text with its facts, by "deal.title". A fact that there may be but is not (no invoice) takes along what stood
    around it for its sake, a name that nobody knows stays as typed. Braces inside a value are never read again.
    """

    def fact(found: re.Match[str]) -> str:
        name = found[1]
        return facts.get(name, "" if name in ALLOWED else found[0])

    marked = _BRACED.sub(lambda found: found[0] if fact(found) else _NOTHING, template)
    return _BRACED.sub(fact, _closed_up(marked) if _NOTHING in marked else marked)


def _closed_up(template: str) -> str:
    """Without a hole where there is nothing: "has not answered : the deal", "invoice “” is", "Phone: "."""
    for around, instead in _AROUND_NOTHING:
        template = around.sub(instead, template)
    return template


def unknown(template: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Names in braces that no deal will ever fill, in order, each once: most likely slips of the pen."""
    names = dict.fromkeys(_BRACED.findall(template))
    return tuple(name for name in names if name not in ALLOWED and not _is_field(name, catalogue))


def placeholders(catalogue: Catalogue) -> tuple[str, ...]:
    """All that a text may name, for the editor's list."""
    own = [f"{spec.entity}.{spec.key}" for entity in ("deal", "contact") for spec in catalogue.of(entity)]
    return (*sorted(ALLOWED), *(name for name in own if name not in ALLOWED))


def _is_field(name: str, catalogue: Catalogue) -> bool:
    entity, _, key = name.partition(".")
    return entity in ("deal", "contact") and catalogue.get(entity, key) is not None
