"""Words that people typed within sentences: what is written from right to left does not turn what stands beside it.

All sentences take gettext and ngettext from here. Where words stand in a line of a page by themselves, its template has
`<bdi>`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import flask_babel
from jinja2 import pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup

from webapp.i18n.catalogue import language, said
from webapp.i18n.line_ends import NARROW

_HEBREW_TO_ARABIC = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
_MARKS = "\u061c\u200f\u202a-\u202e\u2066-\u2069"
_TURNS = re.compile(f"[{_HEBREW_TO_ARABIC}{_MARKS}]")


def isolated(words: Any) -> Any:
    """The words between marks that nobody sees, if they could turn their neighbours; anything else as it is."""
    if not isinstance(words, str) or not _TURNS.search(words):
        return words
    return Markup("\u2068{}\u2069").format(words) if isinstance(words, Markup) else f"\u2068{words}\u2069"


def unmarked(words: str) -> str:
    """Without the marks of `isolated` and with plain blanks, for what leaves Dozor: an SMS becomes two
    for a letter that its alphabet has not."""
    return words.replace("\u2068", "").replace("\u2069", "").replace(NARROW, " ")


def gettext(message: str, **words: Any) -> str:
    found = said(message)
    return found % {name: isolated(each) for name, each in words.items()} if words else found


def ngettext(one: str, many: str, num: int, **words: Any) -> str:
    return str(flask_babel.ngettext(one, many, num, **{name: isolated(each) for name, each in words.items()}))


def npgettext(context: str, one: str, many: str, num: int) -> str:
    """One of several forms that another language has where English has one: the context says which."""
    return str(flask_babel.npgettext(context, one, many, num))


@pass_eval_context
def in_template(evaluated: EvalContext, message: str, /, **words: Any) -> str:
    """What templates call `_`: as Jinja's own, which asks three functions more for each of a page's sentences. With
    words or without, the message is a format, so that a percent sign is doubled in all of them."""
    if not evaluated.autoescape:
        return said(message) % {name: isolated(each) for name, each in words.items()}
    if not words:
        return _whole(message, language())
    return Markup(said(message)) % {name: isolated(each) for name, each in words.items()}


@functools.lru_cache(maxsize=4096)
def _whole(message: str, _language: str) -> Markup:
    return Markup(said(message)) % {}


def isolating(sentence: Callable[..., Any]) -> Callable[..., Any]:
    """What templates call for a sentence, with the words it is filled with isolated."""

    @pass_context
    def filled(context: Context, *texts: Any, **words: Any) -> Any:
        return sentence(context, *texts, **{name: isolated(each) for name, each in words.items()})

    return filled
