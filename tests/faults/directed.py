"""The shortest stories in which a missing safeguard shows. Each raises Violation when it does, and is quiet when all
is well."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event, func, select, update

from jobs import runner
from tests import company
from tests.faults import busy, items, oracle
from tests.faults.scene import Scene, Violation
from tests.services import acts
from webapp import clock
from webapp.background import future_instants, outbox, redis_client, scheduled_jobs
from webapp.db import session, transaction
from webapp.models import ImportantItem, ImportantRung, Notification, Robot, Trigger
from webapp.services import important, tasks
from webapp.snapshots import setups


def a_late_worker_finishes_after_another(scene: Scene) -> None:
    """It held the lease, slept through it, and wakes when the run has ended and the deal has changed."""
    deal = acts.inquiry()
    control = acts.run_of(deal, "reaction_control").id
    scene.go_on(minutes=10)
    late = _claimed(control)
    scene.go_on(seconds=40)
    runner.drain()
    scene.check()
    acts.reply(deal)
    scene.check()
    runner.finish(late)
    scene.check()


def a_late_worker_tells_again(scene: Scene) -> None:
    """The same, and nothing has changed meanwhile: the person must not be told twice."""
    control = acts.run_of(acts.inquiry(), "reaction_control").id
    scene.go_on(minutes=10)
    late = _claimed(control)
    scene.go_on(seconds=40)
    runner.drain()
    runner.finish(late)
    times = session().scalar(select(func.count()).select_from(Notification).where(Notification.run_id == control))
    session().close()
    if times != 1:
        raise Violation(f"I3: told {times} times")


def what_was_rolled_back_rings_no_bell(scene: Scene) -> None:
    """A transaction that fails at the last moment, its runs armed, leaves nothing in Redis."""

    def fail(_: Any) -> None:
        raise ZeroDivisionError

    event.listen(session(), "before_commit", fail)
    with suppress(ZeroDivisionError):
        acts.inquiry()
    event.remove(session(), "before_commit", fail)
    bell = Queue(scheduled_jobs.QUEUE, connection=redis_client.client(), serializer=JSONSerializer)
    ids = [*bell.job_ids, *bell.scheduled_job_registry.get_job_ids()]
    if ids:
        raise Violation(f"I8: alarms without a run behind them: {ids}")


def a_clock_set_back_leaves_no_lease_behind(scene: Scene) -> None:
    """A worker dies with a lease taken while the clock was an hour ahead."""
    deal = acts.inquiry()
    scene.go_on(hours=1, minutes=10)
    _claimed(acts.run_of(deal, "reaction_control").id)
    scene.go_on(minutes=-50)
    scene.settle()


def a_ticker_stands_still_while_a_worker_begins(scene: Scene) -> None:
    """It wakes with the time of before, and to it what was claimed meanwhile lies in the future."""
    control = acts.run_of(acts.inquiry(), "reaction_control").id
    scene.go_on(minutes=10)
    held: list[outbox.Claim] = []

    def looked_at() -> datetime:
        at = scene.at
        if at == began:
            scene.go_on(seconds=20)
            held.append(_claimed(control))
        return at

    began = scene.at
    with clock.running_on(looked_at):
        future_instants.mend()
    if outbox.claim("run", control) is not None:
        raise Violation("two workers hold the same run")
    runner.finish(held.pop())
    scene.check()


def two_workers_do_not_hold_one_row(scene: Scene) -> None:
    """A second alarm rings while the first one is being answered."""
    run = acts.run_of(acts.inquiry(), "vip_notification").id
    _claimed(run)
    if outbox.claim("run", run) is not None:
        raise Violation("two workers hold the same run")


def a_bell_that_rings_too_soon_is_not_believed(scene: Scene) -> None:
    """RQ's delayed jobs come up to a second early; a planted one may come at any time."""
    deal = acts.inquiry()
    scene.go_on(minutes=9, seconds=59)
    runner.do("run", acts.run_of(deal, "reaction_control").id)
    scene.check()


def a_timer_of_a_stage_that_was_left_is_silent(scene: Scene) -> None:
    """Moved on by hand, without an answer: the condition of the control still holds."""
    deal = acts.inquiry()
    acts.move(deal, "data_collection", by="admin")
    scene.check()
    scene.go_on(minutes=11)
    runner.drain()
    scene.check()


def the_lesson_is_lived_through(scene: Scene) -> None:
    """All that is told: a late answer, a VIP who writes, a refused trigger, a hand-over, a task that returns, money."""
    late = acts.inquiry()
    scene.go_on(minutes=11)
    acts.work()
    scene.check()
    vip = acts.inquiry(name="Very Important", phone="+79005550009")
    acts.mark(acts.deal_of(vip).contact_id or 0, vip=True)
    acts.inquiry("Well?", name="Very Important", phone="+79005550009")
    acts.work()
    scene.check()
    acts.edit(late, by="admin", responsible_id=company.person("rep2"))
    acts.invoice(late, number="L-1")
    acts.pay(late)
    acts.work()
    scene.check()
    task = acts.vip_task(vip)
    scene.check()
    acts.submit(task, by=_name(acts.task_of_id(task).assignee_id))
    scene.check()
    acts.on_task(task, tasks.send_back, _name(acts.task_of_id(task).acceptor_id), "When?")
    scene.check()
    acts.submit(task, by=_name(acts.task_of_id(task).assignee_id))
    acts.on_task(task, tasks.accept, _name(acts.task_of_id(task).acceptor_id))
    scene.check()
    acts.invoice(vip, number="V-1")
    acts.move(vip, "payment", by="admin")
    acts.pay(vip, 40_000)
    scene.check()
    acts.pay(vip)
    scene.settle()
    scene.go_on(days=4)
    scene.settle()


