"""`make mutants`: small faults are planted one by one, and the tests that pass there must notice.

ROOM (rules; webapp/services), COUNT (60) and SEED (1) choose them, the same everywhere, and a change of the code draws
no others than those it makes itself; SECONDS (900) bounds the trying. Each is tried by the tests that run through its
line. What lives is printed, and kept: AGAIN=1 tries only what lived last time. What means the same as before stands
with its reason in equal_mutants.txt, and does not count.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.tools.covering import KEPT, ROOT
from tests.tools.mutations import Mutant, mutants_of
from tests.tools.planting import ARGUMENTS, Warm

EQUAL = Path(__file__).with_name("equal_mutants.txt")
TESTS = {
    "rules": ["tests/rules", "tests/access", "tests/services"],
    "webapp/services": [
        "tests/services",
        "tests/jobs",
        "tests/channels",
        "tests/access",
        "tests/live",
        "tests/api",
        "tests/views",
    ],
}


def main(environ: Mapping[str, str]) -> int:
    """1 when a mutant lives that is not named as equal."""
    room, seed = environ.get("ROOM") or "rules", int(environ.get("SEED") or 1)
    count, seconds = int(environ.get("COUNT") or 60), int(environ.get("SECONDS") or 900)
    found = [each for file in sorted((ROOT / room).rglob("*.py")) for each in mutants_of(ROOT, file)]
    chosen = drawn(found, count, seed)
    title = f"{len(found)} in {room}, {len(chosen)} by seed {seed}"
    lived = KEPT / f"{room.replace('/', '.')}.lived"
    if environ.get("AGAIN"):
        names = lived.read_text().splitlines()
        chosen, title = [each for each in chosen if str(each) in names], f"{title}, what lived last time"
    warm = Warm(room, TESTS[room], chosen, time.monotonic() + seconds)
    KEPT.mkdir(parents=True, exist_ok=True)
    # A folder of its own: other runs of pytest clear away those of before, and the firms that are copied stand there.
    if pytest.main([*TESTS[room], "-s", *ARGUMENTS, f"--basetemp={KEPT / 'firms'}"], plugins=[warm]):
        return 1
    lived.write_text("\n".join(str(mutant) for mutant, is_caught in warm.results if not is_caught))
    return told(warm.results, title)


def drawn(found: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them, by lot. The lot of each hangs on what it says and not on how many others there are."""
    said: Counter[str] = Counter()

    def lot(mutant: Mutant) -> bytes:
        said[str(mutant)] += 1
        return hashlib.sha256(f"{seed} {mutant} {said[str(mutant)]}".encode()).digest()

    return sorted(found, key=lot)[:count]


def told(results: list[tuple[Mutant, bool]], title: str) -> int:
    equal = {line.partition(" # ")[0].strip() for line in EQUAL.read_text().splitlines() if " # " in line}
    caught, named, alive = 0, 0, []
    for mutant, is_caught in results:
        if is_caught:
            caught += 1
        elif str(mutant) in equal:
            named += 1
        else:
            alive.append(mutant)
            print(f"lives: {mutant}", flush=True)
    count = caught + len(alive)
    print(f"{title}: {count + named} tried, {named} equal; {caught} of {count} caught ({caught / max(1, count):.0%})")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
