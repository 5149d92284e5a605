"""The stages of the lesson's pipeline, and one of another."""

from __future__ import annotations

from rules.facts import StageFacts

NEW, DATA_COLLECTION, PROCESSING, PAYMENT, WON, LOST, ELSEWHERE = range(11, 18)
STAGES = (
    StageFacts(NEW, 0, "open"),
    StageFacts(DATA_COLLECTION, 1, "open"),
    StageFacts(PROCESSING, 2, "open"),
    StageFacts(PAYMENT, 3, "open"),
    StageFacts(WON, 4, "won"),
    StageFacts(LOST, 5, "lost"),
)
