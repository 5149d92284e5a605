"""Which files a page's first file leads to: named in the page itself, they are asked for at once and not one after
another as each is read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STYLE_IMPORT = re.compile(r'^@import "([^"]+)"', re.MULTILINE)
MODULE_IMPORT = re.compile(r'^(?:import\b|.*\bfrom )[^"]*"(\.{1,2}/[^"]+)"', re.MULTILINE)

NAMES = ("app", "board-page")  # all that Dozor has; what the board needs, which is waited for


@dataclass(frozen=True, slots=True)
class FirstFiles:
    """Their names below static/, as `asset` takes them, without the first ones themselves."""

    styles: tuple[str, ...]
    modules: tuple[str, ...]


@cache  # a process serves the files that it began with
def of(static: Path) -> dict[str, FirstFiles]:
    """What the first files of a page lead to, in the order in which they are found, by the name of these."""
    return {
        name: FirstFiles(_all(static, f"css/{name}.css", STYLE_IMPORT), _all(static, f"js/{name}.js", MODULE_IMPORT))
        for name in NAMES
    }


def _all(static: Path, first: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_led_to(static, first, pattern)))


def _led_to(static: Path, first: str, pattern: re.Pattern[str]) -> Iterator[str]:
    waiting, seen = [first], {first}
    while waiting:
        name = waiting.pop(0)
        for found in pattern.findall((static / name).read_text()):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(name), found))
            if other not in seen:
                seen.add(other)
                waiting.append(other)
                yield other
