"""`make faults`: the long proof on one database. SECONDS (120), RUNS (0: as many as come), DB (sqlite or postgresql),
SIZE of the crowd (4), SEED of the killer, PAGES=real: as many real pages in Chromium as others watch. Prints one table;
exit 1 on any violation."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.faults.harness import Harness, Report
from tests.stack import standing

SHOWN = 5


def main(environ: Mapping[str, str]) -> int:
    """Run as the environment says. 0 when all held."""
    kind = environ.get("DB") or "sqlite"
    seconds, runs = int(environ.get("SECONDS") or 120), int(environ.get("RUNS") or 0)
    size, seed = int(environ.get("SIZE") or 4), int(environ.get("SEED") or secrets.randbelow(10_000))
    if kind not in ("sqlite", "postgresql"):
        sys.exit(f"DB: {kind!r} is not sqlite or postgresql.")
    folder = Path(tempfile.mkdtemp(prefix="dzfaults"))
    with standing(kind, folder, outlives_a_crash=True) as (stack, postgres):
        harness = Harness(
            stack,
            database=kind,
            postgres=postgres,
            several=postgres is not None,
            size=size,
            is_busy=True,
            has_world=True,
            real_pages=("head", "rep1") if environ.get("PAGES") == "real" else (),
        )
        report = harness.run(seconds, runs, seed=seed)
        if postgres is not None and not report.is_clean:
            postgres.dump("firm", folder / "firm.sql")
    print(table(report, seed))
    if report.is_clean:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    print(f"The logs and the database are in {folder}.", file=sys.stderr)
    return 1


def table(report: Report, seed: int) -> str:
    """What was done, what came of it, what was wrong."""
    total = sum(report.runs.values())
    rows = [("database", report.database), ("faults for", f"{report.seconds:.0f} s, seed {seed}")]
    rows += [("runs", f"{total}, {total / report.seconds:.0f} a second: " + _listed(report.runs))]
    rows += [("faults", f"{sum(report.deeds.values())}: " + _listed(report.deeds))]
    rows += [*report.notes.items()]
    for name in sorted(report.violations, key=lambda each: (len(each), each)):
        found = report.violations[name]
        rows += [(name, f"{len(found)} violations" if found else "holds")]
        rows += [("", each) for each in found[:SHOWN]]
    return "\n".join(f"{name:<26}{value}" for name, value in rows)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main(os.environ))
