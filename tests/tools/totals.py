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
    """Print the totals; 1 when some kind of test passed not once."""
    passed = count(path)
    print(f"{passed['all']} tests passed, of them " + ", ".join(f"{passed[kind]} {kind}" for kind in KINDS) + ".")
    absent = [kind for kind in KINDS if not passed[kind]]
    if absent:
        print(f"No test of this kind has passed: {', '.join(absent)}.", file=sys.stderr)
    return 1 if absent else 0


def count(path: Path) -> Counter[str]:
    """Passed tests by kind; the kinds of a test are written into the report by tests/conftest.py."""
    passed: Counter[str] = Counter()
    for case in ElementTree.parse(path).iter("testcase"):
        if any(case.find(name) is not None for name in ("skipped", "failure", "error")):
            continue
        passed["all"] += 1
        passed.update({each.get("value", "") for each in case.iter("property") if each.get("name") == "kind"})
    return passed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
