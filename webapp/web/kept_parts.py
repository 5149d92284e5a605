"""Parts of pages that say the same to everybody who reads one language: rendered once, and kept; and those that the
lines of one page have alike."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from flask import current_app, g
from markupsafe import Markup, escape

from webapp.i18n.catalogue import language

KEPT = 512
SLOT = "\0"  # which nothing that is shown holds


def kept(template: str, *values: str | int) -> Markup:
    """The macro `shown` of that template, which may look at nothing but these values and the catalogue."""
    return _kept(language(), template, values)


@lru_cache(maxsize=KEPT)
def _kept(_language: str, template: str, values: tuple[str | int, ...]) -> Markup:
    macros: Any = current_app.jinja_env.get_template(template).module
    return Markup(macros.shown(*values))


def alike(macro: Any, key: Hashable, own: Mapping[str, object], *values: Any) -> Markup:
    """What the macro draws for these values, which is drawn once in a page for all lines of one key; what each has as
    its `own` the macro takes by name, and may do nothing with it but show it."""
    drawn = g.setdefault("alike", {})
    found = drawn.get((macro.name, key))
    if found is None:
        slots = {name: f"{SLOT}{name}{SLOT}" for name in own}
        found = drawn[macro.name, key] = macro(*values, **slots).split(SLOT)
    shown = {name: escape(each) for name, each in own.items()}
    return Markup("".join([shown[each] if n % 2 else each for n, each in enumerate(found)]))
