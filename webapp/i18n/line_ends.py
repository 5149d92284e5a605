"""What a line may end with: not with a number whose unit or noun stands on the next one. And none begins with the point
between two parts of it, which stays with what precedes it. Said once for all texts of the catalogue, as they are looked
up."""

from __future__ import annotations

import re

NARROW = "\u00a0"  # no line is broken here
BETWEEN = f"{NARROW}· "
# What numbers are called in the catalogue: of a span, of a plural, of a bound. "%(num)s deals".
_COUNTED = re.compile(r"(%\((?:n|num|count|days|limit|most|least|digits)\)[sd]) (?=\S)")


def tied(message: str) -> str:
    """A text of the catalogue before it is filled."""
    return _COUNTED.sub(lambda found: f"{found[1]}{NARROW}", message.replace(" · ", BETWEEN))


def whole(words: str) -> str:
    """A number with its unit, as one word."""
    return words.replace(" ", NARROW)
