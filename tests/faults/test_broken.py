"""The instruments are worth something: each safeguard that is taken out is missed at once, and only then."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults import phases
from tests.faults.broken import ITEMS, PHASES, VARIANTS, WRONG_ANSWERS, WRONG_HOURS, WRONG_PEOPLE
from tests.faults.directed import STORIES
from tests.faults.machine import Machine
from tests.faults.scene import Scene, Violation

Variant = Callable[[], AbstractContextManager[None]]
FOUND_BY_CHANCE = {"no_fence", "no_key", "no_healing", "never_called_off"}
IS_LONG = "MACHINE_EXAMPLES" in os.environ


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_the_story_ends_well(scene: Scene, story: Callable[[Scene], None]) -> None:
    story(scene)
    scene.settle()


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda each: str(each.__name__))
def test_a_safeguard_taken_out_is_missed(scene: Scene, variant: Variant) -> None:
    with variant(), pytest.raises(Violation):
        STORIES[variant.__name__](scene)


@pytest.mark.parametrize("variant", WRONG_ANSWERS, ids=lambda each: str(each.__name__))
def test_a_wrong_answer_is_heard(scene: Scene, variant: Variant) -> None:
    story = STORIES.get(variant.__name__, STORIES["wrong_answers"])
    with variant(), pytest.raises(Violation, match="I13"):
        story(scene)


@pytest.mark.parametrize("variant", WRONG_HOURS, ids=lambda each: str(each.__name__))
def test_a_wrong_hour_is_noticed(scene: Scene, variant: Variant) -> None:
    with variant(), pytest.raises(Violation, match="I13"):
        STORIES["wrong_hours"](scene)


@pytest.mark.parametrize("variant", WRONG_PEOPLE, ids=lambda each: str(each.__name__))
def test_who_is_on_leave_and_is_told_is_noticed(scene: Scene, variant: Variant) -> None:
    with variant(), pytest.raises(Violation, match="I13"):
        STORIES["wrong_people"](scene)


@pytest.mark.parametrize("variant", ITEMS, ids=lambda each: str(each.__name__))
def test_an_item_lost_or_settled_or_told_wrongly_is_missed(scene: Scene, variant: Variant) -> None:
    with variant(), pytest.raises(Violation, match="I17"):
        STORIES["what_matters"](scene)


@pytest.mark.parametrize("story", phases.STORIES.values(), ids=phases.STORIES)
def test_work_in_phases_ends_well(scene: Scene, story: Callable[[Scene], None]) -> None:
    story(scene)


@pytest.mark.parametrize("variant", PHASES, ids=lambda each: str(each.__name__))
def test_a_phase_out_of_its_place_is_missed(scene: Scene, variant: Variant) -> None:
    with variant(), pytest.raises(Violation):
        phases.STORIES[variant.__name__](scene)


if IS_LONG:

    @pytest.mark.timeout(600)
    @pytest.mark.parametrize("variant", [each for each in VARIANTS if each.__name__ in FOUND_BY_CHANCE])
    def test_the_machine_misses_it_too(scene: Scene, variant: Variant) -> None:
        chance = settings(
            max_examples=int(os.environ["MACHINE_EXAMPLES"]),
            stateful_step_count=40,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        with variant(), pytest.raises(Violation):
            run_state_machine_as_test(lambda: Machine(scene), settings=chance)
