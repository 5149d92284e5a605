"""Set-ups at random: pipelines, stages, fields of every kind, options, robots, triggers, requirements, calendars; deals
that live in them; and parts of them archived, straight in the rows, beneath all that lives there."""

from __future__ import annotations

from random import Random
from typing import Any

from sqlalchemy import delete, select, update

from rules.conditions import dump
from rules.facts import BUILT_IN, Condition, FieldSpec, Group, Option, Test
from rules.field_kinds import FIELD_KINDS
from rules.robot_kinds import ROBOT_KINDS
from rules.robots import STARTS, WHENS
from rules.triggers import EVENTS
from rules.worktime import UNITS
from tests import company
from tests.access import firms
from tests.services import acts
from webapp import clock
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import (
    Calendar,
    Contact,
    Deal,
    Department,
    Field,
    FieldRequirement,
    Invoice,
    Membership,
    Pipeline,
    Post,
    Robot,
    Stage,
    Trigger,
    User,
)
from webapp.services import contacts, deals, inquiries, invoices, undo
from webapp.snapshots import setups

CLIENT = "+7912555010"


def make(chance: Random) -> None:
    """The lesson's firm grown into another one: chart, people and work of tests/access/firms.py, and its set-up."""
    firms.make(chance)
    with transaction():
        stages = _stages(chance)
        specs = _fields(chance, stages)
        for _ in range(8):
            _robot(chance, chance.choice(stages), specs)
        for _ in range(3):
            _trigger(chance, chance.choice(stages), specs)
        _calendar(chance)
        setups.changed()


def live(chance: Random) -> None:
    """Clients write, deals are made, filled in, moved and billed; who is refused does something else."""
    for number in range(6):
        _try(
            lambda n=number: inquiries.receive(
                "form", {"name": f"Client {n}", "phone": f"{CLIENT}{n}"}, "Hello?", acts.FORM
            )
        )
    for _ in range(8):
        _try(lambda: _deal(chance))
    for deal_id in _deals(chance, 12):
        _try(lambda at=deal_id: _filled(chance, at))
        _try(lambda at=deal_id: _moved(chance, at))
    for deal_id in _deals(chance, 5):
        _try(lambda at=deal_id: invoices.issue(acts.locked(at), f"N{at}", 1000, company.acting("admin")))
    for deal_id in _deals(chance, 2):
        _try(lambda at=deal_id: deals.delete(acts.locked(at), company.acting("admin")))


def archive(chance: Random) -> None:
    """Any part may go; the admin of the lesson stays."""
    now = clock.now()
    with transaction() as current:
        for table in (Field, Stage, Robot, Trigger):
            for row in current.scalars(select(table).order_by(table.id)):
                row.archived_at = now if chance.random() < 0.35 else None
        first, *others = current.scalars(select(Pipeline).order_by(Pipeline.id)).all()
        for pipeline in (first, *others):
            if chance.random() < 0.25:
                current.execute(update(Stage).where(Stage.pipeline_id == pipeline.id).values(archived_at=now))
        for pipeline in others:
            pipeline.archived_at = now if chance.random() < 0.5 else None
        for field in current.scalars(select(Field).order_by(Field.id)):
            field.options = [each for each in field.options if chance.random() < 0.6]
            field.kind = chance.choice((field.kind, field.kind, field.kind, *FIELD_KINDS))
        for user in current.scalars(select(User).where(User.email != company.email("admin")).order_by(User.id)):
            user.is_active = chance.random() < 0.6
        for department in current.scalars(select(Department).order_by(Department.id)):
            if chance.random() < 0.3:  # nobody is left in it; what it was in charge of stays
                for table in (Membership, Post):
                    current.execute(delete(table).where(table.department_id == department.id))
        setups.changed()


def go_on(chance: Random) -> None:
    """The same people go on with what they had in hand, on what is left of their set-up. Money is never refused."""
    live(chance)
    for invoice_id, deal_id in session().execute(select(Invoice.id, Invoice.deal_id).order_by(Invoice.id)).all():
        acts.pay(deal_id, invoice_id=invoice_id)
    for deal_id in _deals(chance, 4):
        _try(lambda at=deal_id: undo.undo(acts.locked(at), company.acting("admin")))


