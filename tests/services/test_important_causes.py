"""What opens items, once each; and what settles those that are of no deal: somebody's own work, whichever way it goes
on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from rules import important as rules
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services import test_important as scenes
from tests.services.test_important import have, silent, the
from tests.services.test_next_steps import agreed
from tests.services.test_silent_people import late_work
from webapp import clock as time_source
from webapp.db import session, transaction
from webapp.models import ImportantItem, Task
from webapp.services import silent_people, tasks

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


def late(clock: Clock) -> int:
    """Work of no deal, whose deadline has passed."""
    task_id = within_an_hour()
    clock.go_on(hours=1, seconds=1)
    acts.work()
    return task_id


def within_an_hour() -> int:
    due = time_source.now() + timedelta(hours=1)
    with transaction():
        by = company.acting("north")
        return tasks.create_by_hand("Count the stock", "", company.person("rep1"), by, due_at=due, accept=True).id


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


def stand(task_id: int) -> list[list[str]]:
    """In whose lists its late work stands, item by item."""
    wanted = select(ImportantItem).where(ImportantItem.task_id == task_id, ImportantItem.ended_at.is_(None))
    return [have(each) for each in session().scalars(wanted.order_by(ImportantItem.id))]


def test_late_work_that_is_handed_over_is_in_the_list_of_who_does_it_now_and_other_work_stays(clock: Clock) -> None:
    given, kept = within_an_hour(), late(clock)
    assert stand(given) == stand(kept) == [["rep1"], ["north"]]
    with transaction():
        task = session().get_one(Task, given, with_for_update=True)
        tasks.delegate(task, company.person("rep2"), company.acting("north"))
    assert stand(given) == [["rep2"], ["north"]]
    assert stand(kept) == [["rep1"], ["north"]]
    assert items(given)[:2] == [("overdue", "settled", "task_handed_over")] * 2


def test_a_step_that_is_late_is_settled_when_it_is_put_off_and_comes_up_when_it_is_late_again(clock: Clock) -> None:
    deal_id = acts.deal(waits=False)
    for hours in (2, 5):
        step_id = agreed(deal_id, hours=hours).id
        assert stand(step_id) == []
        clock.go_on(hours=hours, seconds=1)
        acts.work()
        assert stand(step_id) == [["rep1"]]
        assert agreed(deal_id, "Call again", hours=24).id == step_id
        assert (stand(step_id), items(step_id)[-1]) == ([], ("overdue", "settled", "task_put_off"))


def test_what_is_told_of_a_silent_client_is_settled_by_their_word_and_not_by_ours(clock: Clock) -> None:
    deal_id = silent(clock)
    acts.reply(deal_id, text="Are you still there?")
    assert the(deal_id, "client_silent").state == "open"
    acts.inquiry("I was on leave")
    item = the(deal_id, "client_silent")
    assert (item.state, item.reason["code"], have(item)) == ("settled", "client_wrote", [])


def nobody_at_work(clock: Clock) -> None:
    late_work(clock)
    clock.go_on(hours=5)
    silent_people.look()


OPENERS: dict[str, Callable[[Clock], object]] = {
    "vip": scenes.vip,
    "late_reply": scenes.late,
    "unpaid": scenes.unpaid,
    "acceptance": scenes.awaiting,
    "overdue": scenes.overdue,
    "no_next_step": scenes.no_step,
    "client_silent": scenes.silent,
    "control": scenes.on_stage,
    "missed_call": scenes.missed,
    "silent": nobody_at_work,
}


def test_each_kind_of_item_has_a_cause_below() -> None:
    assert set(OPENERS) == set(rules.RANKS)


@pytest.mark.parametrize("kind", OPENERS)
def test_what_happened_once_is_told_of_once(clock: Clock, kind: str) -> None:
    """Two openers of one cause would look like a cause that came up twice."""
    OPENERS[kind](clock)
    found = session().scalars(select(ImportantItem).execution_options(populate_existing=True)).all()
    assert kind in {each.kind for each in found}
    assert {each.kind: each.times for each in found if each.times != 1} == {}
