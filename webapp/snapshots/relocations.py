"""Deals of stages that were archived: where work that is not done yet leads them, and those that nothing leads
anywhere, which would stand on no board for good."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from rules.setup import Stage
from webapp.db import session
from webapp.models import Deal, SetupWork
from webapp.snapshots import setups

Way = tuple[str, str]  # from an archived stage to another, by their whole keys


def unfinished(*states: str) -> frozenset[Way]:
    """What work of versions has yet to lead, and what work that has failed has not led; or only of these states."""
    works = select(SetupWork.steps, SetupWork.step).where(SetupWork.state.in_(states or ("waiting", "failed")))
    steps = [each for steps, step in session().execute(works) for each in steps[step:]]
    return frozenset((each["about"], each["to"]) for each in steps if each["do"] == "move")


def sources(to: str, ways: Collection[Way]) -> list[str]:
    """The archived stages whose deals are led to this one."""
    live = {key_of(each) for each in setups.current().stages.values()}
    return sorted(each for each, end in ways if end == to and each not in live)


def led_on() -> dict[int, int]:
    """Where deals that stand on an archived stage are on their way to, by the ids of both: to a stage that is live,
    however many archived ones lie between."""
    setup = setups.current()
    ids = {key_of(each): each.id for each in setup.all_stages.values()}
    ways = {ids[each]: ids[to] for each, to in unfinished() if each in ids and to in ids}
    found = {}
    for each in ways.keys() - setup.stages.keys():
        to, seen = ways[each], {each}
        while to not in setup.stages and to in ways and to not in seen:
            seen.add(to)
            to = ways[to]
        if to in setup.stages:
            found[each] = to
    return found


def deals_on(stages: Collection[str]) -> dict[str, int]:
    """How many deals stand on these stages, by whole key; of the stages on which there are any."""
    ids = {each.id: key_of(each) for each in setups.current().all_stages.values()}
    wanted = [number for number, key in ids.items() if key in stages]
    alive = select(Deal.stage_id, func.count()).where(Deal.stage_id.in_(wanted), Deal.deleted_at.is_(None))
    return {ids[stage]: many for stage, many in session().execute(alive.group_by(Deal.stage_id))}


def is_led_on(stage: str) -> bool:
    """Whether work that goes on leads its deals to a stage that is live."""
    setup = setups.current()
    return any(each == stage and setup.stage_named(to) is not None for each, to in unfinished("waiting"))


def stranded() -> list[tuple[Stage, int]]:
    """Archived stages on which deals stand that nothing leads anywhere, and how many."""
    setup = setups.current()
    gone = {key_of(each): each for each in setup.all_stages.values() if each.id not in setup.stages}
    return [(gone[key], many) for key, many in deals_on(gone).items() if not is_led_on(key)]


def key_of(stage: Stage) -> str:
    """Its whole key, of an archived one too."""
    return f"{setups.current().all_pipelines[stage.pipeline_id].key}/{stage.key}"
