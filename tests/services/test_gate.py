"""The one gate: by no way in does a deal stand on Processing, or later, without what is required there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Contact, Deal, Field, FieldRequirement, StageVisit
from webapp.services import contacts, gate
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
BUDGET = {"en": "Budget", "ru": "Бюджет"}


def require(entity: str, key: str, kind: str = "text", only_if: Any = None, since: str = "processing") -> None:
    """The firm asks for one more field from Processing on."""
    with transaction() as current:
        field = Field(entity=entity, key=key, kind=kind, label=BUDGET, required_if=only_if)
        current.add(field)
        current.flush()
        first = company.stage(since)
        current.add(FieldRequirement(field_id=field.id, pipeline_id=first.pipeline_id, stage_id=first.id))
        setups.changed()


def lacking(act: Callable[[], Any]) -> list[tuple[str, str]]:
    """What was asked for when `act` was refused."""
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.reason == "required_fields"
    return [(each.entity, each.key) for each in refused.value.missing]


def _move_to(stage: str) -> Callable[[], Any]:
    return lambda: acts.move(acts.deal(), stage)


def _create_on(stage: str) -> Callable[[], Any]:
    return lambda: acts.deal(stage)


def _blank_by_edit() -> Any:
    return acts.edit(standing("processing"), fields={"equipment_type": ""})


def _blank_with_a_move() -> Any:
    return acts.move(standing("processing"), "payment", raw={"deal": {"equipment_type": None}})


def _blank_with_a_reorder() -> Any:
    return acts.move(standing("processing"), "processing", raw={"deal": {"equipment_type": None}})


def _blank_in_won() -> Any:
    return acts.edit(standing("won"), fields={"equipment_type": None})


def _reopen_from_lost() -> Any:
    return acts.move(acts.deal("lost", lost_reason="Too dear"), "payment")


def _reopen_from_won() -> Any:
    won = standing("won")
    require("deal", "budget")
    return acts.move(won, "processing")


def standing(stage: str) -> int:
    """A deal that stands there rightly."""
    return acts.deal(stage, fields={"equipment_type": "special"})


WAYS: dict[str, Callable[[], Any]] = {
    "a move": _move_to("processing"),
    "a move that skips stages": _move_to("payment"),
    "a move to Won": _move_to("won"),
    "a new deal": _create_on("processing"),
    "a new deal on a later stage": _create_on("payment"),
    "a new deal in Won": _create_on("won"),
    "an edit that blanks it": _blank_by_edit,
    "an edit in Won": _blank_in_won,
    "a move that blanks it": _blank_with_a_move,
    "a reorder that blanks it": _blank_with_a_reorder,
    "reopening from Lost": _reopen_from_lost,
}


@pytest.mark.parametrize("way", WAYS)
def test_equipment_type_is_asked_for_by_every_way_in(clock: Clock, way: str) -> None:
    assert lacking(WAYS[way]) == [("deal", "equipment_type")]
    session().close()
    bare = session().scalars(select(Deal).where(Deal.stage_id.in_(_later_stages()))).all()
    assert [each.title for each in bare if not each.fields.get("equipment_type")] == []


def _later_stages() -> list[int]:
    return [company.stage(key).id for key in ("processing", "payment", "won")]


def test_a_field_that_became_required_since_is_asked_for_on_reopening_from_won(clock: Clock) -> None:
    assert lacking(_reopen_from_won) == [("deal", "budget")]


@pytest.mark.parametrize("stage", ["new", "data_collection"])
def test_earlier_stages_ask_for_nothing(clock: Clock, stage: str) -> None:
    acts.move(acts.deal("data_collection" if stage == "new" else "new"), stage)


def test_a_refused_move_writes_nothing_at_all(clock: Clock) -> None:
    require("deal", "budget")
    deal_id = acts.deal()
    raw = {"deal": {"equipment_type": "large", "amount": "5"}}
    assert lacking(lambda: acts.move(deal_id, "payment", raw=raw)) == [("deal", "budget")]
    session().close()
    left = acts.deal_of(deal_id)
    assert (acts.stage_of(deal_id), left.version, left.fields, left.amount_minor) == ("new", 1, {}, 0)
    assert len(session().scalars(select(StageVisit).where(StageVisit.deal_id == deal_id)).all()) == 1
    assert acts.journal(deal_id, "deal.edited") == []


def test_what_is_missing_is_written_together_with_the_move(clock: Clock) -> None:
    require("contact", "inn")
    contact_id = acts.contact()
    deal_id = acts.deal(of=contact_id)
    assert lacking(lambda: acts.move(deal_id, "payment")) == [("deal", "equipment_type"), ("contact", "inn")]
    acts.move(deal_id, "payment", raw={"deal": {"equipment_type": "large"}, "contact": {"inn": "7707083893"}})
    assert acts.stage_of(deal_id) == "payment"
    assert session().get_one(Contact, contact_id).fields == {"inn": "7707083893"}


@pytest.mark.parametrize("blank", [None, "", " \u200b"])
def test_a_deal_does_not_lose_the_reason_that_lost_asks_for(clock: Clock, blank: str | None) -> None:
    deal_id = acts.deal("lost", lost_reason="Too dear")
    for act in (
        lambda: acts.edit(deal_id, lost_reason=blank),
        lambda: acts.move(deal_id, "lost", raw={"deal": {"lost_reason": blank}}),
    ):
        assert lacking(act) == [("deal", "lost_reason")]
        assert (acts.deal_of(deal_id).lost_reason, acts.deal_of(deal_id).version) == ("Too dear", 1)
    acts.edit(deal_id, lost_reason="Bought elsewhere")
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Too far"}})
    assert acts.deal_of(deal_id).lost_reason == "Too far"


def test_a_deal_that_was_lost_without_a_reason_is_edited_as_it_is(clock: Clock) -> None:
    deal_id = acts.deal("lost", lost_reason="Too dear")
    with transaction():
        acts.locked(deal_id).lost_reason = None  # as one that came from elsewhere
    acts.edit(deal_id, title="A lathe", fields={"equipment_type": "large"})
    assert (acts.deal_of(deal_id).title, acts.deal_of(deal_id).lost_reason) == ("A lathe", None)


def test_lost_asks_only_for_its_reason(clock: Clock) -> None:
    deal_id = acts.deal()
    assert lacking(lambda: acts.move(deal_id, "lost")) == [("deal", "lost_reason")]
    assert lacking(lambda: acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "  "}})) == [("deal", "lost_reason")]
    assert lacking(lambda: acts.deal("lost")) == [("deal", "lost_reason")]
    acts.move(deal_id, "lost", raw={"deal": {"lost_reason": "Bought elsewhere"}})
    assert acts.deal_of(deal_id).lost_reason == "Bought elsewhere"
    (entry,) = acts.journal(deal_id, "deal.edited")
    assert (entry.field, entry.new) == ("lost_reason", "Bought elsewhere")
    acts.move(deal_id, "new")
    assert lacking(lambda: acts.move(deal_id, "lost")) == [("deal", "lost_reason")]


def test_a_requirement_with_a_condition_binds_only_those_it_speaks_of(clock: Clock) -> None:
    vip = {"all": [{"entity": "contact", "field": "vip", "operator": "eq", "value": True}]}
    require("deal", "budget", only_if=vip)
    raw = {"deal": {"equipment_type": "large"}}
    acts.move(acts.deal(of=acts.contact(phone="+79005550002")), "processing", raw=raw)
    theirs = acts.deal(of=acts.contact(vip=True))
    assert lacking(lambda: acts.move(theirs, "processing", raw=raw)) == [("deal", "budget")]


def test_a_contacts_required_value_cannot_be_blanked_under_its_deals(clock: Clock) -> None:
    require("contact", "inn")
    contact_id = acts.contact(inn="7707083893")
    early = acts.deal(of=contact_id)
    acts.mark(contact_id, inn="")  # nobody asks for it yet
    acts.mark(contact_id, inn="7707083893")
    for stage in ("processing", "won"):
        acts.move(early, stage, raw={"deal": {"equipment_type": "large"}})
        assert lacking(lambda: acts.mark(contact_id, inn="")) == [("contact", "inn")]
    acts.move(early, "lost", raw={"deal": {"lost_reason": "No money"}})
    acts.mark(contact_id, inn="")


def test_a_deal_cannot_be_given_a_contact_who_lacks_what_its_stage_requires(clock: Clock) -> None:
    require("contact", "inn")
    deal_id = acts.deal("processing", of=acts.contact(inn="7707083893"), fields={"equipment_type": "large"})
    stranger = acts.contact("Stranger", "+79005550002")
    assert lacking(lambda: acts.edit(deal_id, contact_id=stranger)) == [("contact", "inn")]
    assert lacking(lambda: acts.edit(deal_id, contact_id=None)) == [("contact", "inn")]


def test_what_was_lacking_before_an_edit_is_let_be(clock: Clock) -> None:
    deal_id = standing("processing")
    require("deal", "budget")
    assert acts.edit(deal_id, title="Another title").title == "Another title"
    assert lacking(lambda: acts.move(deal_id, "payment")) == [("deal", "budget")]


def test_a_trigger_is_stopped_by_the_gate_too(clock: Clock) -> None:
    deal_id = acts.deal()
    acts.invoice(deal_id)
    acts.pay(deal_id)
    assert acts.stage_of(deal_id) == "new"
    (entry,) = acts.journal(deal_id, "trigger.refused")
    assert entry.new["missing"] == [{"en": "Equipment type", "ru": "Тип оборудования"}]


def test_a_contact_blanked_and_a_deal_moved_at_the_same_moment_never_both_stand(app: Flask, clock: Clock) -> None:
    require("contact", "inn")
    for n in range(4):
        contact_id = acts.contact(phone=f"+7900555001{n}", inn="7707083893")
        deal_id = acts.deal(of=contact_id, fields={"equipment_type": "large"})

        def blank(contact_id: int = contact_id) -> None:
            with transaction():
                held = session().get_one(Contact, contact_id, with_for_update={"key_share": True})
                contacts.edit(held, {}, company.acting("admin"), own={"inn": ""})

        def go(deal_id: int = deal_id) -> None:
            acts.move(deal_id, "processing")

        outcomes = acts.at_the_same_moment(app, blank, go)
        session().close()
        has_inn = bool(session().get_one(Contact, contact_id).fields.get("inn"))
        assert acts.stage_of(deal_id) == "new" or has_inn
        assert [isinstance(each, Refused) for each in outcomes].count(True) == 1, outcomes


def test_what_a_stage_would_ask_is_what_it_asks_where_the_stage_itself_decides(clock: Clock) -> None:
    """A field that is required on Payment alone, by a condition over the stage: said before, and asked by the gate."""
    payment = company.stage("payment").id
    wanted = [{"entity": "deal", "field": "stage", "operator": "eq", "value": payment}]
    require("deal", "paper", only_if={"all": wanted}, since="processing")
    deal_id = acts.deal(fields={"equipment_type": "large"})
    found = {stage: [each.key for each in lacks] for stage, lacks in gate.needs(acts.deal_of(deal_id)).items()}
    assert (found["processing"], found["payment"]) == ([], ["paper"])
    acts.move(deal_id, "processing")
    assert lacking(lambda: acts.move(deal_id, "payment")) == [("deal", "paper")]
