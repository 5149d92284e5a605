"""What a page's first file leads to: its styles are sent as one sheet, its modules are named in the page itself, so
that neither is asked for one after another as each is read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STYLE_IMPORT = re.compile(r'^@import "([^"]+)" layer\((\w+)\);$', re.MULTILINE)
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
        name: FirstFiles(
            tuple(f"css/{part}" for part, _layer in STYLE_IMPORT.findall((static / f"css/{name}.css").read_text())),
            tuple(_modules(static, f"js/{name}.js")),
        )
        for name in NAMES
    }


def _modules(static: Path, first: str) -> Iterator[str]:
    waiting, seen = [first], {first}
    while waiting:
        name = waiting.pop(0)
        for found in MODULE_IMPORT.findall((static / name).read_text()):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(name), found))
            if other not in seen:
                seen.add(other)
                waiting.append(other)
                yield other
