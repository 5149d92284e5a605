"""A long line hides its size: `python -m tests.tools.lines` names each line over 120 columns, and each long template.

Python is held by ruff, all else that people write in by this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 120  # columns, as in pyproject.toml for Python
HEIGHT = 60  # lines of a template: past that it is several templates
KINDS = ("webapp/templates/**/*.html", "webapp/static/css/*.css", "webapp/static/js/*.js")


def main(root: Path = ROOT) -> int:
    """0 when all fits; else each place in a line of its own."""
    found = sorted(faults(root))
    print("\n".join(found) or f"Lines fit: {WIDTH} columns.")
    return 1 if found else 0


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
