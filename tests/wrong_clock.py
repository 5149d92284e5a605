"""`python -m tests.wrong_clock SECONDS MODULE …`: runs a module of the product on a machine whose clock is ahead by so
much. The product itself has no such switch."""

from __future__ import annotations

import runpy
import sys
from datetime import UTC, datetime, timedelta

from webapp import clock


def main() -> None:
    ahead = timedelta(seconds=int(sys.argv[1]))
    module, sys.argv = sys.argv[2], sys.argv[2:]
    with clock.machine_clock(lambda: datetime.now(UTC) + ahead):
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
