"""The number that comes after another, as people number their papers."""

from __future__ import annotations

import re


def following(number: str) -> str:
    """The last digits counted on, with the zeros before them: "2026/0099" leads to "2026/0100". "" without digits."""
    found = re.search(r"([0-9]+)([^0-9]*)$", number)
    if found is None:
        return ""
    digits, rest = found.groups()
    return f"{number[: found.start()]}{int(digits) + 1:0{len(digits)}d}{rest}"
