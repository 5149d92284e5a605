"""Each word goes out, once inside, by the next address when one fails; each call ends once. POSTS_EXAMPLES=500 for a
long run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults import callers, posts
from tests.faults.posts import Posts, World
from tests.faults.scene import Scene, Violation

EXAMPLES = int(os.environ.get("POSTS_EXAMPLES", "5"))


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    with posts.outside(made):
        yield made


@pytest.mark.timeout(60 + 10 * EXAMPLES)
def test_whatever_the_world_does_each_word_goes_out_and_each_call_ends(scene: Scene, world: World) -> None:
    chance = settings(
        max_examples=EXAMPLES,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Posts(scene, world), settings=chance)


def _played(scene: Scene, world: World, story: Callable[[Posts], None]) -> None:
    day = Posts(scene, world)
    story(day)
    posts.check(world)
    day.teardown()


@pytest.mark.parametrize("story", dict.fromkeys(posts.VARIANTS.values()), ids=lambda each: str(each.__name__))
def test_the_story_ends_well(scene: Scene, world: World, story: Callable[[Posts], None]) -> None:
    _played(scene, world, story)


@pytest.mark.parametrize("variant", posts.VARIANTS, ids=lambda each: str(each.__name__))
def test_a_safeguard_taken_out_is_missed(
    scene: Scene, world: World, variant: Callable[[], AbstractContextManager[None]]
) -> None:
    with variant(), pytest.raises(Violation):
        _played(scene, world, posts.VARIANTS[variant])


def test_a_call_that_is_not_there_as_its_provider_had_it_is_missed(scene: Scene, world: World) -> None:
    """What the harness asks of each call that was answered."""
    day = Posts(scene, world)
    posts.a_call_that_nobody_takes(day)
    sid = day.calls[0][0]
    assert [*callers.astray({sid: "missed"})] == []
    assert len([*callers.astray({sid: "answered", "CA-lost": "missed"})]) == 2
