"""How many tests ran, by what they need: `python -m tests.tools.totals JUNIT.xml` fails when a kind was left out.

A run without a browser or a second database proves less than it seems to, and looks the same.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

KINDS = ("browser", "postgres", "faults")


def main(path: Path) -> int:
    """Print the totals; 1 when some kind of test passed not once, or one of a kind was skipped."""
    passed, skipped = count(path), count(path, skipped=True)
    print(f"{passed['all']} tests passed, of them " + ", ".join(f"{passed[kind]} {kind}" for kind in KINDS) + ".")
    absent = [kind for kind in KINDS if not passed[kind]]
    if absent:
        print(f"No test of this kind has passed: {', '.join(absent)}.", file=sys.stderr)
    left_out = [kind for kind in KINDS if skipped[kind]]
    if left_out:
        print(f"Tests of this kind were skipped: {', '.join(left_out)}.", file=sys.stderr)
    return 1 if absent or left_out else 0


def count(path: Path, *, skipped: bool = False) -> Counter[str]:
    """Passed (or skipped) tests by kind; the kinds of a test are written into the report by tests/conftest.py."""
    found: Counter[str] = Counter()
    for case in ElementTree.parse(path).iter("testcase"):
        outcome = {name for name in ("skipped", "failure", "error") if case.find(name) is not None}
        if outcome != ({"skipped"} if skipped else set()):
            continue
        found["all"] += 1
        found.update({each.get("value", "") for each in case.iter("property") if each.get("name") == "kind"})
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
