"""Parts of pages that say the same to everybody who reads one language: rendered once, and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import current_app
from markupsafe import Markup

from webapp.i18n.catalogue import language

KEPT = 512


def kept(template: str, *values: str | int) -> Markup:
    """The macro `shown` of that template, which may look at nothing but these values and the catalogue."""
    return _kept(language(), template, values)


@lru_cache(maxsize=KEPT)
def _kept(_language: str, template: str, values: tuple[str | int, ...]) -> Markup:
    macros: Any = current_app.jinja_env.get_template(template).module
    return Markup(macros.shown(*values))
