"""What settles items that are of no deal: somebody's own work, whichever way it goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.models import ImportantItem
from webapp.services import tasks

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


def late(clock: Clock) -> int:
    """Work of no deal, whose deadline has passed."""
    due = time_source.now() + timedelta(hours=1)
    with transaction():
        by = company.acting("north")
        task_id = tasks.create_by_hand("Count the stock", "", company.person("rep1"), by, due_at=due, accept=True).id
    clock.go_on(hours=1, seconds=1)
    acts.work()
    return task_id


def handed_in(_: Clock) -> int:
    with transaction():
        by = company.acting("north")
        task_id = tasks.create_by_hand("Count the stock", "", company.person("rep1"), by, accept=True).id
    acts.submit(task_id)
    return task_id


def items(task_id: int) -> list[tuple[str, str, object]]:
    """Kind, state, and why it is settled."""
    wanted = select(ImportantItem).where(ImportantItem.task_id == task_id).order_by(ImportantItem.id)
    found = session().scalars(wanted.execution_options(populate_existing=True))
    return [(each.kind, each.state, each.reason.get("code")) for each in found]


OPEN, LATE, WAITS = (
    None,
    ["overdue", "overdue"],
    ["acceptance"],
)  # late work stands in two lists: the doer's, the boss's
STEPS: list[tuple[Callable[[Clock], int], list[str], Callable[..., None], str, tuple[str, ...], str | None]] = [
    (late, LATE, tasks.start, "rep1", (), OPEN),
    (late, LATE, tasks.submit, "rep1", ("Counted",), "task_submitted"),
    (late, LATE, tasks.cancel, "north", (), "task_cancelled"),
    (handed_in, WAITS, tasks.accept, "north", (), "task_accepted"),
    (handed_in, WAITS, tasks.send_back, "north", ("Count again",), "task_returned"),
    (handed_in, WAITS, tasks.cancel, "north", (), "task_cancelled"),
]


@pytest.mark.parametrize(("begins", "kinds", "verb", "by", "words", "code"), STEPS)
def test_work_of_no_deal_is_settled_by_what_becomes_of_it_and_by_nothing_else(
    clock: Clock,
    begins: Callable[[Clock], int],
    kinds: list[str],
    verb: Callable[..., None],
    by: str,
    words: tuple[str, ...],
    code: str | None,
) -> None:
    task_id = begins(clock)
    assert items(task_id) == [(each, "open", None) for each in kinds]
    acts.on_task(task_id, verb, by, *words)
    state = "open" if code is None else "settled"
    assert items(task_id)[: len(kinds)] == [(each, state, code) for each in kinds]
