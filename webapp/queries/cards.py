"""What a card shows, and its fuse: the nearest moment at which somebody is told (design/README, 2).

A constant number of statements for any number of cards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Text, case, cast, select

from rules import next_steps
from rules.addressees import reached
from rules.facts import FieldSpec
from rules.fields import is_blank
from rules.next_steps import Marker
from rules.rights import DealFacts, writers_of
from rules.robot_kinds import kind_of
from rules.tasks import OPEN
from webapp import clock
from webapp.db import SqlRow, SqlSelect, among, execute_core, execute_together
from webapp.db.types import read_json
from webapp.models import Company, Contact, Deal, RobotRun, Task
from webapp.queries import frozen_robots
from webapp.queries.frozen_robots import FrozenRobot
from webapp.queries.next_steps import NextStep, steps_in
from webapp.queries.standing import idle
from webapp.snapshots.recipients import day_of
from webapp.snapshots.setups import VERSION, PersonFacts, SetupSnapshot, current

FRESH_FOR = timedelta(minutes=2)
KEPT = 2000  # a board's cards several times over, as those are that are kept rendered


@dataclass(frozen=True, slots=True)
class Fuse:
    """`kind`: of the robot that will act; due, acceptance (a task's deadline), told (a robot has acted), held (one
    would have, and waits for a person since a restore).

    It burns from `from_at` to `due_at` and stands still in `pauses` (pairs of epoch seconds).
    """

    kind: str
    who: str
    from_at: datetime
    due_at: datetime
    pauses: list[list[float]]
    season: Mapping[str, Any] | None = None  # that has changed the robot's norm, as its run keeps it


@dataclass(frozen=True, slots=True)
class Shown:
    """A field that stands on the card, with what is kept in it."""

    spec: FieldSpec
    value: Any


class OnCard(NamedTuple):
    """The fields that stand on a card. `says_hours`: one of them says an hour."""

    marks: tuple[Shown, ...]
    tags: tuple[Shown, ...]
    says_hours: bool


class Card(NamedTuple):
    """A tuple, since a board makes hundreds and compares each with what was shown before. `says_hours`: what it says
    depends on where its reader's clock stands."""

    id: int
    title: str
    amount_minor: int
    currency: str
    contact: str
    company: str
    marks: tuple[Shown, ...]
    tags: tuple[Shown, ...]
    responsible: PersonFacts
    version: int
    stage_id: int
    stage_key: str
    position: float
    department_id: int | None
    fuse: Fuse | None
    step: NextStep | None
    marker: Marker
    is_fresh: bool
    entered_at: datetime
    says_hours: bool

    @property
    def writers(self) -> str:
        return writers_of(self.responsible.id, self.department_id)


# Statements that are asked all the time are built once: building one takes longer than answering it.
_OF_CARD: tuple[Any, ...] = (
    Deal.id,
    Deal.title,
    Deal.amount_minor,
    Deal.currency,
    cast(Deal.fields, Text).label("fields"),
    Deal.responsible_id,
    Deal.department_id,
    Deal.version,
    Deal.stage_id,
    Deal.visit_id,
    Deal.position,
    Deal.created_at,
    Deal.entered_at,
    Deal.closed_at,
    Contact.name.label("contact_name"),
    cast(Contact.fields, Text).label("contact_fields"),
    Company.name.label("company_name"),
    cast(Company.fields, Text).label("company_fields"),
)
_SELECTION: SqlSelect = (
    select(*_OF_CARD)
    .outerjoin(Contact, Contact.id == Deal.contact_id)
    .outerjoin(Company, Company.id == Contact.company_id)
    .where(Deal.deleted_at.is_(None))
)
_SOME = _SELECTION.where(among(Deal.id, "ids")).add_columns(VERSION.label("setup_version"))
_OF_RUN = (
    RobotRun.id,
    RobotRun.definition_id,
    RobotRun.deal_id,
    RobotRun.robot_id,
    RobotRun.state,
    RobotRun.base_at,
    RobotRun.created_at,
    RobotRun.due_at,
    RobotRun.visible_at,
    RobotRun.ended_at,
    RobotRun.pauses,
    RobotRun.season,
    RobotRun.reason["people"][0].as_integer().label("told"),
)
# A case, and no "or": of that SQLite would ask each side of the whole firm.
_TOLD_OF = case((RobotRun.state == "waiting", RobotRun.due_at.is_not(None)), else_=among(RobotRun.robot_id, "calling"))
_RUNS = frozen_robots.named(
    select(*_OF_RUN)
    .where(among(RobotRun.visit_id, "visits"), RobotRun.state.in_(("waiting", "fired")), _TOLD_OF)
    .order_by(RobotRun.id)
)
# Of robots of any stage: these runs outlive a visit.
_RUNS_OF_DEALS = frozen_robots.named(
    select(*_OF_RUN).where(
        among(RobotRun.deal_id, "deals"),
        RobotRun.visit_id.is_(None),
        RobotRun.state == "waiting",
        RobotRun.due_at.is_not(None),
    )
)
_TASKS = select(
    Task.id,
    Task.deal_id,
    Task.title,
    Task.version,
    Task.is_next_step,
    Task.state,
    Task.created_at,
    Task.due_at,
    Task.submitted_at,
    Task.acceptance_due_at,
    Task.acceptor_id,
    Task.assignee_id,
).where(among(Task.deal_id, "deals"), Task.state.in_(OPEN))


