"""`make soak`: how Dozor is after hours of work. MINUTES (30), PEOPLE (30), DB (sqlite or postgresql).

Thirty people at this pace do in half an hour what they do in days. Refusals that belong to the game are counted apart.
Prints one table; exit 1 when anything grows that should not, does not come to rest, or went wrong.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.soak import table
from tests.soak.soak import Report, Soak
from tests.stack import standing


def main(environ: Mapping[str, str]) -> int:
    """Run as the environment says. 0 when all held."""
    kind = environ.get("DB") or "sqlite"
    minutes, people = float(environ.get("MINUTES") or 30), int(environ.get("PEOPLE") or 30)
    if kind not in ("sqlite", "postgresql"):
        sys.exit(f"DB: {kind!r} is not sqlite or postgresql.")
    folder = Path(tempfile.mkdtemp(prefix="dzsoak"))
    with standing(kind, folder, with_deals=True) as (stack, _):
        report = Soak(stack, people, minutes * 60).run()
    print(text(report, kind))
    if not report.wrong:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    print(f"The logs and the database are in {folder}.", file=sys.stderr)
    return 1


def text(report: Report, kind: str) -> str:
    notes = "\n".join(f"{name:<20}{value}" for name, value in {"database": kind, **report.notes}.items())
    wrong = "\n".join(f"  {each}" for each in report.wrong)
    return f"{notes}\n\n{table.text(report.lines)}\n\n" + (f"Does not hold:\n{wrong}" if wrong else "All of it holds.")


if __name__ == "__main__":
    sys.exit(main(os.environ))
