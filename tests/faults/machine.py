"""What may happen to a firm in any order, with a clock that jumps: a machine that Hypothesis drives.

After each step the invariants are read from the database; at the end whatever is due must be done within a minute.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule
from sqlalchemy import select

from jobs import runner
from jobs.registry import WORK
from tests import company
from tests.faults.scene import AWAY, Scene
from tests.services import acts
from webapp import clock, outbox
from webapp.db import session, transaction
from webapp.errors import Hidden, Refused
from webapp.models import Deal, Invoice, RobotRun, Task
from webapp.outbox import Claim
from webapp.services import deals as services
from webapp.services import takebacks, tasks

STAGES = ("new", "data_collection", "processing", "payment", "won", "lost")
EQUIPMENT = (None, "standard", "special")


class Killed(BaseException):
    """kill -9 in the middle of a transaction."""


class Machine(RuleBasedStateMachine):
    """`scene` is set by whoever runs it."""

    deals: Bundle[int] = Bundle("deals")
    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        scene.begin()

    # What people do

    @rule(target=deals, client=st.integers(1, 4))
    def a_client_writes(self, client: int) -> int:
        return acts.inquiry(name=f"Client {client}", phone=f"+7900555000{client}")

    @rule(deal=deals)
    def somebody_replies(self, deal: int) -> None:
        acts.reply(deal, by="admin")

    @rule(deal=deals, to=st.sampled_from(STAGES), equipment=st.sampled_from(EQUIPMENT))
    def a_deal_is_moved(self, deal: int, to: str, equipment: str | None) -> None:
        raw: dict[str, Any] = {"lost_reason": "Too dear"} if to == "lost" else {}
        if equipment:
            raw["equipment_type"] = equipment
        with suppress(Refused, Hidden):
            acts.move(deal, to, by="admin", raw={"deal": raw})

    @rule(deal=deals)
    def the_move_is_taken_back(self, deal: int) -> None:
        self.scene.reopened.update(session().scalars(select(RobotRun.id).where(RobotRun.deal_id == deal)))
        with suppress(Refused), transaction():
            takebacks.take_back(acts.locked(deal), company.acting("admin"))

    @rule(deal=deals, equipment=st.sampled_from(EQUIPMENT))
    def a_deal_is_edited(self, deal: int, equipment: str | None) -> None:
        with suppress(Refused):
            acts.edit(deal, by="admin", fields={"equipment_type": equipment})

    @rule(deal=deals, vip=st.booleans())
    def a_client_becomes_vip_or_not(self, deal: int, vip: bool) -> None:
        contact = session().scalar(select(Deal.contact_id).where(Deal.id == deal))
        assert contact is not None
        acts.mark(contact, vip=vip)

    @rule(deal=deals)
    def an_invoice_is_issued(self, deal: int) -> None:
        acts.invoice(deal, number=f"{deal}-{len(session().scalars(select(Invoice.id)).all())}")

    @rule(deal=deals, share=st.sampled_from((None, 40_000)))
    def an_invoice_is_paid(self, deal: int, share: int | None) -> None:
        unpaid = select(Invoice.id).where(Invoice.deal_id == deal, Invoice.paid_at.is_(None)).order_by(Invoice.id)
        invoice = session().scalar(unpaid.limit(1))
        if invoice is not None:
            with suppress(Refused):
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
    def a_worker_claims(self, nth: int) -> Any:
        due = [(kind, row_id) for kind in WORK for row_id, _ in outbox.due(kind, clock.now(), 10)]
        session().close()
        mine = outbox.claim(*due[nth % len(due)]) if due else None
        return multiple() if mine is None else mine

    @rule(claim=consumes(claims))
    def it_finishes_however_late(self, claim: Claim) -> None:
        runner.finish(claim)

    @rule(claim=consumes(claims))
    def it_is_killed(self, claim: Claim) -> None:
        with suppress(Killed, outbox.LeaseLost), transaction():
            WORK[claim.kind].do(claim)
            raise Killed

    @rule()
    def a_worker_does_what_is_due(self) -> None:
        runner.drain()

    @rule()
    def the_ticker_ticks(self) -> None:
        self.scene.tick()

    # What nobody wants

    @rule(seconds=st.integers(-3600, 3600))
    def the_clock_jumps(self, seconds: int) -> None:
        self.scene.go_on(seconds=seconds)

    @rule(seconds=st.sampled_from((5, 31, 600, 601)))
    def time_passes(self, seconds: int) -> None:
        self.scene.go_on(seconds=seconds)

    @precondition(lambda self: self.scene.app.config["REDIS_URL"] != AWAY)
    @rule()
    def redis_goes(self) -> None:
        self.scene.connect(AWAY)

    @precondition(lambda self: self.scene.app.config["REDIS_URL"] == AWAY)
    @rule()
    def redis_returns(self) -> None:
        self.scene.connect(self.scene.redis_url)

    @invariant()
    def nothing_is_wrong(self) -> None:
        self.scene.check()

    def teardown(self) -> None:
        self.scene.settle()


def _name(user_id: int) -> str:
    return next(each for each in company.PEOPLE if company.person(each) == user_id)
