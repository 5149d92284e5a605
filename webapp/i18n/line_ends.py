"""What a line may end with: not with a number whose unit stands on the next one. And none begins with the point
between two parts of it, which stays with what precedes it. Said once for all texts of the catalogue, as they are looked
up."""

from __future__ import annotations

import re

NARROW = "\u00a0"  # no line is broken here
BETWEEN = f"{NARROW}· "
_UNIT = re.compile(r"(?<=%\(n\)s) (?=\S)")  # "%(n)s h": the number of a span


def tied(message: str) -> str:
    """A text of the catalogue before it is filled."""
    return _UNIT.sub(NARROW, message.replace(" · ", BETWEEN))


def whole(words: str) -> str:
    """A number with its unit, as one word."""
    return words.replace(" ", NARROW)
