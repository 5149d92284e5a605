"""A long line hides its size: `python -m tests.tools.lines` names each line over 120 columns, and each long template.

Lines of Python are held by ruff, of all else that people write in by this. What services do is told in short functions
(nine of ten within FUNCTION lines), and half of all files fit on a screen and a half.
"""

from __future__ import annotations

import ast
import math
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 120  # columns, as in pyproject.toml for Python
HEIGHT = 60  # lines of a template: past that it is several templates
FUNCTION = 18  # lines, of nine functions in ten of webapp/services, from its `def` to its end
FILE = 65  # lines, of the file in the middle
PYTHON = ("rules/**/*.py", "webapp/**/*.py", "jobs/**/*.py")
KINDS = ("webapp/templates/**/*.html", "webapp/static/css/*.css", "webapp/static/js/*.js")


def main(root: Path = ROOT) -> int:
    """0 when all fits; else each place in a line of its own."""
    found = [*sorted(faults(root)), *whole(root)]
    print("\n".join(found) or f"Lines fit: {WIDTH} columns.")
    return 1 if found else 0


def whole(root: Path) -> Iterator[str]:
    """What is too long of all taken together."""
    functions = sorted(length for path in root.glob("webapp/services/*.py") for length in lengths(path.read_text()))
    ninth = functions[math.ceil(len(functions) * 0.9) - 1] if functions else 0
    if ninth > FUNCTION:
        yield f"webapp/services: one function in ten has {ninth} lines or more, at most {FUNCTION}"
    files = [len(path.read_text().splitlines()) for path in written(root)]
    middle = statistics.median(files or [0])
    if middle > FILE:
        yield f"the median file has {middle} lines, at most {FILE}"


def lengths(source: str) -> list[int]:
    """How many lines each function has."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(n.end_lineno or n.lineno) - n.lineno + 1 for n in ast.walk(ast.parse(source)) if isinstance(n, functions)]


def written(root: Path) -> Iterator[Path]:
    """All that people write of the product, but what has landed of migrations and is never edited again."""
    for kind in (*PYTHON, *KINDS):
        yield from (path for path in root.glob(kind) if "versions" not in path.parts)


def faults(root: Path) -> Iterator[str]:
    """What is too long, as file:line."""
    for path in (each for kind in KINDS for each in root.glob(kind)):
        name, lines = path.relative_to(root), path.read_text().splitlines()
        for number, line in enumerate(lines, start=1):
            if len(line) > WIDTH:
                yield f"{name}:{number}: {len(line)} columns, at most {WIDTH}"
        if path.suffix == ".html" and len(lines) > HEIGHT:
            yield f"{name}:{HEIGHT + 1}: {len(lines)} lines in one template, at most {HEIGHT}"


if __name__ == "__main__":
    sys.exit(main())
