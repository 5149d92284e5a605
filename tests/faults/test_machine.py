"""Whatever happens in whatever order, whatever the clock says, the promise holds. MACHINE_EXAMPLES=500 for a long
run."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import Machine
from tests.faults.scene import Scene

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "8"))


@pytest.mark.timeout(60 + 10 * EXAMPLES)
def test_nothing_is_lost_or_done_twice_in_any_order_of_events(scene: Scene) -> None:
    run_state_machine_as_test(
        lambda: Machine(scene),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
