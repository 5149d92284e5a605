"""What was told and is true no more is read: nobody clears away what others have seen to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.channels import worlds
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Conversation, Delivery, ImportantItem, Inbox, Notification
from webapp.services import conversations, important, notifications, tasks

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
WEEK = timedelta(days=7)


def unread(name: str) -> list[str]:
    """What this person has to read; the number of it is that of their bar."""
    found = [each.kind for each in acts.told(name) if each.read_at is None]
    row = session().get(Inbox, company.person(name), populate_existing=True)
    assert len(found) == (row.unread if row else 0)
    return found


def given(deal_id: int, to: str) -> None:
    acts.edit(deal_id, by="admin", responsible_id=company.person(to))


def test_a_deal_that_went_on_to_another_is_yours_no_more(clock: Clock) -> None:
    deal_id = acts.deal(of=acts.contact(rep="admin"), rep="rep1", waits=False)
    given(deal_id, "rep2")
    assert unread("rep2") == ["deal.assigned"]
    given(deal_id, "rep1")
    assert (unread("rep2"), unread("rep1")) == ([], ["deal.assigned"])
    given(deal_id, "rep2")
    assert (unread("rep2"), unread("rep1")) == (["deal.assigned"], [])


def test_a_client_who_was_answered_or_is_another_persons_waits_for_you_no_more(clock: Clock) -> None:
    deal_id = acts.deal("data_collection", of=acts.contact(), waits=False)
    acts.inquiry("Hello?")
    assert unread("rep1") == ["client.wrote"]
    acts.reply(deal_id, by="head")
    assert unread("rep1") == []
    acts.inquiry("And now?")
    given(deal_id, "rep2")
    assert (unread("rep1"), unread("rep2")) == ([], ["deal.assigned"])


@pytest.mark.parametrize("stage", ["won", "lost"])
def test_of_a_closed_deal_no_client_waits(clock: Clock, stage: str) -> None:
    deal_id = acts.deal("payment", of=acts.contact(), waits=False, fields={"equipment_type": "standard"})
    acts.inquiry("Hello?")
    acts.move(deal_id, stage, raw={"deal": {"lost_reason": "Too dear"}} if stage == "lost" else {})
    assert unread("rep1") == []


def test_a_deal_that_a_trigger_could_not_move_stays_no_more_where_it_is(clock: Clock) -> None:
    deal_id = acts.deal("new", of=acts.contact(), waits=False)
    with transaction():
        person = company.person("rep1")
        notifications.tell([person], "trigger.refused", key="refused", facts={}, deal_id=deal_id)
    assert unread("rep1") == ["trigger.refused"]
    acts.move(deal_id, "data_collection")
    assert unread("rep1") == []


def handed_in() -> int:
    task_id = acts.vip_task()
    acts.submit(task_id)
    return task_id


@pytest.mark.parametrize(("verb", "words"), [(tasks.accept, []), (tasks.send_back, ["When?"])])
def test_work_that_was_decided_on_is_to_be_accepted_no_more(
    clock: Clock, verb: Callable[..., None], words: list[str]
) -> None:
    task_id = handed_in()
    assert "task.awaiting_acceptance" in unread("north")
    assert unread("rep1") == [], "and who has handed it in has it to do no more"
    acts.on_task(task_id, verb, "north", *words)
    assert "task.awaiting_acceptance" not in unread("north")
    assert len(unread("rep1")) == 1


def test_work_that_another_does_is_yours_no_more(clock: Clock) -> None:
    task_id = acts.vip_task()
    assert unread("rep1") == ["task.created"]
    acts.on_task(task_id, tasks.delegate, "north", company.person("rep2"))
    assert (unread("rep1"), unread("rep2")) == (["task.given_on"], ["task.handed_over"])


def test_a_deadline_that_has_passed_is_coming_no_more(clock: Clock) -> None:
    with transaction():
        due = clock.at + timedelta(hours=1)
        tasks.create_by_hand("Call them", "", company.person("rep1"), company.acting("north"), due_at=due)
        tasks.create_by_hand("Next week", "", company.person("rep1"), company.acting("north"), due_at=due + WEEK)
    clock.at = due - timedelta(minutes=1)
    acts.work()
    assert unread("rep1") == ["task.created", "task.created", "task.deadline_coming"]
    clock.at = due + timedelta(minutes=1)
    acts.work()
    assert unread("rep1") == ["task.created", "task.created", "task.overdue"]
    clock.at = due + WEEK - timedelta(minutes=1)
    acts.work()
    assert unread("rep1").count("task.deadline_coming") == 1, "of the other"


def late(clock: Clock) -> int:
    deal_id = acts.inquiry()
    clock.go_on(minutes=11)
    acts.work()
    return deal_id


def test_what_mattered_is_read_when_it_is_settled_by_whoever_was_told(clock: Clock) -> None:
    deal_id = late(clock)
    clock.go_on(minutes=16)
    acts.work()
    told = {name: [each for each in unread(name) if each != "deal.assigned"] for name in ("north", "head")}
    assert told == {"north": ["robot.control"], "head": ["important.climbed"]}
    acts.reply(deal_id, by="admin")
    assert [[each for each in unread(name) if each != "deal.assigned"] for name in told] == [[], []]


def test_what_somebody_has_taken_is_climbing_no_more(clock: Clock) -> None:
    deal_id = late(clock)
    clock.go_on(minutes=16)
    acts.work()
    with transaction() as current:
        acts.locked(deal_id)
        item = current.scalars(select(ImportantItem).where(ImportantItem.deal_id == deal_id).with_for_update()).one()
        important.take(item, company.acting("north"))
    assert "important.climbed" not in unread("head")


def test_what_is_over_before_it_went_out_does_not_go_out(inside: Flask, clock: Clock) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("rep1", "email", "rep@firm.example", "normal")
    deal_id = acts.deal("data_collection", of=acts.contact(), waits=False)
    acts.inquiry("Hello?")
    acts.reply(deal_id)
    (sent,) = session().scalars(select(Delivery).where(Delivery.content == "notification"))
    assert (sent.state, sent.reason) == ("cancelled", {"code": "read"})


def test_who_reads_and_who_answers_at_once_wait_in_no_circle(inside: Flask, clock: Clock) -> None:
    deal_id = acts.deal("data_collection", of=acts.contact(), waits=False)

    def answers() -> None:
        with transaction():
            acts.locked(deal_id)
            talk = session().scalars(select(Conversation)).one()
            conversations.reply(talk, "Good day", company.acting("head"))

    def reads() -> None:
        with transaction() as current:
            told = select(Notification).where(Notification.kind == "client.wrote", Notification.read_at.is_(None))
            for each in current.scalars(told).all():
                notifications.read(each, company.acting("rep1"))

    for n in range(5):
        acts.inquiry(f"Hello? {n}")
        assert acts.at_the_same_moment(inside, answers, reads, reads) == [None] * 3
        assert unread("rep1") == []
