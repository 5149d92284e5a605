"""Which stage an event leads a deal to: forward only, unless the trigger may go back; never from a closed stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules.facts import Condition, StageFacts, Text

EVENTS = (
    "inquiry_received",
    "dialogue_taken",
    "client_wrote",
    "call_missed",
    "field_changed",
    "invoice_issued",
    "invoice_paid_in_full",
    "task_accepted",
    "task_returned",
    "webhook",
)
FIRST_WORDS = {"inquiry_received", "dialogue_taken"}  # they come at the beginning of a deal
OWN = {"webhook"}  # of one trigger alone: another on the same event hears nothing of it


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """`stage_id` is the stage it leads to, and so says whose pipeline's deals it moves: no other's."""

    id: int
    event: str
    stage_id: int
    is_on: bool = True
    condition: Condition | None = None
    name: Text = field(default_factory=dict)
    key: str = ""
    may_go_back: bool = False


def leads_to(
    triggers: Iterable[TriggerSpec], event: str, stages: Sequence[StageFacts], current: int
) -> TriggerSpec | None:
    """The first trigger of this event that would bring a deal on stage `current` forward; `stages` are those of the
    deal's pipeline. None: the event moves nothing."""
    by_id = {each.id: each for each in stages}
    here = by_id.get(current)
    if here is None or here.kind != "open":
        return None
    for each in triggers:
        target = by_id.get(each.stage_id)
        if each.is_on and each.event == event and target is not None and _is_way(each, here, target):
            return each
    return None


def _is_way(trigger: TriggerSpec, here: StageFacts, target: StageFacts) -> bool:
    is_forward = target.position > here.position or (trigger.may_go_back and target.id != here.id)
    return target.kind == "won" or (target.kind == "open" and is_forward)
