"""What does each phase of each kind of work, and what is done when its attempts are used up. In which table a kind has
its rows: `WORK_MODELS` of webapp/background/outbox.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from rules.reach import Answer
from webapp.background.outbox import Claim, Step
from webapp.services import (
    calls,
    climbing,
    deliveries,
    firing,
    hand_overs,
    recounts,
    rehearsals,
    setup_work,
    task_alarms,
)


def _nothing(_: Claim) -> None:
    """There is nothing to get ready."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """Work in three phases, each of which may be the last of a process that is killed.

    `prepare` reads and decides, in a transaction, behind the lease. What it returns is sent; None: there is nothing to
    send, and it has ended the row itself. `send` speaks to the world with no transaction open: it may happen again, so
    it carries the key of the row, by which the other side knows a repeat. `finish` is given the answer, in a new
    transaction, and ends the row behind the fence (`outbox.finish`), or says `Step.MORE` having written one part and
    how far it got: then the lease is renewed in the same transaction, and the phases begin again. A kind without `send`
    is prepared and finished in one transaction. `give_up` ends the row as failed; `stumbled` is what its columns say
    while an attempt that raised waits for the next. What is `outward` is done by the child alone (jobs/sender.py):
    others start it.
    """

    finish: Callable[[Claim, Any], Step | None]
    give_up: Callable[[int, str], None]
    prepare: Callable[[Claim], Any] = _nothing
    send: Callable[[Any], Any] | None = None
    outward: bool = False
    stumbled: Mapping[str, Any] = field(default_factory=dict)

    def do(self, mine: Claim) -> Step | None:
        """All in the open transaction, for what sends nothing."""
        return self.finish(mine, self.prepare(mine))


def _letter(mine: Claim) -> Any:
    from webapp.channels import letters, webhooks  # in the child alone

    prepared = deliveries.prepare(mine)
    if prepared is None:
        return None
    return letters.compose(prepared) if prepared.webhook is None else webhooks.compose(prepared)


def _send(parcel: Any) -> Answer:
    from webapp.channels import outward

    return outward.send(parcel, current_app.config["SETTINGS"].outbound_allow)


WORK: dict[str, JobKind] = {
    "run": JobKind(finish=lambda mine, _: firing.fire(mine), give_up=firing.fail),
    "alarm": JobKind(finish=lambda mine, _: task_alarms.fire(mine), give_up=task_alarms.fail),
    "hand_over": JobKind(finish=lambda mine, _: hand_overs.go_on(mine), give_up=hand_overs.fail),
    "setup": JobKind(finish=lambda mine, _: setup_work.go_on(mine), give_up=setup_work.fail),
    "recount": JobKind(finish=lambda mine, _: recounts.go_on(mine), give_up=recounts.fail),
    "delivery": JobKind(
        finish=deliveries.finish,
        give_up=deliveries.give_up,
        prepare=_letter,
        send=_send,
        outward=True,
        stumbled={"reason": deliveries.BROKEN},
    ),
    "rung": JobKind(finish=lambda mine, _: climbing.climb(mine), give_up=climbing.fail),
    "rehearsal": JobKind(
        prepare=rehearsals.prepare, send=rehearsals.play, finish=rehearsals.keep, give_up=rehearsals.fail
    ),
    "call": JobKind(finish=lambda mine, _: calls.end_silent(mine), give_up=calls.fail),
}
