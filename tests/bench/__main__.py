"""`python -m tests.bench`: the table of docs/performance.md. DB=postgresql, QUICK=1, PASSES (2); --write keeps it;
names, or PART=setup, herd, important or channels, measure something else."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time

from tests.bench import alerts, boards, floors, herd, important, inquiries, live, moves, one_box, robots, setup, table
from tests.bench.places import Place, load

ROOMS = {
    "floors": floors.measure,
    "boards": boards.measure,
    "moves": moves.measure,
    "inquiries": inquiries.measure,
    "live": live.measure,
    "robots": robots.measure,
    "box": one_box.measure,
}
PARTS = {  # by name only: what follows a publication takes long
    "setup": setup.measure,
    "herd": herd.measure,
    "important": important.measure,
    "channels": alerts.measure,
}
ONCE = {"channels", "box"}  # a minute of alerts is many looks; installing everything twice teaches nothing


def main() -> None:
    """Two passes (or PASSES, a short one if QUICK), the median of each figure."""
    asked = _asked()
    database, is_quick = os.environ.get("DB") or "sqlite", bool(os.environ.get("QUICK"))
    if database not in ("sqlite", "postgresql"):
        sys.exit("DB: sqlite or postgresql")
    found: dict[str, list[float]] = {}
    with Place(database) as place:
        for number in range(1 if is_quick else int(os.environ.get("PASSES") or 2)):
            for name in asked.rooms:
                if number and name in ONCE:
                    continue
                started = time.monotonic()
                figures = {**(ROOMS | PARTS)[name](place, is_quick=is_quick), "load": load()}
                for key, figure in figures.items():
                    found.setdefault(key, []).append(figure)
                said = ", ".join(f"{key} {figure:.3g}" for key, figure in figures.items())
                print(
                    f"{name}, pass {number + 1}: {time.monotonic() - started:.0f} s; {said}",
                    file=sys.stderr,
                    flush=True,
                )
    medians = {key: statistics.median(each) for key, each in found.items()}
    shown = table.text(database, medians, is_quick=is_quick)
    print(shown)
    if asked.write:
        table.write([shown])


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rooms", nargs="*", choices=[[], *ROOMS, *PARTS], help="only these measurements")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/performance.md")
    asked = parser.parse_args()
    if part := os.environ.get("PART"):
        asked.rooms = ["floors", part]
    asked.rooms = asked.rooms or list(ROOMS)
    if wrong := set(asked.rooms) - {*ROOMS, *PARTS}:
        parser.error(f"no such part: {', '.join(wrong)}; there are {', '.join((*ROOMS, *PARTS))}")
    return asked


if __name__ == "__main__":
    main()
