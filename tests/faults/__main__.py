"""`make faults`: the long proof on one database. SECONDS (120), RUNS (0: as many as come), DB (sqlite or postgresql),
SEED. Prints one table; exit 1 on any violation."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests import servers
from tests.conftest import fill, settings_for
from tests.faults.harness import Harness, Report
from tests.stack import Stack
from webapp.app import create_app

SHOWN = 5


def main(environ: dict[str, str]) -> int:
    kind = environ.get("DB", "sqlite")
    seconds, runs, seed = (
        int(environ.get(key) or default) for key, default in (("SECONDS", 120), ("RUNS", 0), ("SEED", 1))
    )
    if kind not in ("sqlite", "postgresql"):
        sys.exit(f"DB: {kind!r} is not sqlite or postgresql.")
    with ExitStack() as after:
        folder = Path(tempfile.mkdtemp(prefix="dzfaults"))
        redis = servers.RedisServer()
        redis.start()
        after.callback(redis.remove)
        postgres = None
        url = f"sqlite:///{folder / 'dozor.db'}"
        if kind == "postgresql":
            postgres = servers.Postgres()
            after.callback(postgres.remove)
            postgres.run("CREATE DATABASE faults")
            url = postgres.url("faults")
        fill(create_app(settings_for(folder, url, redis.url)), "en")
        stack = Stack(folder, url, redis)
        after.callback(stack.stop)
        report = Harness(stack, database=kind, postgres=postgres, several=postgres is not None).run(
            seconds, runs, seed=seed
        )
    print(table(report))
    if report.is_clean:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    print(f"The logs and the database are in {folder}.", file=sys.stderr)
    return 1


def table(report: Report) -> str:
    """What was done, what came of it, what was wrong."""
    rows = [("database", report.database), ("faults for", f"{report.seconds:.0f} s")]
    rows += [("runs", f"{sum(report.runs.values())}: " + _listed(report.runs))]
    rows += [("faults", f"{sum(report.deeds.values())}: " + _listed(report.deeds))]
    rows += [*report.notes.items()]
    for name in sorted(report.violations, key=lambda each: (len(each), each)):
        found = report.violations[name]
        rows += [(name, f"{len(found)} violations" if found else "holds")]
        rows += [("", each) for each in found[:SHOWN]]
    return "\n".join(f"{name:<26}{value}" for name, value in rows)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)))
