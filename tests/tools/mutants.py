"""`make mutants`: small faults are planted one by one, and the tests that pass there must notice.

ROOM (rules; webapp/services), COUNT (60) and SEED (1) choose them, SECONDS (900) bounds the whole. Each mutant is tried
in a copy of the tree by the tests that run through its line. What lives is printed; what means the same as before
stands with its reason in equal_mutants.txt, and does not count.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.tools.mutations import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
EQUAL = Path(__file__).with_name("equal_mutants.txt")
TESTS = {
    "rules": ["tests/rules", "tests/access", "tests/services/test_scopes.py"],
    "webapp/services": ["tests/services", "tests/jobs"],
}
KINDS = "not postgres and not browser and not faults"
FEWEST = 30  # of the tests through a line, those of its own room first
EACH_SECONDS = 120
Covered = dict[tuple[str, int], list[str]]  # tests by file and line


def main(environ: Mapping[str, str]) -> int:
    """1 when a mutant lives that is not named as equal."""
    room, seed = environ.get("ROOM") or "rules", int(environ.get("SEED") or 1)
    count, end = int(environ.get("COUNT") or 60), time.monotonic() + int(environ.get("SECONDS") or 900)
    with tempfile.TemporaryDirectory(prefix="dzmutants") as folder:
        copy = Path(folder)
        copied(copy)
        covered = coverage(copy, room)
        found = [each for file in sorted((copy / room).rglob("*.py")) for each in mutants_of(copy, file)]
        chosen = random.Random(seed).sample(found, min(count, len(found)))
        return told(tried(copy, chosen, covered, end), f"{len(found)} in {room}, {len(chosen)} by seed {seed}")


def copied(folder: Path) -> None:
    """All that is in the repository, as it stands, and the compiled translations."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for name in [*filter(None, listed), *(str(each.relative_to(ROOT)) for each in ROOT.glob("webapp/**/*.mo"))]:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)


def coverage(copy: Path, room: str) -> Covered:
    """Which tests run through which line."""
    (copy / "coverage.ini").write_text(
        f"[run]\nsource = {room}\ndynamic_context = test_function\ndata_file = covered\n"
    )
    run = [sys.executable, "-m", "coverage"]
    tests = [*TESTS[room], "-m", KINDS, "-n", "0", "-q", "-p", "no:cacheprovider"]
    subprocess.run([*run, "run", "--rcfile=coverage.ini", "-m", "pytest", *tests], cwd=copy, check=True)
    subprocess.run(
        [*run, "json", "--rcfile=coverage.ini", "--show-contexts", "-q", "-o", "covered.json"], cwd=copy, check=True
    )
    covered: Covered = defaultdict(list)
    for name, facts in json.loads((copy / "covered.json").read_text())["files"].items():
        for line, contexts in facts["contexts"].items():
            covered[name, int(line)] = sorted({each for each in map(_test_id, contexts) if each})
    return covered


def _test_id(context: str) -> str:
    """Of "tests.rules.test_gates.test_it"."""
    module, _, test = context.rpartition(".")
    return f"{module.replace('.', '/')}.py::{test}" if test.startswith("test_") else ""


def tried(copy: Path, chosen: list[Mutant], covered: Covered, end: float) -> Iterator[tuple[Mutant, bool]]:
    """Each with whether it was caught, until the time is over."""
    for each in chosen:
        if time.monotonic() > end:
            return
        tests = sorted({test for line in each.lines for test in covered.get((each.file, line), ())})
        own = Path(each.file).stem.rstrip("s")
        yield each, bool(tests) and is_caught(copy, each, sorted(tests, key=lambda test: own not in test)[:FEWEST])


def is_caught(copy: Path, mutant: Mutant, tests: list[str]) -> bool:
    file = copy / mutant.file
    known = file.read_text()
    file.write_text(mutant.source)
    run = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-m", KINDS, "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(run, cwd=copy, capture_output=True, timeout=EACH_SECONDS, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(known)


def told(results: Iterator[tuple[Mutant, bool]], title: str) -> int:
    equal = {line.partition(" # ")[0].strip() for line in EQUAL.read_text().splitlines() if " # " in line}
    caught, named, alive = 0, 0, []
    for mutant, is_dead in results:
        if is_dead:
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
