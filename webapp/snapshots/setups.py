"""The firm's set-up as facts: fields, stages, robots, triggers, calendar, org chart, people.

Read once per version and shared by all requests of a process; every change of set-up or of the org chart
gives the firm a new random version, so that a version that was rolled back is never mistaken for another.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from weakref import WeakSet
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from sqlalchemy import Engine, select, update

from rules import calendars, conditions, seasons, texts, whose_calendar
from rules import setup as parts
from rules.facts import Catalogue, FieldSpec, Option, Text
from rules.fields import ReadContext
from rules.org import Department, Org, Person, those_here
from rules.robots import RobotSpec
from rules.seasons import Season
from rules.setup import Pipeline, Setup, Stage
from rules.whose_calendar import Calendars
from rules.worktime import WorkCalendar
from webapp import models, phones
from webapp.db import execute_core, session
from webapp.snapshots import specs, webhooks


@dataclass(frozen=True, slots=True)
class FirmFacts:
    id: int
    name: str
    locale: str
    time_zone: str
    currency: str
    country: str | None
    rep_sees: str
    marks_next_step: str
    take_within: int  # working minutes
    accept_within: int | None  # working minutes; none: a working day
    is_lesson: bool
    first_steps: Mapping[str, str] | None  # what was noted of the list on the board; none: there is no list

    @property
    def digits(self) -> int:
        """How many decimals its currency has."""
        return get_currency_precision(self.currency)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    id: int
    name: str
    email: str
    hue: int
    locale: str
    time_zone: str
    is_admin: bool
    is_active: bool
    has_come_in: bool  # else invited, and nothing that they are told is read yet
    department_id: int | None
    department_ids: frozenset[int]

    @property
    def initials(self) -> str:
        return texts.initials(self.name)


@dataclass(frozen=True, slots=True)
class SetupSnapshot:
    """The firm's set-up as its version has it: the value, found by ids; and beside it people, chart, calendar."""

    version: int
    value: Setup
    firm: FirmFacts
    catalogue: Catalogue
    pipelines: Mapping[int, Pipeline]  # not archived
    all_pipelines: Mapping[int, Pipeline]
    archived_fields: Mapping[tuple[str, str], FieldSpec]  # the past and old conditions still name them
    stages: Mapping[int, Stage]  # not archived, in board order
    all_stages: Mapping[int, Stage]  # archived ones too: the past names them, and deals may stand there
    starts: frozenset[str]  # that some robot listens to
    definitions: Mapping[int, dict[str, Any]]  # of robots by id, as a run freezes them
    calendars: Calendars
    seasons: tuple[Season, ...]
    org: Org
    people: Mapping[int, PersonFacts]
    department_names: Mapping[int, Text]  # archived ones too: for words, and never to choose from
    departments: Mapping[int, Text]  # not archived: what may be chosen
    webhooks: Mapping[str, str]  # by key what they are called

    @property
    def is_of_one(self) -> bool:
        """Whether one person works here: what would go to a head goes to them, and nobody is there to accept."""
        return len(those_here(self.org)) == 1

    def departments_with(self, held: Collection[int | None]) -> dict[int, Text]:
        """What may be chosen where some are held: an archived one stays where it is, and is offered nowhere else."""
        return {each: name for each, name in self.department_names.items() if each in self.departments or each in held}

    def stage_by_id(self, stage_id: int) -> Stage:
        """A stage, also one that was archived: deals may still stand there, and the journal names it."""
        return self.all_stages[stage_id]

    @property
    def ways(self) -> dict[int, tuple[int, str]]:
        """Stages that deals can be led to: id → (id of its pipeline, kind)."""
        return {each.id: (each.pipeline_id, each.kind) for each in self.stages.values()}

    def stages_of(self, pipeline_id: int) -> tuple[Stage, ...]:
        return tuple(each for each in self.stages.values() if each.pipeline_id == pipeline_id)

    def lost_reasons(self, pipeline_id: int) -> tuple[Option, ...]:
        """What is offered when a deal of this pipeline is lost."""
        return tuple(each for each in self.all_pipelines[pipeline_id].lost_reasons if not each.is_archived)

    def stage_of(self, pipeline_id: int, name: str) -> Stage | None:
        """A stage of this pipeline by its key; "pipeline/stage" names one of whichever pipeline it says."""
        if "/" in name:
            return self.stage_named(name)
        return next((each for each in self.stages_of(pipeline_id) if each.key == name), None)

    def entrance(self, pipeline: str | None, stage: str | None) -> Stage | None:
        """Where a new deal starts: on the pipeline's first open stage unless one is named; in the first pipeline unless
        one is named, or the stage stands in another alone."""
        chosen = self.pipeline_of(pipeline)
        if chosen is None:
            return None
        if not stage:
            return self.first_open_stage(chosen.id)
        found = self.stage_of(chosen.id, stage) or (self.stage_named(stage) if pipeline is None else None)
        return found if found and (pipeline is None or found.pipeline_id == chosen.id) else None

    def stage_named(self, name: str) -> Stage | None:
        """The stage that stands by key outside of a deal: "sales/processing", or "processing" where no other pipeline
        has such a stage."""
        pipeline, slash, key = name.rpartition("/")
        found = [each for each in self._keyed(key) if not slash or self.all_pipelines[each.pipeline_id].key == pipeline]
        return found[0] if len(found) == 1 else None

    def name_of_stage(self, stage_id: int | None) -> str | None:
        """What `stage_named` finds it by."""
        stage = self.all_stages.get(stage_id) if stage_id is not None else None
        if stage is None:
            return None
        is_unique = all(each.id == stage.id for each in self._keyed(stage.key))
        return stage.key if is_unique else f"{self.all_pipelines[stage.pipeline_id].key}/{stage.key}"

    def robots_on(self, stage_id: int | None) -> tuple[RobotSpec, ...]:
        """Those of a stage, in their order; None: those of any stage."""
        return parts.robots_of(self.value, stage_id)

    def _keyed(self, key: str) -> list[Stage]:
        return [each for each in self.stages.values() if each.key == key]

    @property
    def firm_calendar(self) -> WorkCalendar:
        return self.calendars.firm

    def calendar_for(self, department_id: int | None, person_id: int | None, on: date) -> WorkCalendar:
        """In whose working time somebody of this department is waited for, as of a day in the firm's zone."""
        return whose_calendar.calendar_of(self.calendars, self.org, department_id, person_id, on)

    def first_open_stage(self, pipeline_id: int) -> Stage | None:
        """Where work begins; None when no open stage is left."""
        return next((each for each in self.stages_of(pipeline_id) if each.kind == "open"), None)

    def pipeline_of(self, key: str | None) -> Pipeline | None:
        """The pipeline with this key; the first one when none is named."""
        return next((each for each in self.pipelines.values() if key in (None, each.key)), None)

    def pipeline_of_inquiries(self, key: str | None) -> Pipeline | None:
        """Where an inquiry comes that names this pipeline: a site has its form, and a program its key, even after it
        was archived."""
        own = next((each for each in self.all_pipelines.values() if each.key == key), None)
        return self.pipelines.get(own.form_goes_to_id or 0) if own and own.is_archived else self.pipeline_of(key)

    def reading(self, user_id: int | None) -> ReadContext:
        """How values are read that this person types; nobody's (a form, a robot) as the firm's."""
        person = self.people.get(user_id) if user_id is not None else None
        return ReadContext(
            zone=ZoneInfo(person.time_zone if person else self.firm.time_zone),
            digits=self.firm.digits,
            phone=partial(phones.read, country=self.firm.country),
        )

    def field_of(self, entity: str, key: str) -> FieldSpec | None:
        """A field, an archived one too: for words, never for a decision."""
        return self.catalogue.get(entity, key) or self.archived_fields.get((entity, key))

    def name_of(self, user_id: int | None) -> str:
        person = self.people.get(user_id) if user_id is not None else None
        return person.name if person else ""


