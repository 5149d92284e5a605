"""Rehearsals of a robot over the days that were: begun, gone on with some deals at a time, ended by one click. They
write nothing but what they found, and tell nobody. Deals are read and gone through while nobody waits to write."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from rules import conditions, robots
from rules.facts import Catalogue, FieldSpec
from rules.histories import DealHistory
from rules.rehearsal import rehearse
from rules.rehearsed import Firing, World
from rules.robots import RobotSpec
from rules.setup import Setup
from rules.setup_documents import Document, Item
from rules.setup_pointers import whole_catalogue
from webapp import clock
from webapp.access.scopes import Actor
from webapp.background import outbox
from webapp.background.outbox import Claim, Step
from webapp.db import execute_core, session
from webapp.errors import NotFound, Refused, invalid
from webapp.models import AT_ONCE, Deal, Rehearsal, RehearsedFiring, Robot
from webapp.services import currency, drafts, setup_problems, single_changes
from webapp.snapshots import histories, setup_documents, setups, specs

PART = 100  # deals; to read some takes seventeen statements, however many they are
MOST_DAYS = 365
KEPT = timedelta(days=7)
BENEATH = ("pipeline", "stage", "field")  # what a robot names


@dataclass(frozen=True, slots=True)
class Part:
    """Some deals of a rehearsal, which are gone through next."""

    rehearsal_id: int
    robot: RobotSpec
    drafted: Sequence[FieldSpec]
    since: datetime
    until: datetime
    deals: Sequence[int]  # ids, rising


def begin(robot: RobotSpec, days: int, by: Actor, draft: Document | None = None) -> Rehearsal:
    """Rehearse a robot over the last so many days; what the same person rehearsed before is let go. `draft` is the
    set-up in which it stands, where that is not live. Raises Refused."""
    if not 1 <= days <= MOST_DAYS:
        raise invalid("days", "out_of_range", least=1, most=MOST_DAYS)
    assert by.user_id is not None
    currency.held()
    now = clock.now()
    _replace(by.user_id, now)
    made = Rehearsal(
        key=f"{by.user_id}-{secrets.token_hex(8)}",
        by_id=by.user_id,
        robot={**_kept(robot), **(_kept_of(draft, robot.key) if draft is not None else {})},
        since=now - timedelta(days=days),
        until=now,
        due_at=now,
        visible_at=AT_ONCE,
        created_at=now,
    )
    made.of = session().scalar(select(func.count()).select_from(Deal).where(_wanted(made))) or 0
    session().add(made)
    session().flush()
    outbox.arm("rehearsal", made.id, now)
    return made


def robot_from(raw: Mapping[str, Any], stage_id: int | None) -> RobotSpec:
    """A robot that nobody has set up, from its JSON form: asked of the set-up with it in, as one that is made is, since
    whom and what it names must be there too. Raises Refused("bad_fields") with all that is wrong."""
    live = setup_documents.live()
    key = drafts.new_key(live, "robot", raw)
    wanted = single_changes.edited(live, single_changes.new_edits(live, "robot", key, {**raw, "stage": stage_id}))
    wrong = single_changes.problems_of(wanted, setup_problems.problems(live, wanted), "robot", key)
    if wrong:
        raise Refused("bad_fields", problems={f"robot.{path}": each for path, each in wrong.items()})
    valued = setup_documents.value_of(wanted)
    made = next(each for each in valued.setup.robots if each.id == valued.ids["robot", key])
    return replace(made, id=0, key="", position=0)


def rehearsal(rehearsal_id: int) -> Rehearsal:
    """One that is kept: it may have been replaced. Raises NotFound."""
    found = session().get(Rehearsal, rehearsal_id)
    if found is None or found.created_at < clock.now() - KEPT:
        raise NotFound("rehearsal")
    return found


def instead_of(row: Rehearsal) -> int:
    """The address of the one that the same person has begun last."""
    return session().scalar(select(func.max(Rehearsal.id)).where(Rehearsal.by_id == row.by_id)) or row.id


def cancel(rehearsal_id: int) -> None:
    """End it where it is. A worker that is at it finds that it has lost it, and writes no more."""
    rehearsal(rehearsal_id)
    waits = update(Rehearsal).where(Rehearsal.id == rehearsal_id, Rehearsal.state == "waiting")
    execute_core(waits.values(state="cancelled", ended_at=clock.now()))


def _replace(user_id: int, now: datetime) -> None:
    """What this person rehearsed before is let go, and a worker that is at it writes no more. The row stays, and says
    so to whoever still looks at the old address."""
    mine = (Rehearsal.by_id == user_id, Rehearsal.state != "replaced")
    ended = {"state": "replaced", "ended_at": func.coalesce(Rehearsal.ended_at, now)}
    ids = list(execute_core(update(Rehearsal).where(*mine).values(ended).returning(Rehearsal.id)).scalars())
    if ids:
        execute_core(delete(RehearsedFiring).where(RehearsedFiring.rehearsal_id.in_(ids)))


def forget_old(now: datetime) -> None:
    """Those of a week ago."""
    ids = list(session().scalars(select(Rehearsal.id).where(Rehearsal.created_at < now - KEPT)))
    if ids:
        execute_core(delete(RehearsedFiring).where(RehearsedFiring.rehearsal_id.in_(ids)))
        execute_core(delete(Rehearsal).where(Rehearsal.id.in_(ids)))


def _kept(robot: RobotSpec) -> dict[str, Any]:
    """A robot in columns, as JSON."""
    names = ("id", "kind", "name", "position", "settings", "once_per_deal", "also_later", "stage_id", "key")
    return {
        **{name: getattr(robot, name) for name in names},
        "is_on": True,
        "starts": list(robot.starts),
        "timing": robots.dump_timing(robot.timing),
        "fires_when": robot.when,
        "condition": conditions.dump(robot.condition) if robot.condition else None,
    }


def _kept_of(draft: Document, key: str) -> dict[str, Any]:
    """The robot as the draft has it, by whole keys, and what it may name there that is not live: the numbers below zero
    that these have in a draft are mere places, and another's when somebody adds something."""
    live = setup_documents.live()
    new = [each for each in draft.items if each.kind in BENEATH and live.get(each.kind, each.key) is None]
    own = draft.get("robot", key)
    catalogue = whole_catalogue(draft)
    fields = [spec for each in new if each.kind == "field" and (spec := catalogue.get(*each.key.split("/", 1)))]
    return {
        "items": [[each.kind, each.key, dict(each.parts)] for each in (*new, *([own] if own else []))],
        "fields": [{"entity": each.entity, "key": each.key, "kind": each.kind} for each in fields],
    }