def paid_before_the_stage_was_left(scene: Scene) -> None:
    """The trigger that leads to Won is off: only the payment itself calls off what waits for it."""
    deal = acts.deal(of=acts.contact(), fields={"equipment_type": "standard"})
    with transaction() as current:
        current.execute(update(Trigger).values(is_on=False))
        setups.changed()
    _is_paid(deal)


def _is_paid(deal: int) -> None:
    """Its invoice is issued, it comes to Payment, and all is paid there."""
    acts.invoice(deal)
    acts.move(deal, "payment")
    acts.pay(deal)
    if wrong := oracle.paid_calls_off():
        raise Violation("\n".join(f"I13: {each}" for each in wrong))


def thanks_wait_for_the_payment(scene: Scene) -> None:
    """A robot that speaks once nothing is owed is armed while something is; the deal stays where it is."""
    deal = acts.deal(of=acts.contact(vip=True), fields={"equipment_type": "standard"})
    settled = {"entity": "invoices", "field": "unpaid", "operator": "eq", "value": False}
    with transaction() as current:
        current.execute(update(Trigger).values(is_on=False))
        current.execute(update(Robot).where(Robot.key == "unpaid_vip").values(condition={"all": [settled]}))
        setups.changed()
    _is_paid(deal)
    scene.go_on(days=7)
    acts.work()
    if acts.run_of(deal, "unpaid_vip").state != "fired":
        raise Violation("I13: nobody is told that the money has come")


def a_client_writes_again_and_again(scene: Scene) -> None:
    """On a deal that has been answered and has gone on: one wait, whatever is said in it."""
    deal = acts.inquiry()
    acts.reply(deal, by="admin")
    for text in ("And the price?", "And the delivery?", "Hello?"):
        acts.inquiry(text)
        scene.check()
    acts.reply(deal, by="admin")
    acts.inquiry("Thanks. And when?")
    scene.settle()


def what_nobody_takes_climbs(scene: Scene) -> None:
    """Two levels are told, somebody takes it, the client is answered; a worker that slept through its lease with the
    rung of the first comes too late. Of a second deal the head puts it aside until the client answers, who does."""
    deal = acts.inquiry()
    scene.go_on(minutes=11)
    acts.work()
    scene.check()
    item, late = _item(deal), _held_rung(scene, deal)
    scene.check()
    runner.finish(late)
    scene.check()
    _on(deal, important.take, "north")
    scene.go_on(minutes=40)
    acts.work()
    scene.check()
    acts.edit(deal, by="admin", title="Another name")
    scene.check()
    acts.reply(deal)
    scene.check()
    other = acts.inquiry(name="Second", phone="+79005550010")
    scene.go_on(minutes=11)
    acts.work()
    _on(other, important.snooze, "north", None)
    scene.check()
    acts.inquiry("Well?", name="Second", phone="+79005550010")
    scene.check()
    acts.delete(other)
    scene.settle()
    if session().get_one(ImportantItem, item).ended_at is None:
        raise Violation("I17: answered, and still in the list")
    if wrong := items.the_next_level_is_told():
        raise Violation("\n".join(f"I17: {each}" for each in wrong))


def _item(deal: int) -> int:
    found = session().scalar(select(ImportantItem.id).where(ImportantItem.deal_id == deal).limit(1))
    session().close()
    if found is None:
        raise Violation("I17: it stands in no list")
    return found


def _held_rung(scene: Scene, deal: int) -> outbox.Claim:
    """The first rung, held by a worker that sleeps while another does it."""
    wanted = select(ImportantRung.id).where(ImportantRung.item_id == _item(deal), ImportantRung.state == "waiting")
    rung = session().scalars(wanted).one()
    session().close()
    scene.go_on(minutes=15)
    late = outbox.claim("rung", rung)
    assert late is not None
    scene.go_on(seconds=40)
    acts.work()
    return late


def _on(deal: int, verb: Callable[..., None], by: str, *words: object) -> None:
    item = _item(deal)
    with transaction():
        acts.locked(deal)
        verb(session().get_one(ImportantItem, item, with_for_update=True), *words, company.acting(by))


def _name(user_id: int | None) -> str:
    return next(each for each in company.PEOPLE if company.person(each) == user_id)


def _claimed(run_id: int) -> outbox.Claim:
    mine = outbox.claim("run", run_id)
    assert mine is not None
    return mine


STORIES: dict[str, Callable[[Scene], None]] = {
    "no_fence": a_late_worker_finishes_after_another,
    "no_key": a_late_worker_tells_again,
    "alarm_before_commit": what_was_rolled_back_rings_no_bell,
    "no_healing": a_clock_set_back_leaves_no_lease_behind,
    "healed_at_one_look": a_ticker_stands_still_while_a_worker_begins,
    "no_lease": two_workers_do_not_hold_one_row,
    "early": a_bell_that_rings_too_soon_is_not_believed,
    "never_called_off": a_timer_of_a_stage_that_was_left_is_silent,
    "wrong_answers": the_lesson_is_lived_through,
    "payment_calls_nothing_off": paid_before_the_stage_was_left,
    "payment_calls_off_too_much": thanks_wait_for_the_payment,
    "wait_untold": a_client_writes_again_and_again,
    "wait_told_at_each_word": a_client_writes_again_and_again,
    "wrong_hours": busy.seasons_come_and_go,
    "wrong_people": busy.some_are_on_leave,
    "what_matters": what_nobody_takes_climbs,
}
