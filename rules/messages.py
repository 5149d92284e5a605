"""Placeholders in the firm's own texts: `{deal.title}` and an allow-list of others, put in by one pass.

No template language and no str.format: a text is written by one person and read by another, so it may name facts and do
nothing else. The result is plain text; whoever shows it escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

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
        "robot.name",
    }
)
_BRACED = re.compile(r"\{([^{}\s]+)\}")


def render(template: str, facts: Mapping[str, str]) -> str:
    """The text with its facts, by "deal.title". A fact that there may be but is not (no invoice) leaves nothing behind,
    a name that nobody knows stays as typed. Braces inside a value are never read again.
    """

    def fact(found: re.Match[str]) -> str:
        name = found[1]
        return facts.get(name, "" if name in ALLOWED else found[0])

    return _BRACED.sub(fact, template)


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
