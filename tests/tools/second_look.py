"""What failed among the tests of real pages and processes runs once more, alone: `python -m tests.tools.second_look`.

Those tests wait for a browser, a signal, a socket, on a machine that others use too. What fails twice is a failure, and
so is everything else: a rule, a service, an invariant under faults is never asked a second time. What passes the second
time is named, loudly: it is a fault of the test or, worse, a race of the product, and somebody is to find it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

TIMED = ("tests.browser.", "tests.box.", "tests.live.")
MOST = 3  # more than these are no accident
NOT_TO_THE_END = "The tests did not come to their end."


def main(report: Path) -> int:
    """0 when all that failed passes alone. Takes the report of the first run."""
    failed = found(report) if report.exists() else []
    if not failed:
        return _no(NOT_TO_THE_END)
    if len(failed) > MOST or not all(each.startswith(TIMED) for each, _ in failed):
        return _no(f"{len(failed)} failed.")
    names = [f"{room.replace('.', '/')}.py::{name}" for room, name in failed]
    again = subprocess.run([sys.executable, "-m", "pytest", "-n", "0", *names], check=False)
    if again.returncode:
        return _no("Failed twice.")
    print("UNSTEADY, failed in the whole run and passed alone; find out why:", *names, sep="\n  ")
    return 0


def found(report: Path) -> list[tuple[str, str]]:
    """Module and name of each test that failed or could not be set up."""
    cases = ElementTree.parse(report).iter("testcase")
    bad = [each for each in cases if any(each.find(kind) is not None for kind in ("failure", "error"))]
    return [(each.get("classname", ""), each.get("name", "")) for each in bad]


def _no(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