# By the engine, not by its address, which is put together anew at each comparison.
_cache: dict[tuple[Engine, int], SetupSnapshot] = {}
_founded: WeakSet[Engine] = WeakSet()
ASKED = select(models.Firm.config_version)  # what version stands
VERSION = ASKED.scalar_subquery()  # for a statement that is asked first anyway, and takes the version along
KEPT_IN_VERSION = (
    *(models.Firm, models.Calendar, models.Season, models.Pipeline, models.Stage, models.Field),
    *(models.FieldRequirement, models.Robot, models.Trigger),
    *(models.User, models.Membership, models.Absence, models.Post, models.Department, models.Webhook),
)


def changed() -> None:
    """The set-up or the org chart was changed in this transaction."""
    session().kept_setup = None
    session().flush()
    session().execute(update(models.Firm).values(config_version=new_version()))


def forget() -> None:
    """After a lock was waited for: whoever held it may have changed the set-up, so it is asked for again."""
    session().kept_setup = None


def new_version() -> int:
    """By chance, so that a version that was rolled back is never mistaken for another."""
    return secrets.randbits(31)


def is_founded() -> bool:
    """Whether a firm lives here. Once there is one, there always is: it is asked for no more."""
    where = session().engine
    if where not in _founded and execute_core(ASKED).scalar() is not None:
        _founded.add(where)
    return where in _founded


