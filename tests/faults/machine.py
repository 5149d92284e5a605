"""What may happen to a firm in any order, with a clock that jumps: a machine that Hypothesis drives.

After each step the invariants are read from the database; at the end whatever is due must be done within a minute.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from sqlalchemy import func, select

from jobs import runner
from jobs.registry import WORK
from tests import company
from tests.faults.scene import AWAY, Scene
from tests.services import acts
from webapp import clock
from webapp.background import outbox
from webapp.background.outbox import Claim
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import Deal, Invoice, RobotRun, Task
from webapp.services import deals as services
from webapp.services import tasks, undo

STAGES = ("new", "data_collection", "processing", "processing", "payment", "won", "lost")
EQUIPMENT = (None, "standard", "special", "special")


class Killed(BaseException):
    """kill -9 in the middle of a transaction."""


class Machine(RuleBasedStateMachine):
    """Clients 1 and 2 are VIPs. Moves go by admin, who may everything."""

    deals: Bundle[int] = Bundle("deals")
    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        scene.begin()
        for n in (1, 2):
            acts.contact(f"Client {n}", f"+7900555000{n}", vip=True)

    @initialize(target=deals)
    def some_have_written(self) -> Any:
        return multiple(*[self._writes(client) for client in (1, 2, 3)])

    # What people do

    @rule(target=deals, client=st.integers(1, 4))
    def a_client_writes(self, client: int) -> int:
        return self._writes(client)

    def _writes(self, client: int) -> int:
        return acts.inquiry(name=f"Client {client}", phone=f"+7900555000{client}")

    @rule(deal=deals)
    def somebody_replies(self, deal: int) -> None:
        acts.reply(deal, by="admin")

    @rule(deal=deals, to=st.sampled_from(STAGES), equipment=st.sampled_from(EQUIPMENT))
    def a_deal_is_moved(self, deal: int, to: str, equipment: str | None) -> None:
        raw: dict[str, Any] = {"lost_reason": "Too dear"} if to == "lost" else {}
        if equipment:
            raw["equipment_type"] = equipment
        with suppress(Refused, NotFound):
            acts.move(deal, to, by="admin", raw={"deal": raw})

    @rule(deal=deals)
    def the_move_is_taken_back(self, deal: int) -> None:
        self.scene.reopened.update(session().scalars(select(RobotRun.id).where(RobotRun.deal_id == deal)))
        with suppress(Refused), transaction():
            undo.undo(acts.locked(deal), company.acting("admin"))

    @rule(deal=deals, equipment=st.sampled_from(EQUIPMENT))
    def a_deal_is_edited(self, deal: int, equipment: str | None) -> None:
        with suppress(Refused):
            acts.edit(deal, by="admin", fields={"equipment_type": equipment})

    @rule(deal=deals, vip=st.booleans())
    def a_client_becomes_vip_or_not(self, deal: int, vip: bool) -> None:
        contact = session().scalar(select(Deal.contact_id).where(Deal.id == deal))
        assert contact is not None
        acts.mark(contact, vip=vip)

    @rule(deal=deals, share=st.sampled_from((None, 40_000)))
    def an_invoice_is_issued_or_paid(self, deal: int, share: int | None) -> None:
        unpaid = select(Invoice.id).where(Invoice.deal_id == deal, Invoice.paid_at.is_(None)).order_by(Invoice.id)
        invoice = session().scalar(unpaid.limit(1))
        with suppress(Refused):
            if invoice is None:
                acts.invoice(deal, number=f"{deal}-{clock.now().timestamp()}")
            else:
                acts.pay(deal, share, invoice)

    @rule(deal=deals, verb=st.sampled_from(("start", "submit", "accept", "send_back")))
    def a_task_goes_on(self, deal: int, verb: str) -> None:
        words = {"submit": ["Agreed."], "send_back": ["When?"]}.get(verb, [])
        people = {"start": "assignee_id", "submit": "assignee_id", "accept": "acceptor_id", "send_back": "acceptor_id"}
        for task in session().scalars(select(Task).where(Task.deal_id == deal, Task.state.in_(tasks.OPEN))).all():
            who = getattr(task, people[verb])
            if who is not None:
                with suppress(Refused):
                    acts.on_task(task.id, getattr(tasks, verb), _name(who), *words)

    @rule(deal=deals)
    def a_deal_is_deleted(self, deal: int) -> None:
        with transaction():
            if acts.locked(deal).deleted_at is None:
                services.delete(acts.locked(deal), company.acting("admin"))

    # What machines do

    @rule(target=claims, nth=st.integers(0, 9))
    def a_worker_claims_and_falls_asleep(self, nth: int) -> Any:
        mine = _claimed(nth)
        return multiple() if mine is None else mine

    @rule(claim=consumes(claims))
    def it_wakes_and_finishes_however_late(self, claim: Claim) -> None:
        runner.finish(claim)

    @rule(nth=st.integers(0, 9), seconds=st.sampled_from((1, 31, 600, -40)))
    def a_worker_oversleeps_and_another_takes_over(self, nth: int, seconds: int) -> None:
        mine = _claimed(nth)
        self.scene.go_on(seconds=seconds)
        self.scene.tick()
        runner.drain()
        if mine is not None:
            runner.finish(mine)

    @rule(nth=st.integers(0, 9), has_begun=st.booleans())
    def a_worker_is_killed_at_work(self, nth: int, has_begun: bool) -> None:
        mine = _claimed(nth)
        if mine is not None and has_begun:
            with suppress(Killed, outbox.LeaseLost), transaction():
                WORK[mine.kind].do(mine)
                raise Killed

    @rule(nth=st.integers(0, 9), seconds=st.sampled_from((60, 600, 3600)))
    def a_worker_is_killed_before_the_clock_is_set_right(self, nth: int, seconds: int) -> None:
        """Its lease was taken while the clock was ahead."""
        self.scene.go_on(seconds=seconds)
        _claimed(nth)
        self.scene.go_on(seconds=-seconds)

    @rule()
    def a_worker_does_what_is_due(self) -> None:
        runner.drain()

    @rule()
    def the_ticker_ticks(self) -> None:
        self.scene.tick()

    @rule()
    def the_next_timer_comes(self) -> None:
        next_ = [
            session().scalar(
                select(func.min(model.visible_at)).where(model.state == "waiting", model.visible_at > clock.now())
            )
            for model in outbox.WORK_MODELS.values()
        ]
        session().close()
        self.scene.at = min((each for each in next_ if each is not None), default=self.scene.at)

    # What nobody wants

    @rule(seconds=st.one_of(st.integers(-3600, 3600), st.sampled_from((-40, 31))))
    def the_clock_jumps(self, seconds: int) -> None:
        self.scene.go_on(seconds=seconds)

    @rule(is_there=st.booleans())
    def redis_goes_or_returns(self, is_there: bool) -> None:
        self.scene.connect(self.scene.redis_url if is_there else AWAY)

    @invariant()
    def nothing_is_wrong(self) -> None:
        self.scene.check()

    def teardown(self) -> None:
        self.scene.settle()


def _claimed(nth: int) -> Claim | None:
    """One of the rows that are due, if any."""
    due = [(kind, each.row_id) for kind in WORK for each in outbox.due(kind, clock.now(), 10)]
    session().close()
    return outbox.claim(*due[nth % len(due)]) if due else None


def _name(user_id: int) -> str:
    return next(each for each in company.PEOPLE if company.person(each) == user_id)
