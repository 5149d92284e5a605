"""Triggers: which stage an event leads to. Forward only, and never out of a closed stage."""

from __future__ import annotations

import pytest

from rules.facts import StageFacts
from rules.triggers import EVENTS, TriggerSpec, leads_to
from tests.rules.stages import DATA_COLLECTION, ELSEWHERE, LOST, NEW, PAYMENT, PROCESSING, STAGES, WON

LESSON = (
    TriggerSpec(1, "dialogue_taken", DATA_COLLECTION),
    TriggerSpec(2, "invoice_paid_in_full", WON),
)


def stage_after(event: str, current: int, triggers: tuple[TriggerSpec, ...] = LESSON) -> int | None:
    found = leads_to(triggers, event, STAGES, current)
    return found.stage_id if found else None


@pytest.mark.parametrize(
    ("event", "current", "stage"),
    [
        ("dialogue_taken", NEW, DATA_COLLECTION),
        ("dialogue_taken", DATA_COLLECTION, None),
        ("dialogue_taken", PROCESSING, None),
        ("dialogue_taken", PAYMENT, None),
        ("dialogue_taken", WON, None),
        ("dialogue_taken", LOST, None),
        ("invoice_paid_in_full", PAYMENT, WON),
        ("invoice_paid_in_full", NEW, WON),
        ("invoice_paid_in_full", WON, None),
        ("invoice_paid_in_full", LOST, None),
        ("something_else", NEW, None),
        ("dialogue_taken", ELSEWHERE, None),
    ],
)
def test_the_lessons_triggers_lead(event: str, current: int, stage: int | None) -> None:
    assert stage_after(event, current) == stage


@pytest.mark.parametrize(
    ("triggers", "stage"),
    [
        ((TriggerSpec(1, "dialogue_taken", PROCESSING, is_on=False),), None),
        ((TriggerSpec(1, "dialogue_taken", ELSEWHERE),), None),
        ((TriggerSpec(1, "dialogue_taken", LOST),), None),
        ((TriggerSpec(1, "dialogue_taken", NEW), TriggerSpec(2, "dialogue_taken", PAYMENT)), PAYMENT),
        ((TriggerSpec(1, "dialogue_taken", PROCESSING), TriggerSpec(2, "dialogue_taken", PAYMENT)), PROCESSING),
        ((TriggerSpec(1, "dialogue_taken", PAYMENT), TriggerSpec(2, "dialogue_taken", PROCESSING)), PAYMENT),
        ((), None),
    ],
)
def test_the_first_that_leads_forward_is_followed(triggers: tuple[TriggerSpec, ...], stage: int | None) -> None:
    assert stage_after("dialogue_taken", DATA_COLLECTION, triggers) == stage


def test_won_is_forward_wherever_it_stands() -> None:
    stages = (StageFacts(WON, 0, "won"), StageFacts(PAYMENT, 1, "open"))
    assert leads_to(LESSON, "invoice_paid_in_full", stages, PAYMENT) == LESSON[1]


def test_every_event_of_the_lesson_is_known() -> None:
    assert {each.event for each in LESSON} <= set(EVENTS)
