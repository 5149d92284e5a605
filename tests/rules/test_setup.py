"""The set-up as one value: what is asked of it."""

from __future__ import annotations

from rules import setup
from rules.facts import FieldSpec
from rules.hues import hue_for
from rules.robots import AtOnce, RobotSpec
from rules.setup import Pipeline, Setup, Stage
from rules.triggers import TriggerSpec

NEW = Stage(1, 1, "new", {"en": "New"}, 0)
OLD = Stage(2, 1, "old", {"en": "Old"}, 1, is_archived=True)
WON = Stage(3, 1, "won", {"en": "Won"}, 2, "won")
ELSEWHERE = Stage(4, 2, "new", {"en": "New"}, 0)
VIP = FieldSpec("contact", "vip", "checkbox", {"en": "VIP"}, required_from=(3,))
CONTROL = RobotSpec(7, "control", {}, 0, True, ("entered",), AtOnce(), "any", None, {}, stage_id=1)
TAKEN = TriggerSpec(8, "dialogue_taken", 3)
OFF = TriggerSpec(9, "dialogue_taken", 1, is_on=False)
SALES = Setup(
    (Pipeline(1, "sales", {}), Pipeline(2, "service", {})),
    (NEW, OLD, WON, ELSEWHERE),
    (VIP,),
    robots=(CONTROL,),
    triggers=(TAKEN, OFF),
)


def test_what_is_asked_of_a_set_up() -> None:
    assert setup.pipeline_named(SALES, "service") == SALES.pipelines[1]
    assert (setup.stage_by_id(SALES, 2), setup.stage_by_id(SALES, 5)) == (OLD, None)
    assert setup.stages_of(SALES, 1) == (NEW, WON)
    assert setup.archived_stages(SALES) == (OLD,)
    assert setup.catalogue(SALES).get("contact", "vip") is VIP
    assert (setup.requirements_of(SALES, 3), setup.requirements_of(SALES, 1)) == ((VIP,), ())
    assert (setup.robots_of(SALES, 1), setup.robots_of(SALES, 3)) == ((CONTROL,), ())
    assert setup.triggers_on(SALES, "dialogue_taken") == (TAKEN,)
    assert (setup.triggers_to(SALES, 1), setup.triggers_to(SALES, 3)) == ((OFF,), (TAKEN,))


def test_an_open_stage_has_a_colour_of_its_own_and_the_ends_have_theirs() -> None:
    hues: list[int] = []
    for kind in ("open", "open", "won", "lost", *["open"] * 4):
        hues.append(hue_for(kind, hues))
    assert hues == [0, 1, 3, 5, 2, 4, 6, 7]
    assert 0 <= hue_for("open", hues) < 8
