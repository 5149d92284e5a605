"""Runs that a wrong clock has counted are counted again: those that still wait for a time, and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_robots import dated
from webapp.db import transaction
from webapp.services import runs

pytestmark = [pytest.mark.usefixtures("inside", "clock")]
CONTROL = "reaction_control"
HOUR = timedelta(hours=1)


def test_only_what_waits_for_a_time_is_due_so_much_earlier_or_later(clock: Clock) -> None:
    without_a_day = dated()
    first = acts.deal()
    clock.go_on(minutes=10)
    acts.work()
    second, third = acts.deal(title="Second"), acts.deal(title="Third")
    acts.move(third, "data_collection")
    every = [acts.run_of(each, CONTROL) for each in (first, second, third)]
    assert [each.state for each in every] == ["fired", "waiting", "called_off"]
    due = [each.due_at for each in every]
    assert None not in due
    undated = [each for each in acts.runs(second) if each.robot_id == without_a_day]
    assert [each.due_at for each in undated] == [None]
    ids = [each.id for each in (*every, *undated)]

    for by_time, total in ((-HOUR, -HOUR), (3 * HOUR, 2 * HOUR)):
        with transaction():
            assert runs.shift(dict.fromkeys(ids), by_time, company.acting("admin")) == 1
        now = [acts.run_of(each, CONTROL) for each in (first, second, third)]
        assert [each.due_at for each in now] == [due[0], due[1] + total, due[2]]  # type: ignore[operator]
        assert [each.state for each in now] == ["fired", "waiting", "called_off"]
        assert [each.due_at for each in acts.runs(second) if each.robot_id == without_a_day] == [None]
    assert [len(acts.journal(each, "run.recomputed")) for each in (first, second, third)] == [0, 2, 0]
