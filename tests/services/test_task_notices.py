"""What somebody is told of a task says what it is about."""

from __future__ import annotations

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.i18n import notifications as words
from webapp.services import tasks
from webapp.snapshots import setups

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


@pytest.mark.parametrize(("result", "said"), [("They will buy two.", "They will buy two."), ("", "—")])
def test_whoever_is_to_accept_the_work_reads_what_was_reported(clock: Clock, result: str, said: str) -> None:
    with transaction():
        made = tasks.create_by_hand("Call", "", company.person("rep1"), company.acting("north"), accept=True)
        task_id = made.id
    acts.submit(task_id, result)
    (notice,) = acts.told("north", "task.awaiting_acceptance")
    doer = setups.current().name_of(company.person("rep1"))
    assert words.text_of(notice).body == f"{doer} reports: {said}"