def current(read_along: int | None = None) -> SetupSnapshot:
    """The set-up as it stands in this transaction: its version is asked for once in each, and again in a savepoint, if
    it was not just read along by another statement (`VERSION`)."""
    known = session().kept_setup
    if isinstance(known, SetupSnapshot):
        return known
    return of_version(execute_core(ASKED).scalar() if read_along is None else read_along)


def is_at_hand() -> bool:
    """Whether `current` asks nothing."""
    return isinstance(session().kept_setup, SetupSnapshot)


def of_version(version: int | None) -> SetupSnapshot:
    """The set-up of the version that this transaction has just read (`VERSION`): `current` asks no more."""
    found = session().kept_setup = _of_version(version)
    return found


def _of_version(version: int | None) -> SetupSnapshot:
    if version is None:
        raise RuntimeError("the database is empty: run `flask --app wsgi init`")
    key = (session().engine, version)
    found = _cache.get(key)
    if found is None:
        found = _read_whole(version)
        if len(_cache) > 8:
            _cache.clear()
        _cache[session().engine, found.version] = found
    return found


def _read_whole(version: int) -> SetupSnapshot:
    """The set-up of one version. Another transaction may commit a change between two of the statements that read it
    (READ COMMITTED): then it is read again. Rows that this session holds from before are asked for anew."""
    while True:
        session().flush()
        for row in list(session()):
            if isinstance(row, KEPT_IN_VERSION):
                session().expire(row)
        found, now = _read(version), int(execute_core(ASKED).scalar_one())
        if now == version:
            return found
        version = now


def _read(version: int) -> SetupSnapshot:
    firm = session().scalars(select(models.Firm)).one()
    value = specs.load_value()
    people = _people()
    departments = session().scalars(select(models.Department).order_by(models.Department.id)).all()
    return SetupSnapshot(
        version=version,
        value=value,
        firm=_firm(firm),
        catalogue=parts.catalogue(value),
        pipelines={each.id: each for each in parts.standing_pipelines(value)},
        all_pipelines={each.id: each for each in value.pipelines},
        archived_fields={(each.entity, each.key): each for each in value.archived_fields},
        stages={each.id: each for each in value.stages if not each.is_archived},
        all_stages={each.id: each for each in value.stages},
        starts=frozenset(start for each in value.robots if each.is_on for start in each.starts),
        definitions={row.id: specs.definition(row) for row in session().scalars(specs._robot_rows())},
        calendars=_calendars(firm),
        seasons=_seasons(),
        org=_org(people),
        people=people,
        department_names={each.id: each.name for each in departments},
        departments={each.id: each.name for each in departments if each.archived_at is None},
        webhooks={each.key: each.name for each in webhooks.standing()},
    )


