"""What the database is asked while a robot tells somebody: nothing twice, and nothing of what was just made. A firing
waits for each answer, and thousands may be due at one moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, inspect, select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.background import outbox
from webapp.db import db, session, transaction
from webapp.models import ImportantItem, ImportantRung, RobotRun
from webapp.services import firing, important

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def asked(act: Callable[[], object]) -> list[str]:
    """What is said to the database meanwhile, one line a statement."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(" ".join(statement.split()))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return heard


def told_of(deal_id: int, clock: Clock) -> list[str]:
    """Nobody has answered in time, and the head is told: what was asked for that."""
    clock.go_on(minutes=11)
    said = asked(acts.work)
    assert acts.run_of(deal_id, "reaction_control").state == "fired"
    return said


def test_an_item_that_a_firing_makes_is_written_once_and_nothing_is_asked_of_it(clock: Clock) -> None:
    said = told_of(acts.inquiry(), clock)
    made = next(n for n, each in enumerate(said) if each.startswith("INSERT INTO important_item"))
    later = [each for each in said[made + 1 :] if "important_" in each and not each.startswith("INSERT")]
    assert [each for each in later if "important_rung.state" not in each] == []  # rungs that are due are looked for
    item = session().scalars(select(ImportantItem)).one()
    rungs = session().scalars(select(ImportantRung)).all()
    assert [(each.key, each.due_at) for each in rungs] == [(f"item-{item.id}-climb-0", item.next_at)]
    assert [each.user_id for each in important.places(item)] == [company.person("north")]


def test_of_an_item_that_stands_already_each_thing_is_asked_once(clock: Clock) -> None:
    """The item, whose it is, whether a restore holds its ladder back; and that it was told of once more is written."""
    deal_id = acts.inquiry()
    told_of(deal_id, clock)
    once_more(acts.run_of(deal_id, "reaction_control"))
    said = asked(acts.work)
    of_it = [each for each in said if "important_" in each and "important_rung.visible_at <=" not in each]
    assert [re.split("FROM |UPDATE ", each)[1].split()[0] for each in of_it] == [
        *("important_item", "important_item"),
        *("important_place", "important_rung"),
    ], of_it
    assert session().scalars(select(ImportantItem.times)).all() == [2]


def once_more(run: RobotRun) -> None:
    """The same robot is due on the same deal again."""
    given = {each.key: getattr(run, each.key) for each in inspect(RobotRun).column_attrs if each.key != "id"}
    again = {"key": f"{run.key}-again", "state": "waiting", "attempts": 0, "visible_at": run.due_at, "claimed_at": None}
    session().add(RobotRun(**given | again | {"ended_at": None}))
    session().commit()


def test_a_run_that_another_has_taken_meanwhile_tells_nobody(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if that was not seen before: the fence has the last word."""
    deal_id = acts.inquiry()
    clock.go_on(minutes=11)
    run = acts.run_of(deal_id, "reaction_control")
    mine = outbox.claim("run", run.id)
    assert mine is not None
    monkeypatch.setattr(outbox, "is_held", lambda *_: True)
    with pytest.raises(outbox.LeaseLost), transaction():
        firing.fire(replace(mine, attempt=mine.attempt - 1))
    assert session().scalars(select(ImportantItem)).all() == []
    assert acts.told("north", "robot.control") == []
    with transaction():
        firing.fire(mine)
    assert len(acts.told("north", "robot.control")) == 1


def test_whether_a_client_who_waits_stands_already_is_one_question(clock: Clock) -> None:
    """As whichever of the two reasons for which one waits."""
    said = told_of(acts.inquiry(), clock)
    assert len([each for each in said if "important_item.live_key IN" in each or "live_key =" in each]) == 1


def test_since_when_a_client_waits_is_known_with_the_facts_of_the_deal(clock: Clock) -> None:
    began = clock.at
    deal_id = acts.inquiry()
    said = told_of(deal_id, clock)
    assert [each for each in said if each.startswith("SELECT min(conversation.unanswered_since)")] == []
    assert session().scalars(select(ImportantItem.since)).one() == began
    acts.robot("reaction_control", condition=None)
    waits_not = acts.deal(waits=False)
    told_of(waits_not, clock)
    (since,) = session().scalars(select(ImportantItem.since).where(ImportantItem.deal_id == waits_not))
    assert since == acts.run_of(waits_not, "reaction_control").base_at


def test_what_decides_whether_a_robot_may_act_comes_with_the_facts_of_the_deal(clock: Clock) -> None:
    """The version of the set-up, and whether it has gone off too often."""
    said = told_of(acts.inquiry(), clock)
    made = next(n for n, each in enumerate(said) if each.startswith("INSERT INTO important_item"))
    facts = max(n for n, each in enumerate(said[:made]) if "sum(invoice.amount_minor" in each)
    assert [each for each in said[facts + 1 : made] if "FROM robot_run" in each or "FROM firm" in each] == []


def test_of_which_deal_a_run_is_says_its_claim(clock: Clock) -> None:
    said = told_of(acts.inquiry(), clock)
    assert [each for each in said if each.startswith("SELECT robot_run.deal_id FROM robot_run")] == []
