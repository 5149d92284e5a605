"""`python -m tests.following_clock FILE MODULE …`: runs a module of the product on a machine whose clock stands where a
test has set it in FILE, and goes on from there. The product itself has no such switch."""

from __future__ import annotations

import os
import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webapp import clock


class FollowingClock:
    """All processes that are given the same file agree."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self.file.read_text()))

    def set(self, at: datetime) -> None:
        """It is `at` now, everywhere at once."""
        new = self.file.with_suffix(".new")
        new.write_text(str((at - datetime.now(UTC)).total_seconds()))
        os.replace(new, self.file)


def main() -> None:
    follow, module = FollowingClock(Path(sys.argv[1])), sys.argv[2]
    sys.argv = sys.argv[2:]
    with clock.machine_clock(follow):
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