def _firm(row: models.Firm) -> FirmFacts:
    return FirmFacts(
        id=row.id,
        name=row.name,
        locale=row.locale,
        time_zone=row.time_zone,
        currency=row.currency,
        country=row.country,
        rep_sees=row.rep_sees,
        marks_next_step=row.marks_next_step,
        take_within=row.take_within,
        accept_within=row.accept_within,
        is_lesson=row.is_lesson,
        first_steps=row.first_steps,
    )


def _calendars(firm: models.Firm) -> Calendars:
    rows = session().scalars(select(models.Calendar).order_by(models.Calendar.id)).all()
    loaded = {each.id: calendars.load(each.definition, firm.time_zone) for each in rows}
    return Calendars(
        firm=loaded[firm.calendar_id],
        departments={each.department_id: loaded[each.id] for each in rows if each.department_id is not None},
        people={each.user_id: loaded[each.id] for each in rows if each.user_id is not None},
    )


def _seasons() -> tuple[Season, ...]:
    rows = session().scalars(select(models.Season).order_by(models.Season.id))
    return tuple(seasons.load(r.id, r.name, r.from_on, r.until_on, r.scope, r.change) for r in rows)


def _people() -> dict[int, PersonFacts]:
    homes: dict[int, list[models.Membership]] = {}
    for each in session().scalars(select(models.Membership).order_by(models.Membership.id)):
        homes.setdefault(each.user_id, []).append(each)
    return {
        user.id: PersonFacts(
            id=user.id,
            name=user.name,
            email=user.email,
            hue=user.hue,
            locale=user.locale,
            time_zone=user.time_zone,
            is_admin=user.is_admin,
            is_active=user.is_active,
            has_come_in=user.has_come_in,
            department_id=next((m.department_id for m in homes.get(user.id, []) if m.is_primary), None),
            department_ids=frozenset(m.department_id for m in homes.get(user.id, [])),
        )
        for user in session().scalars(select(models.User).order_by(models.User.id))
    }


def _org(people: Mapping[int, PersonFacts]) -> Org:
    away: dict[int, list[tuple[date, date]]] = {}
    covers: dict[int, list[tuple[date, date, int]]] = {}
    for each in session().scalars(select(models.Absence).order_by(models.Absence.id)):
        away.setdefault(each.user_id, []).append((each.from_on, each.until_on))
        if each.cover_id is not None:
            covers.setdefault(each.user_id, []).append((each.from_on, each.until_on, each.cover_id))
    posts: dict[tuple[int, str], list[int]] = {}
    for post in session().scalars(select(models.Post).order_by(models.Post.position, models.Post.id)):
        posts.setdefault((post.department_id, post.kind), []).append(post.user_id)
    return Org(
        people={
            each.id: Person(
                *(each.id, each.is_active, each.department_id),
                absences=tuple(away.get(each.id, [])),
                covers=tuple(covers.get(each.id, [])),
                has_come_in=each.has_come_in,
            )
            for each in people.values()
        },
        departments={
            row.id: Department(
                row.id, row.parent_id, tuple(posts.get((row.id, "head"), [])), tuple(posts.get((row.id, "deputy"), []))
            )
            for row in session().scalars(select(models.Department))
        },
        fallback=tuple(each.id for each in people.values() if each.is_admin and each.is_active),
    )


def finding_facts(found: conditions.Finding) -> dict[str, Any]:
    """One test as it was read, as a run keeps it; what is gone is named only where something is."""
    facts = {
        "entity": found.entity,
        "field": found.field,
        "operator": found.operator,
        "expected": as_facts(found.expected),
        "actual": as_facts(found.actual),
        "holds": found.holds,
    }
    if not found.gone:
        return facts
    lost = {"options": [as_facts(each) for each in found.options_gone]} if found.options_gone else {}
    return {**facts, "gone": found.gone, **lost}


def as_facts(value: Any) -> Any:
    """A JSON-safe form of what rules return inside tuples and dates."""
    if isinstance(value, tuple | list):
        return [as_facts(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
