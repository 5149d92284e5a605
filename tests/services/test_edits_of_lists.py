"""Two at work on one list, one robot, one name of the draft, and a program that changes what is live beneath them:
nobody loses what they have not touched, and no option goes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Deal, SetupVersion, User
from webapp.services import drafts as service
from webapp.services import field_editing, setup_editing, setup_plans, single_changes
from webapp.snapshots import drafts, setup_documents, setups

pytestmark = [pytest.mark.ticking, pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
SIZE, ROBOT, NEW = ("deal", "equipment_type"), "reaction_control", "sales/new"
RENTAL = {"key": "rental", "label": {"en": "Rental"}}


def options(document: Any = None) -> dict[str, dict[str, Any]]:
    found = (document or drafts.current().document).get("field", "/".join(SIZE))
    return {each["key"]: each for each in found.parts["options"]}


def words(key: str) -> str:
    return str(options()[key]["label"]["en"])


def listed(said: dict[str, str], who: str = "admin") -> None:
    with transaction():
        field_editing.set_options(*SIZE, said, "", company.acting(who))


def live(kind: str, key: str, part: str, value: object) -> None:
    with transaction():
        single_changes.change(kind, key, {part: value}, company.acting("admin"))


def undo(who: str = "admin") -> bool:
    with transaction():
        return service.undo(company.acting(who))


def publish() -> list[str]:
    """What the sheet asked."""
    with transaction():
        plan = setup_plans.of_draft(company.acting("admin"))
        row_id, asked = plan.row.id, [each.kind for each in plan.consequences]
    with transaction():
        setup_plans.apply(row_id, {}, company.acting("admin"))
    return asked


def test_an_option_that_is_live_since_is_still_there_when_the_draft_is_published(clock: Clock) -> None:
    listed({"large.en": "Very large"})
    live("field", "/".join(SIZE), "options", [*options(setup_documents.live()).values(), RENTAL])
    deal = acts.deal("processing", fields={"equipment_type": "rental"})
    assert drafts.current().unfit == ()
    assert "option_chosen" not in publish()
    kept = options(setup_documents.live())
    assert (kept["rental"], kept["large"]["label"]["en"]) == (RENTAL, "Very large")
    assert session().get_one(Deal, deal).fields["equipment_type"] == "rental"


def test_no_way_of_setting_a_list_lets_an_option_go(clock: Clock) -> None:
    with transaction():
        service.edit("field", "/".join(SIZE), "options", [RENTAL], company.acting("admin"))
    assert [key for key, each in options().items() if not each.get("is_archived")] == ["rental"]
    publish()
    assert set(options(setup_documents.live())) == {"standard", "large", "special", "rental"}


def test_undo_takes_back_ones_own_option_and_leaves_that_of_another(clock: Clock) -> None:
    before = words("large")
    listed({"large.en": "Typo"})
    listed({"+.en": "Used"}, "head")
    assert undo()
    assert (words("large"), words("used"), drafts.current().unfit) == (before, "Used", ())
    assert not undo()
    assert undo("head")
    assert drafts.current().is_empty


def test_undo_of_a_text_leaves_the_urgency_that_another_has_set(clock: Clock) -> None:
    def settings() -> Any:
        found = drafts.current().document.get("robot", ROBOT)
        assert found is not None
        return found.parts["settings"]

    before = settings()
    with transaction():
        setup_editing.set_setting(ROBOT, "text", {"en": "Wrong"}, company.acting("admin"))
    with transaction():
        setup_editing.set_setting(ROBOT, "urgency", "normal", company.acting("head"))
    assert undo()
    assert (settings(), drafts.current().unfit) == ({**before, "urgency": "normal"}, ())


def test_the_same_word_by_two_hands_stays_as_the_second_has_it_and_nobody_is_accused(clock: Clock) -> None:
    listed({"large.en": "One"})
    listed({"large.en": "Two"}, "head")
    assert undo()
    assert (words("large"), drafts.current().unfit) == ("Two", ())


def test_an_option_that_another_has_worded_is_not_undone_beneath_them(clock: Clock) -> None:
    listed({"+.en": "Used"})
    listed({"used.en": "Second-hand"}, "head")
    with pytest.raises(Refused) as refused:
        undo()
    assert refused.value.reason == "built_on"
    assert words("used") == "Second-hand"


def test_what_is_typed_and_typed_back_never_comes_up_again(clock: Clock) -> None:
    was = setup_documents.live().get("stage", NEW)
    assert was is not None
    for name in ({"en": "Newwww"}, dict(was.name)):
        with transaction():
            service.edit("stage", NEW, "name", name, company.acting("admin"))
    live("stage", NEW, "name", {"en": "Incoming"})
    assert drafts.current().is_empty


def test_what_was_said_to_stand_over_anothers_word_is_settled_by_typing_it_anew(clock: Clock) -> None:
    was = dict(setup_documents.live().get("stage", NEW).name)  # type: ignore[union-attr]
    with transaction():
        service.edit("stage", NEW, "name", {"en": "Newwww"}, company.acting("admin"))
    live("stage", NEW, "name", {"en": "Incoming"})
    assert [each.code for each in drafts.current().unfit] == ["changed_beneath"]
    with transaction():
        service.edit("stage", NEW, "name", was, company.acting("admin"))
    assert drafts.current().unfit == ()
    assert [each.part for each in drafts.current().changes] == ["name"]
    publish()
    assert setup_documents.live().get("stage", NEW).name == was  # type: ignore[union-attr]


def test_whoever_types_what_another_has_set_beneath_the_draft_has_it(clock: Clock) -> None:
    by, theirs = company.acting("admin"), {"en": "Incoming", "ru": "Входящие"}
    with transaction():
        service.edit("stage", NEW, "name", {"en": "Newwww", "ru": "Новая"}, by)
    live("stage", NEW, "name", theirs)
    with transaction():
        service.edit("stage", NEW, "name", theirs, by)
    assert drafts.current().is_empty
    assert undo()
    assert [each.code for each in drafts.current().unfit] == ["changed_beneath"]


@pytest.mark.parametrize("drafted", [("Incoming",), ("Incoming", "Inbox"), ("Incoming", "New")])
def test_what_was_there_once_is_typed_anew_over_what_another_has_set_as_the_draft_had_it(
    clock: Clock, drafted: tuple[str, ...]
) -> None:
    by, was = company.acting("admin"), dict(setup_documents.live().get("stage", NEW).name)  # type: ignore[union-attr]
    for each in drafted:
        with transaction():
            service.edit("stage", NEW, "name", {**was, "en": each}, by)
    live("stage", NEW, "name", {**was, "en": "Incoming"})
    shown = drafts.current().document.get("stage", NEW).name  # type: ignore[union-attr]
    with transaction():
        service.edit("stage", NEW, "name", was, by)
    assert (drafts.current().document.get("stage", NEW).name, drafts.current().unfit) == (was, ())  # type: ignore[union-attr]
    assert undo()
    assert drafts.current().document.get("stage", NEW).name == shown  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "key", "part", "value"),
    [("field", "/".join(SIZE), "label", {"en": "Hue"}), ("stage", "sales/data_collection", "hue", 5)],
)
def test_what_is_in_the_archive_takes_no_edit_until_it_is_restored(
    clock: Clock, kind: str, key: str, part: str, value: object
) -> None:
    by = company.acting("admin")
    with transaction():
        service.archive(kind, key, by)
    with pytest.raises(Refused) as refused, transaction():
        service.edit(kind, key, part, value, by)
    assert refused.value.reason == "is_archived"
    with transaction():
        service.edit(kind, key, "is_archived", False, by)
    with transaction():
        service.edit(kind, key, part, value, by)
    assert [each.part for each in drafts.current().changes] == [part]


def test_a_robot_that_names_somebody_who_has_left_is_changed_in_all_else(clock: Clock) -> None:
    by, oleg = company.acting("admin"), company.person("rep3")
    live("robot", ROBOT, "settings", {**robot(), "to": {"user": oleg}})
    with transaction():
        session().get_one(User, oleg).is_active = False
        setups.changed()
    for name, value in (("text", {"en": "New words"}), ("urgency", "normal")):
        with transaction():
            setup_editing.set_setting(ROBOT, name, value, by)
    live("robot", ROBOT, "settings", {**robot(), "text": {"en": "By a program"}})
    with pytest.raises(Refused) as refused, transaction():
        setup_editing.set_setting("unpaid_vip", "to", {"user": oleg}, by)
    assert [each["code"] for each in refused.value.problems.values()] == ["no_such_person"]
    with transaction():
        setup_editing.set_setting(ROBOT, "to", "head", by)


def robot() -> dict[str, Any]:
    return next(dict(each.settings) for each in setups.current().value.robots if each.id == robot_id())


def robot_id() -> int:
    return setup_documents.ids()["robot", ROBOT]


@pytest.mark.parametrize(
    ("remedy", "to"),
    [("give_head", "head"), ("give:rep1@dozor.example", "rep1"), ("stay", "rep3")],
)
def test_a_version_that_names_somebody_who_has_left_comes_back_with_who_is_chosen(
    clock: Clock, remedy: str, to: str
) -> None:
    by, oleg, before = company.acting("admin"), company.person("rep3"), robot()
    live("robot", ROBOT, "settings", {**before, "to": {"user": oleg}})
    named = max(session().scalars(select(SetupVersion.id)))
    with transaction():
        session().get_one(User, oleg).is_active = False
        setups.changed()
    live("robot", ROBOT, "settings", before)
    with transaction():
        plan = setup_plans.of_version(named, by)
        assert plan.problems == ()
        (asked,) = [each for each in plan.consequences if each.kind == "person_gone"]
        row_id = plan.row.id
    assert (asked.chosen, asked.about) == (None, ROBOT)
    with pytest.raises(Refused) as refused, transaction():
        setup_plans.apply(row_id, {}, by)
    assert refused.value.reason == "remedy_needed"
    with transaction():
        setup_plans.apply(row_id, {asked.id: remedy}, by)
    assert robot()["to"] == (to if to == "head" else {"user": company.person(to)})


def test_a_condition_of_a_version_that_names_somebody_who_has_left_names_another(clock: Clock) -> None:
    by, oleg, rep1 = company.acting("admin"), company.person("rep3"), company.person("rep1")
    mine = {"all": [{"entity": "deal", "field": "responsible", "operator": "in", "value": [oleg, rep1]}]}
    live("robot", ROBOT, "condition", mine)
    named = max(session().scalars(select(SetupVersion.id)))
    with transaction():
        session().get_one(User, oleg).is_active = False
        setups.changed()
    live("robot", ROBOT, "condition", None)
    with transaction():
        plan = setup_plans.of_version(named, by)
        (asked,) = [each for each in plan.consequences if each.kind == "person_gone"]
        row_id = plan.row.id
    assert "give_head" not in [each.key for each in asked.remedies]
    with transaction():
        setup_plans.apply(row_id, {asked.id: f"give:{company.email('rep2')}"}, by)
    found = setup_documents.live().get("robot", ROBOT)
    assert found is not None
    (test,) = found.parts["condition"]["all"]  # type: ignore[index]
    assert test["value"] == [company.email("rep2"), company.email("rep1")]
