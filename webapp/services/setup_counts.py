"""How much a change of the set-up touches, at this moment. What costs a look at many records is counted only of what
the change is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from rules import impact, setup_guests
from rules import setup as parts
from rules.consequences import Counts
from rules.facts import FieldSpec
from rules.requirements import asked_on_entering, newly_required
from rules.setup_documents import Document
from webapp.db import session
from webapp.models import Deal, RobotRun
from webapp.services import setup_acts, stopped_runs
from webapp.services import setup_guests as guests
from webapp.snapshots import lacking, relocations, robot_moves, setup_documents, setups, trigger_moves


def counts(before: Document | None = None, after: Document | None = None, back_to: int | None = None) -> Counts:
    """Of the change from one set-up to the other; without them only what stands and waits. `back_to` is the version
    that is brought back by it."""
    keys = {(kind, row_id): key for (kind, key), row_id in setup_documents.ids().items()}
    alive = select(Deal.stage_id, func.count()).where(Deal.deleted_at.is_(None)).group_by(Deal.stage_id)
    waits = select(RobotRun.robot_id, func.count()).where(RobotRun.state == "waiting").group_by(RobotRun.robot_id)
    is_change = before is not None and after is not None
    return Counts(
        deals={keys["stage", row_id]: n for row_id, n in session().execute(alive) if ("stage", row_id) in keys},
        coming=_coming(),
        waiting={keys["robot", row_id]: n for row_id, n in session().execute(waits) if ("robot", row_id) in keys},
        stopped=stopped_runs.counts(impact.switched_on(before, after)) if is_change else {},  # type: ignore[arg-type]
        values=_values(before, after) if is_change else {},  # type: ignore[arg-type]
        acts=setup_acts.since(back_to) if back_to is not None else {},
        led=_led(before, after, keys) if is_change else {},  # type: ignore[arg-type]
        people=frozenset(each.email for each in setups.current().people.values() if each.is_active),
        left=frozenset(each.email for each in setups.current().people.values() if not each.is_active),
        **_departments(),
        **(_lacking(before, after) | _guests(before, after) if is_change else {}),  # type: ignore[arg-type]
    )


def _departments() -> dict[str, Any]:
    live = setups.current().departments
    every = setup_documents.names_for({}, None).departments
    return {
        "departments": frozenset(path for each, path in every.items() if each in live),
        "closed": frozenset(path for each, path in every.items() if each not in live),
    }


def _guests(before: Document, after: Document) -> dict[str, Any]:
    gone = set(setup_guests.gone(before, after))
    pipelines = [each.partition(":")[2] for each in gone if each.startswith("pipeline:")]
    return {
        "guests": guests.counts(gone),
        "inquiries": guests.inquiries(pipelines),
        "tokens": guests.tokens(),
    }


def _led(before: Document, after: Document, keys: Mapping[tuple[str, int], str]) -> dict[str, int]:
    """Asked of the journal only where a stage is new, for only there it is said."""
    known = {each.key for each in before.of("stage")}
    if all(each.key in known for each in after.of("stage")):
        return {}
    ids = [row_id for kind, row_id in keys if kind == "trigger"]
    moved = trigger_moves.of_late(ids)
    return {keys["trigger", row_id]: found.get("moved", 0) for row_id, found in moved.items()}


def _values(before: Document, after: Document) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in before.of("field"):
        now = after.get("field", each.key)
        if now is None or now.is_archived:
            found[each.key] = lacking.holders(*each.key.split("/", 1))
    for item, option in setup_guests.options_gone(before, after):
        entity, _, key = item.key.partition("/")
        chosen = lacking.with_option(entity, key, option)
        found[f"{item.key}={option}"] = session().scalar(select(func.count()).select_from(chosen.subquery())) or 0
    return found


def _coming() -> dict[str, int]:
    """By the stage to which work that is not done yet leads them."""
    ways = relocations.unfinished()
    stand = relocations.deals_on({each for each, _ in ways}) if ways else {}
    return {to: sum(stand.get(each, 0) for each in relocations.sources(to, ways)) for _, to in ways}


def lacking_by(before: Document, after: Document) -> Counts:
    """Only what deals lack by this change."""
    return Counts(**_lacking(before, after))


def _lacking(before: Document, after: Document) -> dict[str, Any]:
    """Deals are counted where they will stand; where that is not chosen yet, all that may. Of a requirement that asks
    no more of any deal, nobody is told how many lacked it before."""
    asked = list(newly_required(before, after))
    if not asked:
        return {}
    valued = setup_documents.value_of(after)
    specs = {f"{each.entity}/{each.key}": each for each in valued.setup.fields}
    catalogue, on_way = parts.catalogue(valued.setup), relocations.led_on()
    every, maybe, coming, moved = dict[str, int](), dict[str, int](), dict[str, int](), dict[str, int]()
    for item, stage, more in asked:
        stages = impact.asked_on(before, after, stage)
        ids, unsure = ([valued.ids["stage", each] for each in keys] for keys in (stages, _unsure(stages)))
        led = {valued.ids["stage", each]: valued.ids["stage", stage] for each in stages if _goes(after, each)}
        spec: FieldSpec = specs[item.key]
        new = [valued.ids["stage", each] for each in stages if each in more or _goes(after, each)]
        led |= {each: led.get(to, to) for each, to in on_way.items() if to in ids}
        ids, unsure, new = (_with_coming(each, on_way) for each in (ids, unsure, new))
        ends = robot_moves.ends(after, [valued.ids["stage", each] for each in asked_on_entering(after, [stage])])
        now = {each: to for each, to in ends.items() if to in {valued.ids["stage", key] for key in more}}
        many, some = (len(robot_moves.lacking_by(spec, each, ids, catalogue)) for each in (ends, now))
        if not lacking.lacking(spec, new, catalogue, led).count and not some:
            continue
        about = f"{item.key}={stage}"
        moved[about] = many
        every[about] = lacking.lacking(spec, ids, catalogue, led).count + moved[about]
        maybe[about] = lacking.lacking(spec, unsure, catalogue, led).count
        sure = [each for each in on_way if each in ids and each not in unsure]
        coming[about] = lacking.lacking(spec, sure, catalogue, led).count
    return {"lacking": every, "maybe_lacking": maybe, "coming_lacking": coming, "led_lacking": moved}


def _with_coming(stages: list[int], on_way: Mapping[int, int]) -> list[int]:
    """And the archived stages whose deals earlier work has yet to lead there."""
    return [*stages, *(each for each, to in on_way.items() if to in stages and each not in stages)]


def _unsure(stages: Mapping[str, bool]) -> list[str]:
    return [key for key, is_sure in stages.items() if not is_sure]


def _goes(after: Document, stage: str) -> bool:
    item = after.get("stage", stage)
    return item is None or not after.is_live(item)