def selection() -> SqlSelect:
    """The columns of cards: one statement, joined by primary keys. Fields come as they are written: a board has read
    nearly all of them before."""
    return _SELECTION


def cards(rows: Sequence[SqlRow]) -> list[Card]:
    """Cards for rows of `selection`."""
    setup, now = current(), clock.now()
    tasks, runs = _beside(rows, setup) if rows else ((), ())
    fuses, steps = _fuses(rows, tasks, runs, setup, now), steps_in(tasks)
    return [_card(row, setup, fuses.get(row.id), steps.get(row.id), now) for row in rows]


def _beside(rows: Sequence[SqlRow], setup: SetupSnapshot) -> tuple[Sequence[SqlRow], Sequence[SqlRow]]:
    """The open work on these deals, and the robots' runs that their cards tell of."""
    deals, visits = [row.id for row in rows], [row.visit_id for row in rows]
    calling = [each.id for each in setup.value.robots if kind_of(each.kind).calls]
    asked: list[tuple[SqlSelect, dict[str, Any]]] = [
        (_TASKS, {"deals": deals}),
        (_RUNS, {"visits": visits, "calling": calling}),
    ]
    if setup.robots_on(None):
        asked.append((_RUNS_OF_DEALS, {"deals": deals}))
    tasks, *runs = execute_together(*asked)
    return tasks, [run for some in runs for run in some]


def card(deal_id: int) -> Card | None:
    """One card; None when the deal is gone."""
    return next(iter(some([deal_id])), None)


def some(ids: Sequence[int]) -> list[Card]:
    """The cards of these deals, in this order, without those that are gone."""
    rows = {row.id: row for row in execute_core(_SOME, ids=ids)}
    if rows:
        current(next(iter(rows.values())).setup_version)
    return cards([rows[each] for each in ids if each in rows])


def _card(
    row: SqlRow,
    setup: SetupSnapshot,
    fuse: Fuse | None,
    step: NextStep | None,
    now: datetime,
) -> Card:
    stage, due_at = setup.stage_by_id(row.stage_id), step.due_at if step else None
    fields = _shown(setup.version, row.fields, row.contact_fields, row.company_fields)
    return Card(
        id=row.id,
        title=row.title,
        amount_minor=row.amount_minor,
        currency=row.currency,
        contact=row.contact_name or "",
        company=row.company_name or "",
        marks=fields.marks,
        tags=fields.tags,
        responsible=setup.people[row.responsible_id],
        version=row.version,
        stage_id=row.stage_id,
        stage_key=stage.key,
        position=row.position,
        department_id=row.department_id,
        fuse=fuse,
        step=step,
        marker=next_steps.marker(setup.firm.marks_next_step, row.closed_at is None, due_at, now),
        is_fresh=now - row.created_at < FRESH_FOR,
        entered_at=row.entered_at,
        says_hours=step is not None or fields.says_hours,
    )


