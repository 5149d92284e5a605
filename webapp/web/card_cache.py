"""Cards as HTML, rendered once for all who read one language (and of one zone, where
it says an hour), until something that they show changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from flask import current_app
from markupsafe import Markup

from webapp import clock
from webapp.i18n.catalogue import language, zone

CACHE_SIZE = 1000  # several times what a board shows at once, in each of two languages
MINUTE, HOUR, DAY = 60, 3600, 86400


class Fused(Protocol):
    """A card of queries.cards: equal ones look alike, but for the words of a fuse, which go with the clock."""

    @property
    def id(self) -> int: ...
    @property
    def fuse(self) -> Any: ...
    @property
    def says_hours(self) -> bool: ...


_cache: dict[tuple[str, str, int], tuple[Any, Any, Markup]] = {}


def card(shown: Fused) -> Markup:
    """A card's HTML."""
    return cards([shown])


def cards(shown: Sequence[Fused]) -> Markup:
    """The HTML of cards, one after another."""
    reader, now = language(), clock.now()
    return Markup("".join([_card(each, reader, now) for each in shown]))


def _card(shown: Fused, reader: str, now: datetime) -> Markup:
    here = zone() if shown.says_hours else None  # a step says its hour, and "today"
    key = (reader, str(here), shown.id)
    words = (_words(shown.fuse, now) if shown.fuse else None, now.astimezone(here).date() if here else None)
    known = _cache.get(key)
    if known is not None and known[1] == words and known[0] == shown:
        return known[2]
    macros: Any = current_app.jinja_env.get_template("board/_macros.html").module
    html = Markup(macros.card(shown))
    if len(_cache) >= CACHE_SIZE:
        _cache.clear()
    _cache[key] = (shown, words, html)
    return html


def _words(fuse: Any, now: datetime) -> tuple[int, int]:
    """Changes as often as what a fuse says changes: each second, minute or hour, the longer the time the less often."""
    seconds = (now - fuse.from_at if fuse.kind == "told" else fuse.due_at - now).total_seconds()
    unit = HOUR if seconds > DAY else MINUTE if seconds >= HOUR or fuse.kind == "told" else 1
    return unit, int(seconds // unit)
