"""The reader's language, its catalogue, and their zone. A sentence and a locale are looked up once for each language:
a page asks for hundreds of them."""

from __future__ import annotations

import functools
from datetime import tzinfo

from babel import Locale
from flask import g
from flask_babel import get_locale, get_timezone, get_translations

from webapp.i18n.line_ends import tied


def language() -> str:
    """The reader's language, as "ru"; found out once for each request."""
    try:
        kept = vars(g._get_current_object())  # each look through the proxy costs as much
    except RuntimeError:
        return "en"
    if (reader := kept.get("reader")) is not None:
        return str(reader.locale)
    if "language" not in kept:
        kept["language"] = str(get_locale() or "en")
    return str(kept["language"])


def locale() -> Locale:
    """What Babel knows of the reader's language."""
    return _locale(language())


def zone() -> tzinfo | None:
    """The reader's zone; found out once for each request too."""
    try:
        here = g._get_current_object()
    except RuntimeError:
        return get_timezone()
    if here.get("reader") is not None:
        return get_timezone()
    if "zone" not in here:
        here.zone = get_timezone()
    found: tzinfo | None = here.zone
    return found


def said(message: str) -> str:
    """A text of the catalogue in the reader's language: what templates call `_`."""
    return _said(message, language())


def said_of(one: str, many: str, n: int) -> str:
    """The same with a number."""
    return _said_of(one, many, n, language())


def said_in(context: str, message: str) -> str:
    """One of several meanings of an English word."""
    return _said_in(context, message, language())


@functools.cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


@functools.lru_cache(maxsize=4096)
def _said(message: str, _language: str) -> str:
    return tied(str(get_translations().ugettext(message)))


@functools.lru_cache(maxsize=4096)
def _said_of(one: str, many: str, n: int, _language: str) -> str:
    return tied(str(get_translations().ungettext(one, many, n)))


@functools.lru_cache(maxsize=4096)
def _said_in(context: str, message: str, _language: str) -> str:
    return tied(str(get_translations().upgettext(context, message)))