def close() -> None:
    """Every deal that is left is lost, where its pipeline still knows how; every invoice was paid in full."""
    lost = {each.pipeline_id: each for each in setups.current().stages.values() if each.kind == "lost"}
    for deal_id in _deals(Random(0), 1000):
        with transaction():
            deal = acts.locked(deal_id)
            if deal.pipeline_id in lost and deal.stage_id != lost[deal.pipeline_id].id:
                raw = {"deal": {"lost_reason": "Too dear"}}
                deals.move(deal, lost[deal.pipeline_id], by=company.acting("admin"), raw=raw)
    owed = select(Invoice.id).where(Invoice.amount_minor > Invoice.paid_minor)
    assert session().scalars(owed).all() == []


def _try(act: Any) -> bool:
    """Whatever else is raised is a fault."""
    try:
        with transaction():
            act()
    except (Refused, NotFound):
        return False
    return True


def _stages(chance: Random) -> list[int]:
    """Ids of all, the lesson's too."""
    departments = list(session().scalars(select(Department.id).order_by(Department.id)))
    for number in range(chance.choice((1, 2))):
        made = Pipeline(
            key=f"p{number}",
            name={"en": f"P{number}"},
            position=number,
            department_id=chance.choice([*departments, None]),
        )
        session().add(made)
        session().flush()
        kinds = ["open"] * chance.randrange(1, 5) + ["won", "lost"][: chance.randrange(3)]
        for place, kind in enumerate(kinds):
            key = chance.choice(("new", "processing", "own")) if place == 0 else f"s{place}"
            session().add(
                Stage(pipeline_id=made.id, key=key, name={"ru": f"Стадия {place}"}, position=place, kind=kind)
            )
    session().flush()
    return list(session().scalars(select(Stage.id).order_by(Stage.id)))


def _fields(chance: Random, stages: list[int]) -> list[FieldSpec]:
    """One of every kind, on deals or on contacts."""
    specs: list[FieldSpec] = [each for each in BUILT_IN if not each.entity.startswith("company")]
    for place, kind in enumerate(FIELD_KINDS):
        if kind == "stage":
            continue
        options = (
            [{"key": f"o{n}", "label": {"en": f"Option {n}"}} for n in range(3)]
            if FIELD_KINDS[kind].has_options
            else []
        )
        row = Field(
            entity=chance.choice(("deal", "contact")),
            key=f"f_{kind}",
            kind=kind,
            label=chance.choice(({"en": kind}, {"ru": kind}, {})),
            options=options,
            required_if=chance.choice((None, dump(_condition(chance, specs)))),
            shown_as=chance.choice(("none", "tag", "mark")),
            position=place,
        )
        session().add(row)
        session().flush()
        _require(chance, row, stages)
        specs.append(
            FieldSpec(
                row.entity, row.key, kind, row.label, tuple(Option(each["key"], each["label"]) for each in options)
            )
        )
    return specs


def _require(chance: Random, row: Field, stages: list[int]) -> None:
    if chance.random() < 0.3:
        stage = session().get_one(Stage, chance.choice(stages))
        session().add(FieldRequirement(field_id=row.id, stage_id=stage.id, pipeline_id=stage.pipeline_id))
        session().flush()


def _condition(chance: Random, specs: list[FieldSpec], depth: int = 2) -> Condition | None:
    if chance.random() < 0.3:
        return None
    items: list[Test | Group] = [_test(chance, chance.choice(specs)) for _ in range(chance.randrange(1, 3))]
    inner = _condition(chance, specs, depth - 1) if depth > 1 else None
    return Group(chance.choice(("all", "any")), tuple([*items, inner] if inner else items))


def _test(chance: Random, spec: FieldSpec) -> Test:
    operator = chance.choice(FIELD_KINDS[spec.kind].operators)
    if operator in ("empty", "filled"):
        return Test(spec.entity, spec.key, operator)
    value = _value(chance, spec)
    return Test(spec.entity, spec.key, operator, (value,) if operator in ("in", "not_in") else value)


def _value(chance: Random, spec: FieldSpec) -> Any:
    """As it is stored."""
    if spec.options:
        return chance.choice(spec.options).key
    by_kind: dict[str, Any] = {
        "number": chance.randrange(100),
        "money": chance.randrange(100_000),
        "checkbox": chance.random() < 0.5,
        "date": "2026-12-01",
        "datetime": "2026-12-01T09:00:00+00:00",
        "phone": "+79125550101",
        "email": "a@example.com",
        "link": "https://example.com/a",
        "user": 1,
        "stage": chance.randrange(1, 9),
    }
    return by_kind.get(spec.kind, "new")


