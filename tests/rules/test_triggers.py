"""Triggers: which stage an event leads to. Forward only, and never out of a closed stage."""

from __future__ import annotations

import pytest

from rules.facts import StageFacts
from rules.triggers import EVENTS, TriggerSpec, leads_to

STAGES = (
    StageFacts("new", 0, "open"),
    StageFacts("data_collection", 1, "open"),
    StageFacts("processing", 2, "open"),
    StageFacts("payment", 3, "open"),
    StageFacts("won", 4, "won"),
    StageFacts("lost", 5, "lost"),
)
LESSON = (
    TriggerSpec(1, "dialogue_taken", "data_collection"),
    TriggerSpec(2, "invoice_paid_in_full", "won"),
)


def stage_after(event: str, current: str, triggers: tuple[TriggerSpec, ...] = LESSON) -> str | None:
    found = leads_to(triggers, event, STAGES, current)
    return found.stage if found else None


@pytest.mark.parametrize(
    ("event", "current", "stage"),
    [
        ("dialogue_taken", "new", "data_collection"),
        ("dialogue_taken", "data_collection", None),
        ("dialogue_taken", "processing", None),
        ("dialogue_taken", "payment", None),
        ("dialogue_taken", "won", None),
        ("dialogue_taken", "lost", None),
        ("invoice_paid_in_full", "payment", "won"),
        ("invoice_paid_in_full", "new", "won"),
        ("invoice_paid_in_full", "won", None),
        ("invoice_paid_in_full", "lost", None),
        ("something_else", "new", None),
        ("dialogue_taken", "a_stage_of_another_pipeline", None),
    ],
)
def test_the_lessons_triggers_lead(event: str, current: str, stage: str | None) -> None:
    assert stage_after(event, current) == stage


@pytest.mark.parametrize(
    ("triggers", "stage"),
    [
        ((TriggerSpec(1, "dialogue_taken", "processing", is_on=False),), None),
        ((TriggerSpec(1, "dialogue_taken", "an_archived_stage"),), None),
        ((TriggerSpec(1, "dialogue_taken", "lost"),), None),
        ((TriggerSpec(1, "dialogue_taken", "new"), TriggerSpec(2, "dialogue_taken", "payment")), "payment"),
        ((TriggerSpec(1, "dialogue_taken", "processing"), TriggerSpec(2, "dialogue_taken", "payment")), "processing"),
        ((TriggerSpec(1, "dialogue_taken", "payment"), TriggerSpec(2, "dialogue_taken", "processing")), "payment"),
        ((), None),
    ],
)
def test_the_first_that_leads_forward_is_followed(triggers: tuple[TriggerSpec, ...], stage: str | None) -> None:
    assert stage_after("dialogue_taken", "data_collection", triggers) == stage


def test_won_is_forward_wherever_it_stands() -> None:
    stages = (StageFacts("won", 0, "won"), StageFacts("payment", 1, "open"))
    assert leads_to(LESSON, "invoice_paid_in_full", stages, "payment") == LESSON[1]


def test_every_event_of_the_lesson_is_known() -> None:
    assert {each.event for each in LESSON} == set(EVENTS)
