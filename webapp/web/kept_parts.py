"""Parts of pages that say the same to everybody who reads one language: rendered once, and kept; those that the lines
of one page have alike; and lines that a page has again because nothing that they show has changed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from flask import current_app, g
from markupsafe import Markup, escape

from webapp import clock
from webapp.i18n.catalogue import language, zone

KEPT = 512
LASTING = 1000  # some 2 kB each
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
        found = drawn[macro.name, key] = _parts(macro, own, values)
    return _filled(found, own)


_lasting: dict[tuple[Hashable, ...], tuple[object, list[str]]] = {}


def lasting(macro: Any, name: Hashable, shown: object, own: Mapping[str, object], *values: Any) -> Markup:
    """The same for one line of later pages too: of each `name` the latest is kept, as long as `shown`, which is all
    that the macro looks at beside the reader's language, zone and day, is equal to what was shown then."""
    key = (macro.name, language(), str(zone()), name)
    now = (clock.now().astimezone(zone()).date(), shown)
    known = _lasting.get(key)
    if known is None or known[0] != now:
        if len(_lasting) >= LASTING:
            _lasting.clear()
        known = _lasting[key] = (now, _parts(macro, own, values))
    return _filled(known[1], own)


def _parts(macro: Any, own: Iterable[str], values: tuple[Any, ...]) -> list[str]:
    """What the macro draws, what is each one's own named between."""
    found: list[str] = macro(*values, **{name: f"{SLOT}{name}{SLOT}" for name in own}).split(SLOT)
    return found


def _filled(parts: list[str], own: Mapping[str, object]) -> Markup:
    shown = {name: escape(each) for name, each in own.items()}
    return Markup("".join([shown[each] if n % 2 else each for n, each in enumerate(parts)]))
