"""Files of a task: all or none, once, until the work is handed in; and they are told of and journalled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from rules import uploads
from rules.uploads import Upload
from tests import company, files
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import Task, TaskFile, TaskFilePart
from webapp.services import task_files, tasks
from webapp.services.task_files import PIECE

pytestmark = [pytest.mark.usefixtures("inside", "clock"), pytest.mark.both_databases]
REPORT = Upload("report.pdf", files.PDF)


def task() -> int:
    deal_id, boss = acts.deal(), company.acting("north")
    with transaction():
        held, doer = acts.locked(deal_id), company.person("rep1")
        return tasks.create_by_hand("Call", "", doer, boss, deal=held, accept=True).id


def attach(task_id: int, *which: Upload, by: str = "rep1") -> list[int]:
    with transaction():
        found = session().get_one(Task, task_id, with_for_update=True)
        return [each.id for each in task_files.attach(found, which, company.acting(by))]


def take_off(task_id: int, file_id: int, by: str = "rep1") -> None:
    with transaction():
        found = session().get_one(Task, task_id, with_for_update=True)
        task_files.take_off(found, task_files.file_of(found, file_id), company.acting(by))


def count(model: Any) -> int:
    return session().scalar(select(func.count()).select_from(model)) or 0


def test_a_file_comes_back_as_it_was_and_the_journal_knows(clock: Clock) -> None:
    large = b"%PDF-" + bytes(range(256)) * (PIECE // 64)
    (file_id,) = attach(task(), Upload("../offer.html", large))
    file = session().get_one(TaskFile, file_id)
    assert (file.name, file.kind, file.size) == ("offer.html.pdf", "pdf", len(large))
    assert task_files.content(file) == large
    assert count(TaskFilePart) == len(large) // PIECE + 1
    (entry,) = acts.journal(session().get_one(Task, file.task_id).deal_id or 0, "task.file_attached")
    assert (entry.new["name"], entry.by_id) == ("offer.html.pdf", company.person("rep1"))


def test_all_or_none_and_the_one_that_is_wrong_is_named(clock: Clock) -> None:
    task_id = task()
    with pytest.raises(Refused) as raised:
        attach(task_id, REPORT, Upload("nice\u202egpj.svg", b"<svg onload='x'/>"))
    (problem,) = raised.value.problems.values()
    assert (problem["code"], problem["file"]) == ("not_a_file_we_take", "nicegpj.svg")
    assert count(TaskFile) == count(TaskFilePart) == 0


def test_the_same_twice_is_there_once(clock: Clock) -> None:
    task_id = task()
    first = attach(task_id, REPORT, REPORT)
    assert attach(task_id, Upload("again.pdf", files.PDF)) == first
    assert count(TaskFile) == 1


def test_a_task_has_room_for_so_many(clock: Clock) -> None:
    task_id = task()
    attach(task_id, *(Upload(f"{n}.txt", b"%d" % n) for n in range(uploads.MOST)))
    with pytest.raises(Refused) as raised:
        attach(task_id, REPORT)
    assert raised.value.problems["files"]["code"] == "too_many_files"
    assert count(TaskFile) == uploads.MOST


def test_both_sides_attach_and_each_takes_off_their_own(clock: Clock) -> None:
    task_id = task()
    (theirs,), (mine,) = attach(task_id, Upload("terms.txt", b"Terms"), by="north"), attach(task_id, REPORT)
    with pytest.raises(Refused) as raised:
        take_off(task_id, theirs)
    assert raised.value.reason == "not_yours"
    take_off(task_id, mine)
    assert [each.id for each in session().scalars(select(TaskFile))] == [theirs]
    assert count(TaskFilePart) == 1
    (entry,) = acts.journal(session().get_one(Task, task_id).deal_id or 0, "task.file_taken_off")
    assert (entry.entity_id, entry.old["name"], entry.by_id) == (task_id, REPORT.name, company.person("rep1"))
    session().close()
    for who in ("rep2", "rep3"):
        with pytest.raises(Refused):
            attach(task_id, REPORT, by=who)


def test_what_is_handed_in_stays_as_it_was(clock: Clock) -> None:
    task_id = task()
    (file_id,) = attach(task_id, REPORT)
    acts.submit(task_id, "Called")
    for verb in (lambda: take_off(task_id, file_id), lambda: attach(task_id, Upload("more.txt", b"More"))):
        with pytest.raises(Refused) as raised:
            verb()
        assert raised.value.reason == "wrong_state"
    acts.on_task(task_id, tasks.send_back, "north", "Not enough")
    with pytest.raises(Refused) as raised:
        take_off(task_id, file_id)
    assert raised.value.reason == "file_handed_in"
    attach(task_id, Upload("more.txt", b"More"))
    assert count(TaskFile) == 2


def test_a_file_of_another_task_is_not_there(clock: Clock) -> None:
    (file_id,) = attach(task(), REPORT)
    with pytest.raises(NotFound):
        take_off(task(), file_id)


def test_nothing_of_it_lies_in_a_folder(clock: Clock, tmp_path: Path) -> None:
    attach(task(), Upload("../../../../tmp/dozor-was-here.txt", b"Here"))
    assert not Path("/tmp/dozor-was-here.txt").exists()
    assert session().scalars(select(TaskFile.name)).one() == "dozor-was-here.txt"
