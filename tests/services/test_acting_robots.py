"""Robots that change a deal: through the gate, in words, once; and two that drive each other in a circle are cut."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rules.chains import DEPTH_LIMIT
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.background import outbox
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.i18n import runs as words
from webapp.models import Contact, Robot
from webapp.services import firing, robots
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def robot(kind: str, settings: dict[str, Any], stage: str = "data_collection", key: str = "mine", **more: Any) -> None:
    """A robot that acts at once on entering a stage."""
    with transaction() as current:
        row = Robot(
            key=key,
            stage_id=company.stage(stage).id,
            kind=kind,
            name={"en": f"The {key}", "ru": key},
            starts=["entered"],
            timing={"at_once": True},
            settings=settings,
        )
        for column, value in more.items():
            setattr(row, column, value)
        current.add(row)
        setups.changed()


def to(stage: str) -> dict[str, Any]:
    return {"stage": company.stage(stage).id}


def brought(stage: str = "data_collection", **more: Any) -> int:
    """A deal that comes to that stage, where the robots do what they do."""
    deal_id = acts.deal(**more)
    acts.move(deal_id, stage)
    acts.work()
    return deal_id


def said(deal_id: int, key: str = "mine") -> str:
    return words.reason(acts.run_of(deal_id, key).reason, setups.current())


def test_a_field_of_the_deal_is_set_and_the_journal_names_the_robot(clock: Clock) -> None:
    robot("set_field", {"field": "equipment_type", "value": "large"})
    deal_id = brought()
    assert acts.deal_of(deal_id).fields["equipment_type"] == "large"
    assert (acts.run_of(deal_id, "mine").state, said(deal_id)) == ("fired", "Equipment type is set")
    (entry,) = [each for each in acts.journal(deal_id, "deal.edited") if each.field == "equipment_type"]
    assert (entry.by_id, entry.new, entry.cause["via"], entry.cause["name"]["en"]) == (
        None,
        "large",
        "robot",
        "The mine",
    )


def test_a_field_of_the_contact_is_set(clock: Clock) -> None:
    robot("set_field", {"entity": "contact", "field": "vip", "value": True})
    contact_id = acts.contact()
    brought(of=contact_id)
    assert session().get_one(Contact, contact_id, populate_existing=True).fields["vip"] is True


def test_without_a_value_it_empties_the_field(clock: Clock) -> None:
    robot("set_field", {"field": "equipment_type"})
    deal_id = brought(fields={"equipment_type": "large"})
    assert acts.deal_of(deal_id).fields["equipment_type"] is None


def test_what_the_stage_requires_is_not_emptied(clock: Clock) -> None:
    robot("set_field", {"field": "equipment_type"}, "processing")
    deal_id = brought("processing", fields={"equipment_type": "large"})
    assert acts.deal_of(deal_id).fields["equipment_type"] == "large"
    assert (acts.run_of(deal_id, "mine").state, said(deal_id)) == ("called_off", "the deal needs first: Equipment type")
    assert [each.new["why"] for each in acts.journal(deal_id, "robot.refused")] == ["required_fields"]
    assert len(acts.told("rep1", "run.refused")) == 1


def test_a_contact_that_is_not_there_is_a_refusal(clock: Clock) -> None:
    robot("set_field", {"entity": "contact", "field": "vip", "value": True})
    deal_id = brought(waits=False)
    assert (acts.run_of(deal_id, "mine").state, said(deal_id)) == ("called_off", "it was refused")


@pytest.mark.parametrize(("slot", "who"), [("head", "north"), ("rep2", "rep2"), ("next_in_turn", "rep2")])
def test_the_responsible_changes_and_is_told(clock: Clock, slot: str, who: str) -> None:
    robot("change_responsible", {"to": {"user": company.person(slot)} if slot in company.PEOPLE[4:] else slot})
    deal_id = brought()
    assert acts.deal_of(deal_id).responsible_id == company.person(who)
    assert said(deal_id) == f"{setups.current().name_of(company.person(who))} is responsible now"
    assert [each.deal_id for each in acts.told(who, "deal.assigned")] == [deal_id]


def test_those_whose_turn_it_is_take_turns(clock: Clock) -> None:
    robot("change_responsible", {"to": "next_in_turn"})
    deals = [brought(title=str(n)) for n in range(4)]
    own = company.person("rep1")
    got = [acts.deal_of(each).responsible_id for each in deals]
    assert own not in got
    assert Counter(got) == {company.person("rep2"): 2, company.person("rep3"): 2}
    assert got[0] == got[2] != got[1]


def test_it_moves_the_deal_and_says_so(clock: Clock) -> None:
    robot("move", to("payment"))
    deal_id = brought(fields={"equipment_type": "large"})
    assert acts.stage_of(deal_id) == "payment"
    assert (acts.run_of(deal_id, "mine").state, said(deal_id)) == ("fired", "the deal moved to Payment")
    assert acts.journal(deal_id, "deal.moved")[-1].cause["name"]["en"] == "The mine"


def test_a_move_that_the_gate_refuses_leaves_the_deal_and_tells_the_responsible(clock: Clock) -> None:
    robot("move", to("processing"))
    deal_id = brought()
    assert acts.stage_of(deal_id) == "data_collection"
    assert (acts.run_of(deal_id, "mine").state, said(deal_id)) == ("called_off", "the deal needs first: Equipment type")
    (entry,) = acts.journal(deal_id, "robot.refused")
    assert (entry.new["why"], entry.new["to"]) == ("required_fields", company.stage("processing").id)
    (told,) = acts.told("rep1", "run.refused")
    assert told.facts["trigger.missing"]["texts"] == [{"en": "Equipment type", "ru": "Тип оборудования"}]


def test_a_lost_deal_is_given_the_reason_that_was_set_up(clock: Clock) -> None:
    robot("move", {**to("lost"), "reason": {"en": "Silent for a month"}})
    deal_id = brought()
    assert (acts.stage_of(deal_id), acts.deal_of(deal_id).lost_reason) == ("lost", "Silent for a month")


def test_a_stage_that_was_archived_meanwhile_is_a_refusal(clock: Clock) -> None:
    robot("move", {"stage": 999})
    deal_id = brought()
    assert acts.run_of(deal_id, "mine").reason["why"] == "unknown_stage"


@pytest.mark.parametrize("kind", ["set_field", "change_responsible", "move"])
def test_what_is_so_already_is_left_alone(clock: Clock, kind: str) -> None:
    own = {"user": company.person("rep1")}
    settings = {
        "set_field": {"field": "equipment_type", "value": "large"},
        "change_responsible": {"to": own},
        "move": to("data_collection"),
    }
    robot(kind, settings[kind])
    deal_id = brought(fields={"equipment_type": "large"})
    assert (acts.run_of(deal_id, "mine").state, said(deal_id)) == ("fired", "it was so already")
    assert [each for each in acts.journal(deal_id, "deal.edited") if each.by_id is None] == []


def test_a_worker_that_was_too_slow_does_nothing_twice(clock: Clock) -> None:
    """The lease is lost after the claim: the second worker acts, the first finds that it is not its own any more."""
    robot("change_responsible", {"to": "next_in_turn"})
    deal_id = acts.deal()
    acts.move(deal_id, "data_collection")
    run_id = acts.run_of(deal_id, "mine").id
    slow = outbox.claim("run", run_id)
    assert slow is not None
    clock.go_on(minutes=5)
    acts.work()
    after = acts.deal_of(deal_id).version
    with transaction():
        firing.fire(slow)
    assert (acts.deal_of(deal_id).version, len(acts.told("rep2", "deal.assigned"))) == (after, 1)


def test_two_robots_that_move_in_a_circle_are_cut_and_journalled(clock: Clock) -> None:
    robot("move", to("new"), "data_collection", "back")
    robot("move", to("data_collection"), "new", "forth")
    deal_id = acts.deal()
    acts.work()
    moves = acts.journal(deal_id, "deal.moved")
    assert len(moves) == DEPTH_LIMIT
    assert len(acts.journal(deal_id, "chain.cut")) == 1
    assert [each.state for key in ("back", "forth") for each in acts.runs(deal_id, key)].count("called_off") == 1


@pytest.mark.parametrize(
    ("kind", "settings", "path", "code"),
    [
        ("set_field", {"field": "no_such", "value": 1}, "settings.field", "unknown_field"),
        ("set_field", {"field": "title", "value": "x"}, "settings.field", "unknown_field"),
        ("set_field", {"field": 5}, "settings.field", "unknown_field"),
        ("set_field", {"field": "vip", "value": True}, "settings.field", "unknown_field"),
        ("set_field", {"field": "equipment_type", "value": "huge"}, "settings.value", "not_an_option"),
        ("set_field", {"field": "equipment_type", "value": {}}, "settings.value", "value_needed"),
        ("change_responsible", {"to": "responsible"}, "settings.to", "not_a_person"),
        ("change_responsible", {"to": None}, "settings.to", "blank"),
        ("change_responsible", {"to": {"user": 9999}}, "settings.to", "no_such_person"),
        ("move", {"stage": 9999}, "settings.stage", "unknown_stage"),
        ("move", {"stage": True}, "settings.stage", "unknown_stage"),
        ("move", {"stage": "lost"}, "settings.reason", "blank"),
        ("move", {"stage": "new", "reason": {"en": "x"}}, "settings.reason", "only_when_lost"),
    ],
)  # fmt: skip
def test_settings_that_point_at_nothing_are_refused(
    clock: Clock, kind: str, settings: dict[str, Any], path: str, code: str
) -> None:
    if isinstance(settings.get("stage"), str):
        settings = {**settings, **to(settings["stage"])}
    robot(kind, {"to": "head"} if kind == "change_responsible" else {})
    with transaction(), pytest.raises(Refused) as refused:
        robots.change_robot(company.robot("mine"), {"settings": settings}, company.acting("admin"))
    assert refused.value.problems[path]["code"] == code


def test_a_value_is_kept_as_its_field_keeps_it(clock: Clock) -> None:
    robot("set_field", {"entity": "contact", "field": "vip"})
    with transaction():
        robots.change_robot(company.robot("mine"), {"settings": {"value": "yes"}}, company.acting("admin"))
    assert company.robot("mine").settings["value"] is True
