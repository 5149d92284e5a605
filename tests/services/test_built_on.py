"""What others' edits of the draft need is not undone beneath them: whoever tries is told who uses it, and what they can
do instead leaves nobody stuck."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.setup_edits import NEW
from rules.setup_parts import ARCHIVED
from tests import company
from tests.conftest import Clock
from tests.services.test_setup_plans import nothing_dangles
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Robot
from webapp.services import drafts as service
from webapp.services import field_editing, setup_editing, setup_plans
from webapp.services.drafts import Wish
from webapp.snapshots import drafts, setups
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
CHECK, BUDGET, SIZE = "sales/check", "deal/budget", "deal/equipment_type"
CONTROL = "reaction_control"


def edit(kind: str, key: str, part: str, value: object, who: str = "head") -> None:
    with transaction():
        service.edit(kind, key, part, value, company.acting(who))


def asks(entity: str, field: str, value: object) -> dict[str, object]:
    return {"all": [{"entity": entity, "field": field, "operator": "eq", "value": value}]}


def settings(**given: object) -> None:
    kept = drafts.current().document.get("robot", CONTROL)
    assert kept is not None
    edit("robot", CONTROL, "settings", {**kept.parts["settings"], **given})  # type: ignore[dict-item]


def stage(name: str = "Check", pipeline: str = "sales", who: str = "admin") -> None:
    with transaction():
        setup_editing.add_stage(pipeline, {"en": name}, f"{pipeline}/new", company.acting(who))


def field() -> None:
    with transaction():
        field_editing.add("deal", "money", {"en": "Budget"}, company.acting("admin"))


def option() -> None:
    said = {"huge.en": "Huge", "+.en": "Huge"}
    with transaction():
        field_editing.set_options("deal", "equipment_type", said, "", company.acting("admin"))


def pipeline() -> None:
    with transaction():
        setup_editing.add_pipeline({"en": "Repairs"}, company.acting("admin"))


def robot(where: str, kind: str = "control") -> None:
    with transaction():
        setup_editing.add_robot(kind, where, company.acting("head"))


def archived_stage() -> None:
    stage("Parts", "repairs", "head")
    edit("stage", "repairs/parts", ARCHIVED.key, True)


def trigger() -> None:
    with transaction():
        setup_editing.add_trigger("client_wrote", CHECK, {"en": "To check"}, company.acting("head"))


Act = Callable[[], None]
BUILT: dict[str, tuple[Act, Act, set[str]]] = {
    "a robot on a stage": (stage, lambda: robot(CHECK), {"robot"}),
    "a robot moved to it": (stage, lambda: edit("robot", CONTROL, "stage", CHECK), {"robot"}),
    "a trigger to it": (stage, trigger, {"trigger"}),
    "a trigger turned to it": (stage, lambda: edit("trigger", "dialogue_taken", "stage", CHECK), {"trigger"}),
    "required from it on": (stage, lambda: edit("field", SIZE, "required_from", [CHECK]), {"field"}),
    "a condition that names it": (
        stage,
        lambda: edit("robot", CONTROL, "condition", asks("deal", "stage", CHECK)),
        {"robot"},
    ),
    "the stage itself is changed": (stage, lambda: edit("stage", CHECK, "hue", 7), {"stage"}),
    "a text with a new field": (
        field,
        lambda: settings(text={"en": "Budget {deal.budget}"}),
        {"robot"},
    ),
    "a condition on a new field": (
        field,
        lambda: edit("field", SIZE, "required_if", asks("deal", "budget", "10.00")),
        {"field"},
    ),
    "the field itself is changed": (field, lambda: edit("field", BUDGET, "label", {"en": "Sum"}), {"field"}),
    "a condition on a new option": (
        option,
        lambda: edit("trigger", "invoice_paid", "condition", asks("deal", "equipment_type", "huge")),
        {"trigger"},
    ),
    "a stage of a new pipeline": (pipeline, lambda: stage("Parts", "repairs", "head"), {"stage"}),
    "an archived stage of a new pipeline": (pipeline, archived_stage, {"stage"}),
    "a robot in a new pipeline": (pipeline, lambda: robot("repairs/new"), {"robot"}),
}


@pytest.mark.parametrize("name", BUILT)
def test_what_others_have_built_on_is_not_undone_beneath_them(clock: Clock, name: str) -> None:
    add, build, kinds = BUILT[name]
    add()
    build()
    before = drafts.current()
    assert before.unfit == ()
    with pytest.raises(Refused) as refused, transaction():
        service.undo(company.acting("admin"))
    assert refused.value.reason == "built_on"
    assert {each["kind"] for each in refused.value.facts["things"]} == kinds
    assert refused.value.facts["who"] == [setups.current().name_of(company.person("head"))]
    assert drafts.current().document == before.document, "nothing was let go of"
    with transaction():
        while service.undo(company.acting("head")):
            pass
        assert service.undo(company.acting("admin")), "nobody needs it any more"
    assert drafts.current().is_empty


@pytest.mark.parametrize("name", [each for each in BUILT if "pipeline" not in each and "option" not in each])
def test_what_cannot_be_undone_is_archived_and_the_sheet_asks(clock: Clock, name: str) -> None:
    add, build, _ = BUILT[name]
    add()
    build()
    kind, key = ("stage", CHECK) if add is stage else ("field", BUDGET)
    edit(kind, key, ARCHIVED.key, True, "admin")
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
        assert plan.problems == ()
        chosen = {each.id: each.remedies[-1].key for each in plan.consequences}
        setup_plans.apply(plan.row.id, chosen, company.acting("admin"))
    nothing_dangles()
    assert drafts.current().is_empty


def test_what_only_stands_beside_it_does_not_hold_it(clock: Clock) -> None:
    stage()
    edit("stage", "sales/new", "hue", 7)
    robot("sales/payment")
    with transaction():
        assert service.undo(company.acting("admin"))
    assert drafts.current().document.get("stage", CHECK) is None
    assert drafts.current().unfit == ()


def test_ones_own_edits_are_undone_one_by_one(clock: Clock) -> None:
    stage()
    edit("robot", CONTROL, "stage", CHECK, "admin")
    edit("stage", CHECK, "hue", 7, "admin")
    with transaction():
        assert [service.undo(company.acting("admin")) for _ in range(4)] == [True, True, True, False]
    assert drafts.current().is_empty


def test_an_edit_that_fits_no_longer_is_let_go_of_and_one_that_fits_is_not(clock: Clock) -> None:
    edit("robot", CONTROL, "once_per_deal", True)
    edit("stage", "sales/new", "hue", 7)
    with transaction():
        session().get_one(Robot, company.robot(CONTROL).id).archived_at = clock()
        setups.changed()
    (unfit,) = drafts.current().unfit
    assert (unfit.code, unfit.name["en"]) == ("gone", "Reaction control"), "called as the firm called it"
    fits = next(each.id for each in drafts.edit_rows() if each.id != unfit.edit.id)
    with transaction():
        assert not service.drop(fits, company.acting("admin"))
        assert service.drop(unfit.edit.id, company.acting("admin"))
        assert not service.drop(unfit.edit.id, company.acting("admin"))
    assert [each.id for each in drafts.edit_rows()] == [fits]


def test_what_was_new_and_is_gone_is_called_as_it_was_added(clock: Clock) -> None:
    stage()
    edit("stage", CHECK, "hue", 7)
    with transaction():  # as drafts were left before
        made = next(each for each in drafts.edit_rows() if each.part == NEW)
        made.state = "undone"
    assert {each.name["en"] for each in drafts.current().unfit} == {"Check"}
    for each in drafts.current().unfit:
        with transaction():
            assert service.drop(each.edit.id, company.acting("head"))
    assert drafts.current().is_empty


def test_an_act_of_several_edits_goes_whole_or_not_at_all(clock: Clock) -> None:
    with transaction():
        service.edit_all(
            [Wish("stage", "sales/new", "hue", 7), Wish("stage", "sales/payment", "hue", 7)], company.acting("admin")
        )
    pipeline()
    robot("repairs/won")
    count = len(drafts.edit_rows())
    with pytest.raises(Refused), transaction():
        service.undo(company.acting("admin"))
    assert len(drafts.edit_rows()) == count
    assert documents.live().get("pipeline", "repairs") is None
