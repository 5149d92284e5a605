"""Who listens to what happens, and what starts robots: one table of events. Arming itself is in runs.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from rules import starts as rules
from rules.robot_kinds import kind_of
from rules.robots import RobotSpec
from rules.setup import Stage
from webapp.access.scopes import Actor
from webapp.db import SqlRow, instant
from webapp.models import Deal, RobotRun
from webapp.services import occasions, runs
from webapp.services.events import (
    ClientWrote,
    DealChanged,
    DealEntered,
    EmployeeReplied,
    InvoiceIssued,
    InvoicePaid,
    NextStepChanged,
    TaskStepped,
)
from webapp.services.occasions import Occasion
from webapp.snapshots import setups


def listening(stage_id: int, start: str) -> list[RobotSpec]:
    """The robots that this start starts on a deal of that stage: those of the stage, and those of any while it is
    open. *Client wrote* is heard by those of every stage of the pipeline, as in the lesson."""
    setup = setups.current()
    here = setup.stage_by_id(stage_id)
    places = [here, *setup.stages_of(here.pipeline_id)] if start == "client_wrote" else [here]
    own = [spec for each in dict.fromkeys(place.id for place in places) for spec in setup.robots_on(each)]
    anywhere = setup.robots_on(None) if here.kind == "open" else ()
    return [each for each in (*own, *anywhere) if each.is_on and start in each.starts and _is_of(each, here)]


def _is_of(spec: RobotSpec, here: Stage) -> bool:
    """A robot of any stage that leads to a stage is one of that stage's pipeline."""
    to = spec.settings.get("stage") if kind_of(spec.kind).get("stage") else None
    found = setups.current().stages.get(to) if isinstance(to, int) else None
    return spec.stage_id is not None or found is None or found.pipeline_id == here.pipeline_id


def are_heard(event: object) -> bool:
    """Whether any robot of the firm is started, or ended, by events of this kind: most firms use few."""
    starts = {HEARD_AS[type(event)]} if type(event) in HEARD_AS else set()
    return bool(setups.current().starts & starts.union(STANDS_BY.get(type(event), ())))


def begin(deal: Deal, event: object, by: Actor) -> None:
    """Arm what this event starts on the deal, and call off what it has ended."""
    if deal.deleted_at is not None:
        return
    happened = HAPPENED.get(type(event))
    for each in happened(event, deal) if happened else ():
        wanted = [spec for spec in listening(deal.stage_id, each.start) if _hears(spec, event)]
        if wanted:
            runs.arm(deal, wanted, each, by)
    follow(deal, STANDS_BY.get(type(event), ()), by)


def _hears(spec: RobotSpec, event: object) -> bool:
    return not isinstance(event, DealChanged) or rules.is_watched(spec.condition, event.changed)


def follow(deal: Deal, starts: Collection[str], by: Actor) -> None:
    """Runs for what stands on the deal now, and none for what stands no more. Again is no harm."""
    used = setups.current().starts & set(starts)
    if not used:
        return
    stands = occasions.standing(deal, sorted(used))
    known = runs.of_starts(deal.id, used)
    if _settle(known, {(each.start, each.cause) for each in stands}, by):
        known = runs.of_starts(deal.id, used)
    for each in stands:
        for spec in listening(deal.stage_id, each.start):
            visit_id = runs.visit_of(deal, spec, each.start)
            mine = (spec.id, visit_id, each.start, each.cause)
            earlier = [run for run in known if (run.robot_id, run.visit_id, run.start, run.cause) == mine]
            if all(run.state == "called_off" and run.reason.get("code") in rules.ENDS for run in earlier):
                runs.arm(deal, [spec], each, by, again=f"-n{len(earlier)}" if earlier else "")


def _settle(known: Sequence[SqlRow], stands: set[tuple[str, str]], by: Actor) -> bool:
    """Call off those whose occasion is over; whether there were any."""
    over = [run for run in known if run.state == "waiting" and (run.start, run.cause) not in stands]
    for start in {run.start for run in over}:
        ids = [run.id for run in over if run.start == start]
        runs.call_off(runs.THESE, {"code": "settled", "start": start}, by, runs=ids)
    return bool(over)


def is_over(run: RobotRun, deal: Deal) -> bool:
    """Whether what a run was started by stands no more."""
    stands = occasions.standing(deal, [run.start])
    return run.start in occasions.STANDING and all(each.cause != run.cause for each in stands)


def _client_wrote(event: ClientWrote, deal: Deal) -> list[Occasion]:
    return [Occasion("client_wrote", event.at, f"m{event.message_id}", event.message_id)]


def _changed(event: DealChanged, deal: Deal) -> list[Occasion]:
    is_heard = "field_changed" in setups.current().starts and rules.is_watched(None, event.changed)
    return [Occasion("field_changed", instant(), occasions.last_change(deal))] if is_heard else []


def _issued(event: InvoiceIssued, deal: Deal) -> list[Occasion]:
    return [Occasion("invoice_issued", instant(), f"i{event.invoice_id}")]


def _task_stepped(event: TaskStepped, deal: Deal) -> list[Occasion]:
    return [Occasion("task_accepted", instant(), f"t{event.task_id}")] if event.step == "accepted" else []


# What happens at the instant of an event.
HAPPENED: dict[type[object], Callable[..., list[Occasion]]] = {
    ClientWrote: _client_wrote,
    DealChanged: _changed,
    InvoiceIssued: _issued,
    TaskStepped: _task_stepped,
}
HEARD_AS: dict[type[object], str] = {
    ClientWrote: "client_wrote",
    DealChanged: "field_changed",
    InvoiceIssued: "invoice_issued",
    TaskStepped: "task_accepted",
}
# What may stand since an event, or no more.
STANDS_BY: dict[type[object], tuple[str, ...]] = {
    DealEntered: tuple(occasions.STANDING),
    ClientWrote: ("unanswered", "client_silent"),
    EmployeeReplied: ("unanswered", "client_silent"),
    InvoiceIssued: ("invoice_overdue",),
    InvoicePaid: ("invoice_overdue",),
    TaskStepped: ("task_overdue", "no_next_step"),
    NextStepChanged: ("task_overdue", "no_next_step"),
}
