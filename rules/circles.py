"""Robots and triggers that set each other off until a deal is back where it was: by the stages they move to and by the
fields they set. Only what would really go round is found: a field that is set to what it has already sets nothing off,
and a trigger that leads forward only does not lead back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.facts import Condition
from rules.robot_kinds import kind_of
from rules.robots import RobotSpec
from rules.setup import Stage
from rules.starts import is_watched
from rules.triggers import TriggerSpec

LONGEST = 6  # a longer one is cut before it has gone round
MOST_STEPS = 20_000  # of looking
Change = tuple[str, str]  # (entity, key) of a field


@dataclass(frozen=True, slots=True)
class Rule:
    """A robot or a trigger: what it waits for, what it does. `at`: on deals of this stage alone; `to`: the stage that
    it leads to; `sets`: a field, and to what."""

    kind: str
    id: int
    at: int | None
    hears_entering: bool
    hears_changes: bool
    condition: Condition | None
    to: int | None = None
    sets: tuple[Change, object] | None = None
    is_forward: bool = False


def circles(
    robots: Sequence[RobotSpec], triggers: Sequence[TriggerSpec], stages: Mapping[int, Stage]
) -> Iterator[tuple[Rule, ...]]:
    """Each once."""
    rules = [*map(_of_robot, robots), *map(_of_trigger, triggers)]
    acting = [each for each in rules if each.to is not None or each.sets is not None]
    follows = {id(each): [one for one in acting if _sets_off(each, one)] for each in acting}
    seen: set[frozenset[tuple[str, int]]] = set()
    steps = [MOST_STEPS]
    for start in acting:
        for found in _ways_back(follows, (start,), steps):
            names = frozenset((each.kind, each.id) for each in found)
            if names not in seen and _goes_round(found, stages):
                seen.add(names)
                yield found


def _of_robot(robot: RobotSpec) -> Rule:
    to, sets = None, None
    for each in kind_of(robot.kind).parameters:
        value = robot.settings.get(each.key)
        if each.kind == "stage":
            found = value.get("stage") if isinstance(value, dict) else value
            to = found if isinstance(found, int) else None
        if each.kind == "field" and isinstance(value, str):
            sets = (str(robot.settings.get("entity") or "deal"), value), robot.settings.get("value")
    hears = "entered" in robot.starts, "field_changed" in robot.starts
    return Rule("robot", robot.id, robot.stage_id, *hears, robot.condition, to, sets)


def _of_trigger(trigger: TriggerSpec) -> Rule:
    hears = False, trigger.event == "field_changed"
    return Rule(
        "trigger", trigger.id, None, *hears, trigger.condition, trigger.stage_id, is_forward=not trigger.may_go_back
    )


def _sets_off(one: Rule, another: Rule) -> bool:
    if one.to is not None and another.hears_entering and another.at == one.to:
        return True
    return one.sets is not None and another.hears_changes and is_watched(another.condition, frozenset({one.sets[0]}))


def _ways_back(
    follows: Mapping[int, list[Rule]], gone: tuple[Rule, ...], steps: list[int]
) -> Iterator[tuple[Rule, ...]]:
    for each in follows[id(gone[-1])]:
        steps[0] -= 1
        if steps[0] < 0:
            return
        if each is gone[0]:
            yield gone
        elif each not in gone and len(gone) < LONGEST:
            yield from _ways_back(follows, (*gone, each), steps)


def _goes_round(circle: Sequence[Rule], stages: Mapping[int, Stage]) -> bool:
    """Whether everything that each of them does is something new when its turn comes again."""
    values: dict[Change, list[object]] = {}
    for each in circle:
        if each.sets is not None:
            values.setdefault(each.sets[0], []).append(each.sets[1])
    if any(all(one == found[0] for one in found) for found in values.values()):
        return False
    movers = [each for each in circle if each.to is not None]
    ways = zip([movers[-1], *movers], movers, strict=False) if movers else ()
    return all(_is_way(before.to, mover, stages) for before, mover in ways)


def _is_way(here: int | None, mover: Rule, stages: Mapping[int, Stage]) -> bool:
    was, to = stages.get(here or 0), stages.get(mover.to or 0)
    if was is None or to is None or was.id == to.id or was.kind != "open":
        return False
    return to.position > was.position or not mover.is_forward