def _robot(chance: Random, stage_id: int, specs: list[FieldSpec]) -> None:
    kind = chance.choice(list(ROBOT_KINDS.values()))
    session().add(
        Robot(
            stage_id=stage_id,
            kind=kind.key,
            name={"en": f"Robot of {kind.key}"},
            position=chance.randrange(10),
            is_on=chance.random() < 0.9,
            starts=chance.sample(STARTS, chance.randrange(1, len(STARTS) + 1)),
            timing=_timing(chance, specs),
            fires_when=chance.choice(WHENS),
            condition=dump(_condition(chance, specs)),
            settings={each.key: _setting(chance, each) for each in kind.parameters if _is_set(chance, each)},
            once_per_deal=chance.random() < 0.2,
            also_later=chance.random() < 0.5,
        )
    )


def _is_set(chance: Random, parameter: Any) -> bool:
    return bool(parameter.required or chance.random() < 0.5)


def _setting(chance: Random, parameter: Any) -> Any:
    text = {"en": "Look at {deal.title}, {deal.f_user}, {deal.f_money} of {contact.name}", "ru": "{deal.f_datetime}"}
    person = chance.choice([*parameter.slots, {"user": company.person("north")}]) if parameter.slots else None
    return {
        "text": text,
        "textarea": text,
        "checkbox": chance.random() < 0.5,
        "choice": chance.choice(parameter.choices or (None,)),
        "duration": {"amount": chance.randrange(1, 5), "unit": chance.choice(UNITS)},
        "people": [person],
    }.get(parameter.kind, person)


def _timing(chance: Random, specs: list[FieldSpec]) -> dict[str, Any]:
    delay = {"amount": chance.randrange(4), "unit": chance.choice(UNITS)}
    dates = [each for each in specs if FIELD_KINDS[each.kind].is_moment]
    around = chance.choice(dates) if dates else None
    choices: list[dict[str, Any]] = [{"at_once": True}, {"after": delay}]
    if around is not None:
        side = chance.choice(("before_field", "after_field"))
        choices.append({side: {"entity": around.entity, "field": around.key, **delay}})
    return chance.choice(choices)


def _trigger(chance: Random, stage_id: int, specs: list[FieldSpec]) -> None:
    condition = dump(_condition(chance, specs))
    session().add(Trigger(stage_id=stage_id, event=chance.choice(EVENTS), name={"en": "Trigger"}, condition=condition))


def _calendar(chance: Random) -> None:
    row = session().scalars(select(Calendar)).first()
    assert row is not None
    shift = chance.choice(([["09:00", "18:00"]], [["08:00", "12:00"], ["13:00", "00:00"]]))
    days = [shift if chance.random() < 0.7 else [] for _ in range(7)]
    row.definition = {
        "zone": chance.choice(("Europe/Moscow", "America/New_York", "Asia/Kathmandu")),
        "weekly": days if any(days) else [shift] * 7,
        "country": chance.choice((None, "RU", "DE")),
        "closed": ["2026-11-25"],
        "hours": {"2026-11-28": [["10:00", "11:00"]]},
    }


def _deals(chance: Random, most: int) -> list[int]:
    known = list(session().scalars(select(Deal.id).where(Deal.deleted_at.is_(None)).order_by(Deal.id)))
    return chance.sample(known, min(most, len(known)))


def _deal(chance: Random) -> None:
    clients = [*session().scalars(select(Contact.id).order_by(Contact.id)), None]
    stages = list(setups.current().stages.values())
    if not stages:
        raise NotFound
    draft = deals.DealDraft(
        title="A press",
        stage=chance.choice(stages),
        responsible_id=company.person("admin"),
        contact_id=chance.choice(clients),
        lost_reason="Too dear",
    )
    deals.create(draft, company.acting("admin"))


def _filled(chance: Random, deal_id: int) -> None:
    deal, catalogue = acts.locked(deal_id), setups.current().catalogue
    own = {each.key: str(_value(chance, each)) for each in catalogue.of("deal") if not each.is_built_in}
    deals.edit(deal, {"fields": own}, by=company.acting("admin"))
    if deal.contact_id is not None:
        raw = {each.key: str(_value(chance, each)) for each in catalogue.of("contact") if not each.is_built_in}
        found = session().get_one(Contact, deal.contact_id, with_for_update=True)
        contacts.edit(found, {}, company.acting("admin"), own=raw)


def _moved(chance: Random, deal_id: int) -> None:
    deal = acts.locked(deal_id)
    stages = setups.current().stages_of(deal.pipeline_id)
    if not stages:
        raise NotFound
    deals.move(deal, chance.choice(stages), by=company.acting("admin"), raw={"deal": {"lost_reason": "Too dear"}})
