"""No knob without a reader: each declared parameter of each kind of robot is set otherwise, alone, and what the robot
does in a real firing, with what comes of it, must be different. A new parameter needs its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from rules.robot_kinds import ROBOT_KINDS
from tests import company
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import (
    Address,
    Contact,
    Conversation,
    Deal,
    Delivery,
    Field,
    Firm,
    Gateway,
    Message,
    Notification,
    Robot,
    Task,
    Webhook,
)
from webapp.services import deals, gate
from webapp.snapshots import setups

pytestmark = pytest.mark.usefixtures("inside")
HOURS = 52  # that each firm is watched for: past every deadline and reminder below, and past the acceptor's
Settings = dict[str, Any]


@dataclass(frozen=True)
class Flip:
    """Settings under which the parameter matters, and its other value; `stage:KEY` and `user:NAME` stand for ids."""

    settings: Settings
    other: object


NOTIFY: Settings = {"to": "responsible", "text": {"en": "Look"}, "sender": "firm", "urgency": "normal"}
CONTROL: Settings = {"to": "head", "text": {"en": "Look"}, "urgency": "normal"}
TASK: Settings = {
    "title": {"en": "Call"},
    "text": {"en": "Ask for the size"},
    "creator": "head",
    "assignee": "responsible",
    "due": {"amount": 20, "unit": "hours"},
    "accept": True,
    "result_required": False,
    "remind": {"amount": 2, "unit": "hours"},
}
FIELD: Settings = {"entity": "deal", "field": "own", "value": "five"}
LOST: Settings = {"stage": "stage:lost", "reason": {"en": "Too dear"}}
FLIPS: dict[tuple[str, str], Flip] = {
    ("notify", "to"): Flip(NOTIFY, "head"),
    ("notify", "text"): Flip(NOTIFY, {"en": "Look again"}),
    ("notify", "sender"): Flip(NOTIFY, {"user": "user:head"}),
    ("notify", "urgency"): Flip(NOTIFY, "urgent"),
    ("notify", "sms"): Flip(NOTIFY, True),
    ("control", "sms"): Flip(CONTROL, True),
    ("control", "take_within"): Flip(CONTROL, {"amount": 9, "unit": "working_hours"}),
    ("notify", "take_within"): Flip(NOTIFY, {"amount": 9, "unit": "working_hours"}),
    ("control", "to"): Flip(CONTROL, {"user": "user:rep2"}),
    ("control", "text"): Flip(CONTROL, {"en": "Look again"}),
    ("control", "urgency"): Flip(CONTROL, "urgent"),
    ("task", "title"): Flip(TASK, {"en": "Write"}),
    ("task", "text"): Flip(TASK, {"en": "Ask for the colour"}),
    ("task", "creator"): Flip(TASK, {"user": "user:head"}),
    ("task", "assignee"): Flip(TASK, {"user": "user:rep2"}),
    ("task", "due"): Flip(TASK, {"amount": 20, "unit": "working_hours"}),
    ("task", "accept"): Flip(TASK, False),
    ("task", "result_required"): Flip(TASK, True),
    ("task", "remind"): Flip(TASK, {"amount": 2, "unit": "days"}),
    ("task", "accept_within"): Flip(TASK, {"amount": 3, "unit": "hours"}),
    ("task", "holds_stage"): Flip(TASK, True),
    ("set_field", "entity"): Flip(FIELD, "contact"),
    ("set_field", "field"): Flip(FIELD, "other"),
    ("set_field", "value"): Flip(FIELD, "six"),
    ("change_responsible", "to"): Flip({"to": "head"}, {"user": "user:rep2"}),
    ("move", "stage"): Flip({"stage": "stage:processing"}, "stage:data_collection"),
    ("move", "reason"): Flip(LOST, {"en": "Too late"}),
    ("webhook", "to"): Flip({"to": "erp"}, "till"),
    ("write_to_client", "text"): Flip({"text": {"en": "We look at it"}}, {"en": "We call you"}),
}


@pytest.fixture(autouse=True)
def firm(inside: None, clock: Clock) -> None:
    """With two texts of its own on deals, one of them on contacts too, and no robot but the one that is tried."""
    with transaction() as current:
        for entity, key in (("deal", "own"), ("deal", "other"), ("contact", "own")):
            current.add(Field(entity=entity, key=key, kind="text", label={"en": key}, options=[]))
        for each in current.scalars(select(Robot)):
            each.is_on = False
        for each in current.scalars(select(Field).where(Field.key == "equipment_type")):
            each.archived_at = TUESDAY
        current.add(Gateway(kind="sms", url="json://127.0.0.1:9/", sender="", to_clients=True))
        current.execute(update(Firm).values(is_lesson=False))  # which writes to nobody
        for key in ("erp", "till"):
            made = {"name": key, "url": f"https://{key}.example.com/", "secret": "whsec_MTIzNDU2Nzg5MDEy"}
            current.add(Webhook(key=key, created_at=TUESDAY, **made))
        for n, name in enumerate(company.PEOPLE):
            number = {"kind": "sms", "address": f"+7912000000{n}", "wanted_for": [], "confirmed_at": TUESDAY}
            current.add(Address(user_id=company.person(name), **number))
        setups.changed()


def what_comes_of(kind: str, settings: Settings, clock: Clock) -> list[object]:
    """All that people could notice in a little over two days: who was told what and when, the task and how it goes on,
    the deal and its client."""
    clock.at = TUESDAY
    robot_id = robot(kind, meant(settings))
    deal_id = acts.deal(of=acts.contact(f"Client of {robot_id}", f"+7900555{robot_id:04}"))
    acts.work()
    for _ in range(HOURS // 2):
        clock.go_on(hours=2)
        acts.work()
    task = session().scalars(select(Task).where(Task.deal_id == deal_id)).one_or_none()
    noticed = [held(deal_id), *handed_in(task.id), task.title, task.text] if task else []
    for _ in range(4):
        clock.go_on(hours=12)
        acts.work()
    return [*noticed, *told(deal_id), *left(deal_id, robot_id)]


def meant(value: Any) -> Any:
    """With ids for names."""
    if isinstance(value, Mapping):
        return {key: meant(each) for key, each in value.items()}
    what, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    if what == "stage":
        return company.stage(name).id
    return company.person(name) if what == "user" else value


def robot(kind: str, settings: Settings) -> int:
    with transaction() as current:
        row = Robot(
            stage_id=company.stage("new").id,
            kind=kind,
            name={"en": "Tried"},
            starts=["entered"],
            timing={"at_once": True},
            settings=settings,
            position=9,
        )
        current.add(row)
        setups.changed()
        return row.id


def held(deal_id: int) -> str:
    """Whether the deal may leave its stage before the work is accepted."""
    try:
        deal = session().get_one(Deal, deal_id)
        gate.check_leaving(deal.visit_id, deal.stage_id, company.stage("data_collection"))
    except Refused as refusal:
        return refusal.reason
    return "may leave"


def handed_in(task_id: int) -> list[object]:
    """What the assignee is answered: without a word first, then with one."""
    answers: list[object] = []
    for words in ("", "Agreed."):
        doer = acts.task_of_id(task_id).assignee_id
        who = next(each for each in ("rep1", "rep2", "north", "head") if company.person(each) == doer)
        try:
            acts.submit(task_id, words, who)
        except Refused as refusal:
            answers.append((words, refusal.reason, list(refusal.problems)))
        answers.append((words, acts.task_of_id(task_id).state))
    return answers


def told(deal_id: int) -> list[object]:
    rows = session().scalars(select(Notification).where(Notification.deal_id == deal_id).order_by(Notification.id))
    sent = (
        session()
        .execute(select(Delivery.user_id, Delivery.channel, Delivery.address).where(Delivery.deal_id == deal_id))
        .all()
    )
    said = [(n.user_id, n.kind, n.text, n.urgency, n.sender_id, n.created_at - TUESDAY) for n in rows]
    return [*said, *map(tuple, sent)]


def left(deal_id: int, robot_id: int) -> list[object]:
    """The deal and its client as they stand; the robot is switched off, and the deal gone, for whoever comes next."""
    deal = acts.deal_of(deal_id)
    client = session().get_one(Contact, deal.contact_id, populate_existing=True)
    words = select(Message.text).join(Conversation).where(Conversation.deal_id == deal_id).order_by(Message.id)
    written = session().scalars(words).all()
    kept = [*written, deal.stage_id, deal.responsible_id, dict(deal.fields), deal.lost_reason, dict(client.fields)]
    with transaction() as current:
        current.get_one(Robot, robot_id).is_on = False
        setups.changed()
        deals.delete(acts.locked(deal_id), company.acting("admin"))
    return kept


def test_every_declared_parameter_has_its_row() -> None:
    assert set(FLIPS) == {(kind.key, each.key) for kind in ROBOT_KINDS.values() for each in kind.parameters}


@pytest.mark.parametrize(("kind", "parameter"), FLIPS, ids=str)
def test_a_parameter_set_otherwise_makes_a_difference(clock: Clock, kind: str, parameter: str) -> None:
    flip = FLIPS[kind, parameter]
    before = what_comes_of(kind, flip.settings, clock)
    assert before != what_comes_of(kind, {**flip.settings, parameter: flip.other}, clock)


@pytest.mark.parametrize(
    ("kind", "base"), [("notify", NOTIFY), ("task", TASK), ("move", LOST)], ids=["notify", "task", "move"]
)
def test_one_that_nobody_reads_makes_none(clock: Clock, kind: str, base: Settings) -> None:
    """So a parameter that is declared and not read would be found."""
    assert what_comes_of(kind, base, clock) == what_comes_of(kind, {**base, "volume": 11}, clock)


def test_the_same_settings_are_watched_long_enough(clock: Clock) -> None:
    """The task of the rows above is told of at its making, before and after its deadline, and to its acceptor."""
    came = what_comes_of("task", TASK, clock)
    kinds = [each[1] for each in came if isinstance(each, tuple) and len(each) == 6]
    assert {"task.created", "task.deadline_coming", "task.overdue", "task.awaiting_acceptance"} <= set(kinds)
    assert max(each[5] for each in came if isinstance(each, tuple) and len(each) == 6) > timedelta(hours=HOURS)
