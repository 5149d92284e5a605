"""What somebody is told of a task says what it is about."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.i18n import notifications as words
from webapp.services import tasks
from webapp.snapshots import setups
from webapp.web.templating import Reader, reading_as

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


@pytest.mark.parametrize(
    ("locale", "made", "handed"),
    [
        ("en", "Assigned to Ivan Petrov, no deadline.", "No deadline."),
        ("ru", "Исполнитель: Ivan Petrov, без срока.", "Без срока."),
    ],
)
def test_of_a_task_without_a_deadline_no_deadline_is_told(inside: Flask, locale: str, made: str, handed: str) -> None:
    with transaction():
        task = tasks.create_by_hand("Call", "", company.person("rep1"), company.acting("north"))
        tasks.delegate(task, company.person("rep2"), company.acting("rep1"))
    (created,), (given,) = acts.told("rep1", "task.created"), acts.told("rep2", "task.handed_over")
    with reading_as(inside, Reader(locale, "Europe/Moscow")):
        assert [words.text_of(each).body for each in (created, given)] == [made, handed]


def test_of_a_task_with_a_deadline_it_is_told(inside: Flask) -> None:
    with transaction():
        tasks.create_by_hand("Call", "", company.person("rep1"), company.acting("north"), working_days=1)
    (created,) = acts.told("rep1", "task.created")
    with reading_as(inside, Reader("en", "Europe/Moscow")):
        assert words.text_of(created).body.startswith("Due ")