def _drafted(row: Rehearsal) -> list[FieldSpec]:
    return [FieldSpec(each["entity"], each["key"], each["kind"], {}) for each in row.robot.get("fields", ())]


def set_up_of(row: Rehearsal) -> Setup | None:
    """What is live now, and in it what was rehearsed of a draft. None: it was no draft's."""
    kept = [Item(kind, key, parts) for kind, key, parts in row.robot.get("items", ())]
    if not kept:
        return None
    document = setup_documents.live()
    for each in kept:
        if each.kind == "robot" or document.get(each.kind, each.key) is None:
            document = document.with_item(each)
    return setup_documents.value_of(document).setup


def robot_of(row: Rehearsal) -> RobotSpec:
    """As it was rehearsed; a stage that has gone live since is known by its row."""
    drafted = set_up_of(row)
    own = [each for each in drafted.robots if each.key == row.robot["key"]] if drafted is not None else []
    columns = {name: kept for name, kept in row.robot.items() if name not in ("fields", "items")}
    return own[0] if own else specs.robot_spec(Robot(**columns))


def is_of_draft_alone(row: Rehearsal) -> bool:
    """Whether it stands on a stage that is not live: no deal has ever been there."""
    stage_id = robot_of(row).stage_id
    return stage_id is not None and stage_id not in setups.current().all_stages


def _wanted(row: Rehearsal) -> ColumnElement[bool]:
    """Deals on which the robot could have acted in those days."""
    setup, stage_id = setups.current(), robot_of(row).stage_id
    stage = setup.all_stages.get(stage_id) if stage_id is not None else None
    lived = and_(
        Deal.created_at <= row.until,
        or_(Deal.closed_at.is_(None), Deal.closed_at >= row.since),
        or_(Deal.deleted_at.is_(None), Deal.deleted_at >= row.since),
    )
    if stage_id is None:
        return lived
    return and_(lived, Deal.pipeline_id == (stage.pipeline_id if stage else 0))


def prepare(mine: Claim) -> Part | None:
    """The next deals; None: there are no more, and it is done."""
    row = session().get_one(Rehearsal, mine.row_id)
    wanted = select(Deal.id).where(_wanted(row), Deal.id > row.last_id).order_by(Deal.id).limit(PART)
    ids = session().scalars(wanted).all()
    if not ids:
        outbox.finish(mine, "done")
        return None
    return Part(row.id, robot_of(row), _drafted(row), row.since, row.until, ids)


def play(part: Part) -> tuple[Part, list[Firing]]:
    """Read and gone through, with no transaction open: on SQLite one would keep everybody else from writing."""
    read = _read(part)
    session().close()
    found = [each for history, world in read for each in rehearse(part.robot, history, world, part.until)]
    return part, [each for each in found if each.at >= part.since]


def _read(part: Part) -> list[tuple[DealHistory, World]]:
    deals = session().scalars(select(Deal).where(Deal.id.in_(part.deals)).order_by(Deal.id)).all()
    worlds = {each: world(each, part.drafted) for each in {deal.pipeline_id for deal in deals}}
    histories_of = zip(deals, histories.of_deals(deals), strict=True)
    return [(history, worlds[deal.pipeline_id]) for deal, history in histories_of]


def keep(mine: Claim, played: tuple[Part, list[Firing]]) -> Step:
    """What was found, and how far it got."""
    part, found = played
    row = session().get_one(Rehearsal, mine.row_id)
    row.done += len(part.deals)
    row.last_id = part.deals[-1]
    for each in found:
        facts = {"deal_id": each.deal_id, "at": each.at, "people": list(each.people), "unknown": list(each.unknown)}
        session().add(RehearsedFiring(rehearsal_id=row.id, **facts))
    return Step.MORE


def fail(row_id: int, error: str) -> None:
    """Its attempts are used up."""
    row = session().get_one(Rehearsal, row_id)
    if row.state == "waiting":
        row.state, row.error, row.ended_at = "failed", error[:2000], clock.now()


def world(pipeline_id: int, drafted: Sequence[FieldSpec] = ()) -> World:
    """What beside a deal of this pipeline decides, as it stands today; `drafted` are fields that are not live yet."""
    setup = setups.current()
    more = {(each.entity, each.key): each for each in drafted}
    return World(
        catalogue=Catalogue({**more, **setup.catalogue.fields}),
        chart=setup.org,
        zone=setup.firm.time_zone,
        calendar_for=setup.calendar_for,
        pipeline={each.id: each.facts for each in setup.all_stages.values() if each.pipeline_id == pipeline_id},
        charted_since=histories.charted_since(),
        pipeline_id=pipeline_id,
        seasons=setup.seasons,
        season_changes=histories.season_changes(),
    )
