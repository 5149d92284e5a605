"""Numbers as people type them, in English and in Russian: 1,000.50 · 1 000,50 · 1.000,50 · 1000.5."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from unicodedata import category

from rules import texts

LIMIT = 10**15  # whole numbers up to here survive JavaScript and every database
_LONGEST = 27  # Decimal keeps 28 digits: no typed number is ever rounded in silence

_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(-?[0-9]+)(?:[.,]([0-9]+))?",
        r"(-?[1-9][0-9]{0,2}(?: [0-9]{3})+)(?:[.,]([0-9]+))?",
        r"(-?[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?",
        r"(-?[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,([0-9]+))?",
    )
)
_EITHER = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
_THOUSAND = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")


class Ambiguous(Exception):
    """1,125 is a thousand and more to one reader, hardly more than one to another: nobody should guess."""

    def __init__(self, either: str, other: str) -> None:
        super().__init__(either)
        self.either = either
        self.other = other


def read(raw: object, digits: int | None) -> Decimal | None:
    """The number typed, or None if it is none. `digits` is how many decimals there can be, None for any.

    One comma before three digits groups thousands where three decimals cannot be (money); else it is Ambiguous. One
    point before three digits groups them in some countries, so that money of fewer decimals is Ambiguous. Elsewhere a
    point with nothing but digits is the decimal mark, as in JSON and `<input type=number>`.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return None
    if isinstance(raw, float) and not math.isfinite(raw):
        return None
    if not isinstance(raw, str):
        return Decimal(repr(raw)) if abs(raw) <= LIMIT else Decimal(LIMIT + 1)
    typed = re.sub(r"[\s']", " ", texts.bare(raw))
    is_plain = typed.isascii() and not any(category(each) == "No" for each in raw)  # ² is no 2
    return _typed(typed, digits) if is_plain and len(typed) <= _LONGEST else None


def decimal(minor: int, digits: int) -> str:
    """Minor units as a decimal string: "1000000.00"."""
    if not digits:
        return str(minor)
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{part:0{digits}d}"


def plain(amount: Decimal) -> int | float:
    """The JSON number: whole when it is whole."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _typed(typed: str, digits: int | None) -> Decimal | None:
    if _EITHER.fullmatch(typed):
        if digits is None or digits >= 3:
            raise Ambiguous(typed.replace(",", ""), typed.replace(",", "."))
        return Decimal(typed.replace(",", ""))
    if digits is not None and digits < 3 and _THOUSAND.fullmatch(typed):
        if digits:
            raise Ambiguous(typed.replace(".", ""), typed)
        return Decimal(typed.replace(".", ""))
    for shape in _SHAPES:
        if found := shape.fullmatch(typed):
            return Decimal(re.sub("[ ,.]", "", found[1]) + "." + (found[2] or "0"))
    return None
