"""A version is brought back that names a person who has left, or a department that is in the archive: wherever the
set-up can name one, the sheet asks who or what stands there instead, and each answer holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from rules import setup_pointers
from rules.consequences import Consequence
from rules.field_kinds import USER
from rules.robot_kinds import ROBOT_KINDS
from rules.setup_documents import Document, dump
from rules.setup_parts import KINDS
from tests import company
from tests.conftest import Clock
from webapp.db import session, transaction
from webapp.models import Department, SetupVersion, User
from webapp.services import setup_editing, setup_plans
from webapp.snapshots import setup_documents, setups

pytestmark = [pytest.mark.ticking, pytest.mark.usefixtures("inside")]
ROBOT, TRIGGER, FIELD = "reaction_control", "dialogue_taken", "deal/equipment_type"


@dataclass(frozen=True)
class Place:
    """A part of a thing, and the value there that names who or what will be gone; of a robot that is made for it its
    kind, and the setting."""

    kind: str
    key: str
    part: str
    test: str = ""  # the operator

    def value(self) -> Any:
        oleg, rep1 = company.person("rep3"), company.person("rep1")
        if self.part == "department":
            return session().scalars(select(Department.id).where(Department.key == "sales_south")).one()
        if self.kind == "setting":
            listed = ROBOT_KINDS[self.key].get(self.part).kind == "people"  # type: ignore[union-attr]
            return [{"user": oleg}, {"user": rep1}] if listed else {"user": oleg}
        value: object = [oleg, rep1] if self.test in ("in", "not_in") else oleg
        wanted = {"entity": "deal", "field": "responsible", "operator": self.test, "value": value}
        vip = {"entity": "contact", "field": "vip", "operator": "eq", "value": True}
        return {"all": [vip, {"any": [wanted, vip]}]}


def places() -> Iterator[Place]:
    for kind in ROBOT_KINDS.values():
        yield from (Place("setting", kind.key, each.key) for each in kind.parameters if _names_people(each.kind))
    for kind in KINDS.values():
        key = {"robot": ROBOT, "trigger": TRIGGER, "field": FIELD, "pipeline": "sales", "stage": "sales/new"}[kind.key]
        for part in kind.parts:
            if part.shape == "condition":
                yield from (Place(kind.key, key, part.key, each) for each in USER.operators if each not in BLANK)
            elif part.shape == "department":
                yield Place(kind.key, key, part.key)


def _names_people(kind: str) -> bool:
    return kind in ("person", "people", "sender")


BLANK = ("empty", "filled")


def put(place: Place) -> tuple[str, str]:
    """It is live from now on; what it stands in."""
    by = company.acting("admin")
    with transaction():
        if place.kind == "setting":
            key = setup_editing.add_robot(place.key, "sales/payment", by)
            setup_editing.set_setting(key, place.part, place.value(), by)
            found = "robot", key
        else:
            setup_editing.set_parts(place.kind, place.key, {place.part: place.value()}, by)
            found = place.kind, place.key
    publish()
    return found


def publish() -> None:
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
        assert plan.problems == ()
        row_id, asked = plan.row.id, plan.consequences
    with transaction():
        setup_plans.apply(row_id, {each.id: each.remedies[0].key for each in asked}, company.acting("admin"))


def put_back(document: Document) -> None:
    with transaction():
        made = setup_plans.of_setup(dump(document), company.acting("admin"))
        row_id, answers = made.row.id, {each.id: each.remedies[0].key for each in made.consequences}
    with transaction():
        setup_plans.apply(row_id, answers, company.acting("admin"))


def latest() -> int:
    return session().scalars(select(func.max(SetupVersion.id))).one()


def leave(place: Place) -> None:
    with transaction():
        if place.part == "department":
            south = session().scalars(select(Department).where(Department.key == "sales_south")).one()
            south.archived_at = company_now()
        else:
            session().get_one(User, company.person("rep3")).is_active = False
        setups.changed()


def company_now() -> Any:
    return session().scalars(select(func.max(SetupVersion.at))).one()


def asked_by(number: int, about: tuple[str, str]) -> tuple[int, Consequence]:
    with transaction():
        plan = setup_plans.of_version(number, company.acting("admin"))
        assert plan.problems == ()
        found = [each for each in plan.consequences if each.kind in ("person_gone", "department_gone")]
        (asked,) = found
        assert (asked.item, asked.about, asked.chosen) == (*about, None)
        return plan.row.id, asked


@pytest.mark.parametrize("place", list(places()), ids=lambda each: f"{each.kind}-{each.key}-{each.part}-{each.test}")
def test_whatever_names_who_is_gone_comes_back_with_another(clock: Clock, place: Place) -> None:
    before, by = setup_documents.live(), company.acting("admin")
    about = put(place)
    named = latest()
    gone = pointed(*about, place)
    put_back(before)
    leave(place)
    _, first = asked_by(named, about)
    for remedy in _some(first):
        row_id, asked = asked_by(named, about)
        with transaction():
            plan = setup_plans.plan(row_id)
            answers = {each.id: each.chosen or each.remedies[0].key for each in plan.consequences}
            version = setup_plans.apply(row_id, {**answers, asked.id: remedy}, by)
            assert version.id == latest()
        left = pointed(*about, place)
        assert (gone <= left) == (remedy == "stay")
        if remedy.startswith(("give:", "give_department:")):
            assert remedy.partition(":")[2] in left
        put_back(before)


def _some(asked: Consequence) -> list[str]:
    """Each verb once, and of those with a name one who stands there already, if there is such a one."""
    names = [each.key for each in asked.remedies]
    once = {each.verb: each.key for each in asked.remedies}
    return [*once.values(), *(each for each in names if each.endswith("rep1@dozor.example"))]


def pointed(kind: str, key: str, place: Place) -> set[str]:
    item = setup_documents.live().get(kind, key)
    assert item is not None
    catalogue = setup_pointers.whole_catalogue(setup_documents.live())
    part = "settings" if place.kind == "setting" else place.part
    named = [each for each in setup_pointers.of_item(item, catalogue) if each.part == part and each.to in WHO]
    told = item.parts["settings"].get("to") if part == "settings" else []
    assert not isinstance(told, list) or len(told) == len({str(each) for each in told}), "nobody twice"
    return {each.key for each in named}


WHO = ("person", "department")