@lru_cache(maxsize=KEPT)
def _shown(version: int, deal: str, contact: str | None, company: str | None) -> OnCard:
    """As the current set-up, which is of this version, has them."""
    kept = {"deal": read_json(deal), "contact": read_json(contact or "{}"), "company": read_json(company or "{}")}
    marks, tags = _those(kept, "mark"), _those(kept, "tag")
    return OnCard(marks, tags, any(each.spec.kind == "datetime" for each in (*marks, *tags)))


def _those(kept: Mapping[str, Mapping[str, Any]], how: str) -> tuple[Shown, ...]:
    """Those of the fields that are filled in, a checkbox when it is on."""
    specs = (each for each in current().catalogue.fields.values() if each.shown_as == how)
    filled = ((spec, kept[spec.entity].get(spec.key)) for spec in specs if spec.entity in kept)
    return tuple(Shown(spec, value) for spec, value in filled if value is not False and not is_blank(value))


def _fuses(
    rows: Sequence[SqlRow], tasks: Sequence[SqlRow], runs: Sequence[SqlRow], setup: SetupSnapshot, now: datetime
) -> dict[int, Fuse]:
    """The nearest moment of each deal: a waiting robot or an open task; else that a robot is held back, that the head
    has been told."""
    by_id = {row.id: row for row in rows}
    if not by_id:
        return {}
    today = now.astimezone(ZoneInfo(setup.firm.time_zone)).date()
    found: dict[int, Fuse] = {}
    waiting, stands = _runs(by_id, runs, setup, today)
    for deal_id, fuse in (*_tasks(tasks, setup), *waiting):
        best = found.get(deal_id)
        if best is None or fuse.due_at < best.due_at:
            found[deal_id] = fuse
    return {**stands, **found}


def _runs(
    by_id: Mapping[int, SqlRow], runs: Sequence[SqlRow], setup: SetupSnapshot, today: date
) -> tuple[list[tuple[int, Fuse]], dict[int, Fuse]]:
    """Robots that wait on these deals; and those that have called for somebody while the deal still stands on the same
    visit, or are held back. A robot whose condition does not hold now threatens nobody."""
    burning = [run for run in runs if run.state == "waiting" and (run.visible_at is None or run.due_at > _began(run))]
    robots = frozen_robots.of(burning)
    out, waiting = idle(burning, robots), []
    held: dict[int, Fuse] = {}

    @cache  # many wait for the same person
    def whom(definition_id: int, responsible_id: int, department_id: int | None, on: date) -> str:
        return _who(robots[definition_id], DealFacts(responsible_id, department_id), setup, on)

    for run in burning:
        if run.id not in out:
            row, on = by_id[run.deal_id], max(today, day_of(run.due_at))  # whoever is away by then is not told
            who = whom(run.definition_id, row.responsible_id, row.department_id, on)
            if run.visible_at is None:
                held.setdefault(run.deal_id, Fuse("held", who, _began(run), run.due_at, []))
                continue
            kind = robots[run.definition_id].kind
            waiting.append((run.deal_id, Fuse(kind, who, _began(run), run.due_at, run.pauses, run.season)))
    told = {
        run.deal_id: Fuse("told", setup.name_of(run.told), run.due_at or run.base_at, run.ended_at, [])
        for run in runs
        if run.state == "fired"
    }
    return waiting, {**told, **held}


def _began(run: SqlRow) -> datetime:
    """What it counts from may be ahead: a day on which money is due."""
    return min(run.base_at, run.created_at)


def _who(robot: FrozenRobot, place: DealFacts, setup: SetupSnapshot, on: date) -> str:
    """Whom it would reach on that day; of several the first."""
    people = reached(kind_of(robot.kind), robot.settings, setup.org, place, on).people
    return setup.name_of(people[0]) if people else ""


def _tasks(tasks: Sequence[SqlRow], setup: SetupSnapshot) -> list[tuple[int, Fuse]]:
    found = []
    for each in tasks:
        if each.is_next_step:  # which has a line of its own
            continue
        if each.state == "awaiting_acceptance" and each.acceptance_due_at and each.submitted_at:
            who = setup.name_of(each.acceptor_id)
            found.append((each.deal_id, Fuse("acceptance", who, each.submitted_at, each.acceptance_due_at, [])))
        elif each.due_at is not None:
            found.append((each.deal_id, Fuse("due", setup.name_of(each.assignee_id), each.created_at, each.due_at, [])))
    return found
