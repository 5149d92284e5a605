"""How services take words: in the normal form of rules/texts.py, or Refused with the name of the field."""

from __future__ import annotations

from collections.abc import Mapping

from rules import texts
from rules.errors import FieldError
from webapp.errors import invalid


def line(field: str, raw: object, limit: int, *, required: bool = True) -> str:
    """One line. Raises Refused when it is too long, or blank though it must not be."""
    return _read(texts.line, field, raw, limit, required)


def text(field: str, raw: object, limit: int, *, required: bool = True) -> str:
    """Words of several lines. Raises Refused likewise."""
    return _read(texts.text, field, raw, limit, required)


def in_one_form(value: object) -> object:
    """All texts of the firm inside, in the normal form; how long they may be is for the rules to say, which refuse what
    is too long for any and so is left as it came."""
    if isinstance(value, Mapping):
        return {key: in_one_form(each) for key, each in value.items()}
    if not isinstance(value, str) or len(value) > texts.TEXT_LIMIT:
        return value
    return text("", value, texts.TEXT_LIMIT, required=False)


def _read(reader: texts.Reader, field: str, raw: object, limit: int, required: bool) -> str:
    try:
        words = reader("" if raw is None else raw, limit)
    except FieldError as error:
        raise invalid(field, error.code, **error.facts) from None
    if required and not words:
        raise invalid(field, "blank")
    return words
