"""Why a robot has no run on a deal: from the deal's way through its pipeline alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rules.robots import AtOnce, RobotSpec
from rules.why_not import Entry, why_not
from tests.rules.stages import DATA_COLLECTION, LOST, NEW, PAYMENT, PROCESSING, STAGES

AT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
ROBOT = RobotSpec(1, "control", {"en": "A"}, 0, True, ("entered",), AtOnce(), "any", None, {}, stage_id=DATA_COLLECTION)
ANYWHERE = replace(ROBOT, stage_id=None, starts=("unanswered",))


def way(*stages: int) -> list[Entry]:
    """A deal that came to these stages, an hour apart."""
    hours = [AT + timedelta(hours=n) for n in range(len(stages))]
    return [
        Entry(stage, at, stages[n - 1] if n else None, f"mover {n}")
        for n, (stage, at) in enumerate(zip(stages, hours, strict=True))
    ]


CASES = [
    ("it is on its way", ROBOT, way(NEW), (), "not_yet", 0),
    ("it went past", ROBOT, way(NEW, PROCESSING, PAYMENT), (), "passed_over", 1),
    ("it was lost before", ROBOT, way(NEW, LOST), (), "passed_over", 1),
    ("it began behind", ROBOT, way(PROCESSING, PAYMENT), (), "never_entered", 1),
    ("it went back and forth behind", ROBOT, way(PAYMENT, PROCESSING), (), "never_entered", 1),
    ("nothing is known of its way", ROBOT, way(), (), "never_entered", None),
    ("it was there, the robot not", ROBOT, way(NEW, DATA_COLLECTION), (), "not_there", 1),
    ("it is off", replace(ROBOT, is_on=False), way(NEW, DATA_COLLECTION), (), "switched_off", None),
    ("off says less than that it never came", replace(ROBOT, is_on=False), way(NEW), (), "not_yet", 0),
    ("once per deal", ROBOT, way(NEW, DATA_COLLECTION), (1,), "once_per_deal", None),
    ("of any stage, and nothing began it", ANYWHERE, way(NEW), (), "not_started", None),
    ("of any stage, by entering", replace(ANYWHERE, starts=("entered",)), way(NEW, LOST), (), "not_there", 1),
]


@pytest.mark.parametrize(("robot", "entries", "skipped", "code", "by"), [each[1:] for each in CASES], ids=lambda _: "")
def test_the_way_of_a_deal_says_why_a_robot_did_nothing(
    robot: RobotSpec, entries: list[Entry], skipped: tuple[int, ...], code: str, by: int | None
) -> None:
    found = why_not(robot, {each.id: each for each in STAGES}, entries, skipped)
    assert (found.code, found.entry) == (code, None if by is None else entries[by])
