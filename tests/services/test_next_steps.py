"""What comes next on a deal: agreed, changed, done, dropped, taken back; and what says that nothing is agreed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from rules import next_steps as rules
from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp import clock as time_source
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Deal, Firm, JournalEntry, Task, TaskAlarm
from webapp.queries import cards
from webapp.queries import next_steps as query
from webapp.services import firms, next_steps, tasks
from webapp.services.undo import GRACE, WITHIN
from webapp.snapshots import setups
from webapp.snapshots.deals import snapshot_of

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def on(deal_id: int, act: Callable[[Deal, Actor], object], by: str = "rep1") -> None:
    with transaction():
        act(acts.locked(deal_id), company.acting(by))


def agreed(deal_id: int, title: str = "Call", hours: float = 2, by: str = "rep1", who: str | None = None) -> Task:
    due = time_source.now() + timedelta(hours=hours)
    draft = next_steps.StepDraft(title, due, company.person(who) if who else None)
    with transaction():
        return next_steps.agree(acts.locked(deal_id), draft, company.acting(by))


def marks(which: str) -> None:
    with transaction():
        firms.mark_next_steps(which, company.acting("admin"))


def step_of(deal_id: int) -> Task | None:
    session().expire_all()
    return next_steps.open_step(deal_id)


def said(deal_id: int) -> list[str]:
    rows = session().scalars(select(JournalEntry).where(JournalEntry.deal_id == deal_id).order_by(JournalEntry.id))
    return [each.event for each in rows if each.event.startswith("next_step.")]


def marker(deal_id: int) -> str:
    card = cards.card(deal_id)
    assert card is not None
    return card.marker


def test_a_step_is_a_task_of_the_responsible_that_nobody_accepts(clock: Clock) -> None:
    deal_id = acts.deal()
    step = agreed(deal_id, by="north")
    assert (step.assignee_id, step.accept, step.deal_id) == (company.person("rep1"), False, deal_id)
    assert [each.kind for each in acts.told("rep1")][-1] == "task.created"
    on(deal_id, lambda deal, by: next_steps.finish(deal, by))
    assert step_of(deal_id) is None
    assert [each.kind for each in acts.told("north")][-1] == "task.done"
    assert said(deal_id) == ["next_step.agreed", "next_step.done"]


def test_it_is_one_at_a_time_and_said_anew_is_changed(clock: Clock) -> None:
    deal_id = acts.deal()
    first, again = agreed(deal_id), agreed(deal_id, "Send the offer", 30, who="rep2")
    assert first.id == again.id
    assert (again.assignee_id, again.title["en"]) == (company.person("rep2"), "Send the offer")
    alarms = session().scalars(select(TaskAlarm).where(TaskAlarm.task_id == first.id, TaskAlarm.state == "waiting"))
    due = time_source.now() + timedelta(hours=30)
    assert {each.kind: each.due_at for each in alarms} == {
        "deadline_coming": due - timedelta(minutes=30),
        "overdue": due,
    }
    agreed(deal_id, "Send the offer", 30, who="rep2")
    assert said(deal_id) == ["next_step.agreed", "next_step.changed"], "said again as it stands is no change"


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (next_steps.StepDraft(" ", TUESDAY + timedelta(days=1)), "title"),
        (next_steps.StepDraft("Call", None), "due_at"),
        (next_steps.StepDraft("Call", TUESDAY - timedelta(minutes=1)), "due_at"),
        (next_steps.StepDraft("Call", TUESDAY + timedelta(days=1), 77_777), "assignee_id"),
    ],
)
def test_what_is_wrong_with_it_is_named(clock: Clock, draft: next_steps.StepDraft, field: str) -> None:
    deal_id = acts.deal()
    with pytest.raises(Refused) as raised:
        on(deal_id, lambda deal, by: next_steps.agree(deal, draft, by))
    assert list(raised.value.problems) == [field]


@pytest.mark.parametrize("act", [next_steps.finish, next_steps.cancel])
def test_what_was_done_is_taken_back_at_once_by_its_doer(clock: Clock, act: Callable[..., object]) -> None:
    deal_id = acts.deal()
    step = agreed(deal_id)
    on(deal_id, act)
    with pytest.raises(Refused, match="step_too_late"):
        on(deal_id, next_steps.take_back, "north")
    on(deal_id, next_steps.take_back)
    back = step_of(deal_id)
    assert back is not None
    assert (back.id, back.state, back.due_at) == (step.id, "new", step.due_at)
    with pytest.raises(Refused, match="step_too_late"):
        on(deal_id, next_steps.take_back)


def test_a_change_and_a_first_step_are_taken_back_too_but_not_later(clock: Clock) -> None:
    deal_id = acts.deal()
    agreed(deal_id)
    on(deal_id, next_steps.take_back)
    assert step_of(deal_id) is None
    agreed(deal_id, "Call")
    clock.go_on(seconds=20)
    agreed(deal_id, "Visit", 48)
    on(deal_id, next_steps.take_back)
    back = step_of(deal_id)
    assert back is not None
    assert back.title["en"] == "Call"
    agreed(deal_id, "Visit", 48)
    clock.go_on(seconds=20)
    with pytest.raises(Refused, match="step_too_late"):
        on(deal_id, next_steps.take_back)


@pytest.mark.parametrize("act", [next_steps.finish, next_steps.cancel, None])
def test_it_is_taken_back_up_to_the_last_moment_and_not_after(clock: Clock, act: Callable[..., object] | None) -> None:
    """A button that was pressed in time is not told that it was too late."""
    for late, is_open in ((timedelta(0), act is not None), (timedelta(milliseconds=1), act is None)):
        deal_id = acts.deal()
        agreed(deal_id)
        if act is not None:
            on(deal_id, act)
        clock.at += WITHIN + GRACE + late
        if late:
            with pytest.raises(Refused, match="step_too_late"):
                on(deal_id, next_steps.take_back)
        else:
            on(deal_id, next_steps.take_back)
        assert (step_of(deal_id) is not None) is is_open


@pytest.mark.parametrize("act", [next_steps.finish, next_steps.cancel, None])
@pytest.mark.parametrize("stage", ["won", "lost"])
def test_what_was_done_before_the_deal_was_closed_is_not_taken_back(
    clock: Clock, act: Callable[..., object] | None, stage: str
) -> None:
    """Else a closed deal would have an open task again, which nobody looks for there."""
    deal_id = acts.deal(fields={"equipment_type": "large"})
    agreed(deal_id)
    if act is not None:
        on(deal_id, act)
    acts.move(deal_id, stage, raw={"deal": {"lost_reason": "Price"}} if stage == "lost" else {})
    was_open = step_of(deal_id) is not None
    with pytest.raises(Refused, match="step_too_late"):
        on(deal_id, next_steps.take_back)
    assert (step_of(deal_id) is not None) is was_open
    clock.go_on(seconds=20)
    agreed(deal_id, "Ask how it works")
    clock.go_on(seconds=1)
    on(deal_id, next_steps.finish)
    on(deal_id, next_steps.take_back)
    assert step_of(deal_id) is not None, "what was agreed on a closed deal is still one's own to take back"


def test_there_is_nothing_to_finish_twice(clock: Clock) -> None:
    deal_id = acts.deal()
    agreed(deal_id)
    on(deal_id, next_steps.finish)
    for act in (next_steps.finish, next_steps.cancel):
        with pytest.raises(Refused, match="no_next_step"):
            on(deal_id, act)


def test_it_goes_along_with_the_deal_unless_somebody_else_was_chosen(clock: Clock) -> None:
    mine, chosen = acts.deal(), acts.deal()
    agreed(mine)
    agreed(chosen, who="north", by="north")
    for each in (mine, chosen):
        acts.edit(each, by="north", responsible_id=company.person("rep2"))
    steps = [step_of(each) for each in (mine, chosen)]
    assert [each.assignee_id for each in steps if each] == [company.person("rep2"), company.person("north")]


def test_a_lost_deal_needs_none_and_a_reopened_one_does_again(clock: Clock) -> None:
    marks("missing")
    deal_id = acts.deal()
    agreed(deal_id)
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too dear"}})
    assert (step_of(deal_id), marker(deal_id)) == (None, "")
    acts.move(deal_id, "new")
    assert marker(deal_id) == "missing"


def test_when_its_time_has_passed_the_card_says_so_by_itself(clock: Clock) -> None:
    deal_id = acts.deal()
    agreed(deal_id, hours=2)
    assert marker(deal_id) == ""
    clock.go_on(hours=2, seconds=1)
    acts.work()
    assert marker(deal_id) == "overdue"
    assert [each.kind for each in acts.told("rep1")][-1] == "task.overdue"


def test_its_assignee_finishes_it_as_any_task_and_conditions_read_it(clock: Clock) -> None:
    deal_id = acts.deal()
    step = agreed(deal_id)
    assert facts(deal_id) == (True, (time_source.now() + timedelta(hours=2)).isoformat(), False)
    clock.go_on(hours=3)
    assert facts(deal_id)[2] is True
    acts.on_task(step.id, tasks.submit, "rep1", "They will buy")
    assert facts(deal_id) == (False, None, False)


def facts(deal_id: int) -> tuple[object, object, object]:
    session().expire_all()
    snapshot = snapshot_of(session().get_one(Deal, deal_id))
    return tuple(  # type: ignore[return-value]
        snapshot.value("deal", key) for key in ("has_next_step", "next_step_at", "next_step_overdue")
    )


def test_only_an_admin_of_services_knows_what_may_be_marked(clock: Clock) -> None:
    with pytest.raises(Refused):
        marks("everything")
    marks("off")
    assert session().scalars(select(Firm.marks_next_step)).one() == "off"


@pytest.mark.parametrize("which", rules.MARKED)
def test_the_filter_finds_the_marked_cards_and_the_counters_count_them(clock: Clock, which: str) -> None:
    marks(which)
    made = [acts.deal(rep=rep) for rep in ("rep1", "rep1", "rep2", "rep3") for _ in range(3)]
    for number, each in enumerate(made):
        if number % 3:
            agreed(each, hours=number % 3, by="admin")
    done = acts.deal()
    acts.move(done, "won", raw={"deal": {"equipment_type": "large"}})
    clock.go_on(minutes=90)
    acts.work()
    found = set(session().scalars(select(Deal.id).where(Deal.deleted_at.is_(None), query.needs_step())))
    every = list(session().scalars(select(Deal.id).where(Deal.deleted_at.is_(None))))
    assert found == {each for each in every if marker(each)}
    wanting = {"off": 0, "overdue": 1, "missing": 2}[which]
    assert len(found & set(made)) == wanting * 4
    scope = company.acting("north").scope
    assert scope is not None
    counted = {person.id: many for person, many in query.by_person(scope, setups.current().stages_of(1)[0].pipeline_id)}
    theirs = {each: session().get_one(Deal, each).responsible_id for each in found}
    assert counted.get(company.person("rep1"), 0) == list(theirs.values()).count(company.person("rep1"))
    assert company.person("rep3") not in counted, "South is not North's to count"


@given(
    marked=some.sampled_from(rules.MARKED),
    is_open=some.booleans(),
    due=some.none() | some.integers(-3, 3),
)
def test_a_marker_is_never_more_than_the_firm_wants(marked: str, is_open: bool, due: int | None) -> None:
    now = datetime(2026, 11, 24, 10, tzinfo=UTC)
    said = rules.marker(marked, is_open, None if due is None else now + timedelta(hours=due), now)
    assert said in ("", "missing", "overdue")[: 1 + rules.MARKED.index("missing")]
    assert (said == "missing") == (marked == "missing" and is_open and due is None)
    assert (said == "overdue") == (marked != "off" and is_open and due is not None and due <= 0)


def test_moments_that_are_offered_are_working_ones_at_full_quarters() -> None:
    calendar = setups.current().firm_calendar
    friday = datetime(2026, 11, 27, 14, 52, tzinfo=UTC)  # 17:52 in Moscow
    found = [each.astimezone(ZoneInfo(calendar.zone)).strftime("%a %H:%M") for each in rules.offered(calendar, friday)]
    assert found == ["Mon 11:00", "Mon 18:00", "Wed 18:00", "Fri 18:00"]
