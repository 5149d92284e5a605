"""The draft: shared, kept at once, taken back by whoever made it, replayed over what is live by now."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from rules import setup_documents
from rules.setup_edits import AFTER
from rules.setup_edits import NEW as ADDED
from tests import company
from tests.conftest import Clock
from tests.services.locks import Act, not_held, quicker
from webapp.db import session, transaction
from webapp.errors import NotFound, Refused
from webapp.models import SetupEdit, Stage
from webapp.services import drafts as service
from webapp.services import setup_editing, single_changes
from webapp.services.drafts import Wish
from webapp.snapshots import drafts, setups, specs
from webapp.snapshots import setup_documents as documents

pytestmark = [pytest.mark.ticking, pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
NEW, DATA, WON = "sales/new", "sales/data_collection", "sales/won"


def edit(key: str, part: str, value: object, who: str = "admin", kind: str = "stage") -> None:
    with transaction():
        service.edit(kind, key, part, value, company.acting(who))


def said() -> list[tuple[str, str, str]]:
    return [(each.code, each.key, each.part) for each in drafts.current().changes]


def test_the_lesson_as_a_document_is_the_value_that_runs(clock: Clock) -> None:
    live = documents.live()
    assert [len(live.of(kind)) for kind in ("pipeline", "stage", "field", "robot", "trigger")] == [1, 6, 2, 5, 2]
    valued = documents.value_of(live)
    value = specs.load_value()
    assert valued.setup.pipelines == value.pipelines
    assert valued.setup.fields == value.fields
    assert [each.id for each in valued.setup.stages] == [each.id for each in value.stages]
    assert [(each.id, each.condition, each.settings) for each in valued.setup.robots] == [
        (each.id, each.condition, each.settings) for each in value.robots
    ]
    assert valued.setup.triggers == value.triggers
    assert setup_documents.load(setup_documents.dump(live)) == live


def test_a_draft_changes_nothing_that_runs_and_is_seen_by_every_admin(clock: Clock) -> None:
    before = documents.live()
    edit(NEW, "name", {"en": "Fresh"})
    assert said() == [("changed", NEW, "name")]
    assert documents.live() == before
    found = drafts.current().document.get("stage", NEW)
    assert found is not None
    assert found.name == {"en": "Fresh"}


def test_undo_takes_back_ones_own_last_act_and_not_that_of_another(clock: Clock) -> None:
    edit(NEW, "hue", 5)
    with transaction():
        service.add("stage", {"name": {"en": "Offer"}}, company.acting("admin"), home="sales", after=NEW)
    edit(DATA, "hue", 7, who="head")
    assert (
        said() == [("added", "sales/offer", ""), ("changed", NEW, "hue"), ("changed", DATA, "hue")] or len(said()) == 3
    )
    with transaction():
        assert service.undo(company.acting("admin"))
    assert sorted(said()) == [("changed", DATA, "hue"), ("changed", NEW, "hue")]
    with transaction():
        assert service.undo(company.acting("admin"))
        assert not service.undo(company.acting("admin"))
    assert said() == [("changed", DATA, "hue")]


@pytest.mark.parametrize("place", [NEW, DATA, None])
def test_what_stands_behind_what_is_undone_stays_where_it_stood(clock: Clock, place: str | None) -> None:
    """A new stage, and stages that a colleague has put behind it: when it is taken back these do not fall to the
    end."""
    new = Wish("stage", "sales/offer", ADDED, {"name": {"en": "Offer"}})
    with transaction():
        service.edit_all([new, Wish("stage", "sales/offer", AFTER, place)], company.acting("admin"))
    with transaction():
        service.add("stage", {"name": {"en": "Talks"}}, company.acting("head"), home="sales", after="sales/offer")
    edit("sales/payment", AFTER, "sales/talks", who="head")
    edit("sales/processing", AFTER, "sales/offer", who="head")
    stood = order()
    assert stood.index("sales/processing") == stood.index("sales/offer") + 1
    with transaction():
        assert service.undo(company.acting("admin"))
    assert order() == [each for each in stood if each != "sales/offer"]


def order() -> list[str]:
    return [each.key for each in drafts.current().document.of("stage")]


def test_a_discarded_draft_can_be_taken_back_for_a_day(clock: Clock) -> None:
    edit(NEW, "hue", 5)
    with transaction():
        service.discard(company.acting("head"))
    assert drafts.current().is_empty
    clock.go_on(hours=23)
    with transaction():
        assert service.take_back_discarded(company.acting("admin"))
    assert said() == [("changed", NEW, "hue")]
    with transaction():
        service.discard(company.acting("head"))
    clock.go_on(hours=25)
    with transaction():
        assert not service.take_back_discarded(company.acting("admin"))


def robot_for(stage: str) -> str:
    """A robot that is new in the draft, with a name of its own. Its key."""
    with transaction():
        return setup_editing.add_robot("notify", stage, company.acting("admin"))


def test_all_of_a_discarded_draft_comes_back(clock: Clock) -> None:
    keys = [robot_for(NEW) for _ in range(3)]
    edit(keys[0], "name", {"en": "First"}, kind="robot")
    before = drafts.current()
    with transaction():
        service.discard(company.acting("admin"))
    with transaction():
        assert service.take_back_discarded(company.acting("admin"))
    after = drafts.current()
    assert (after.document, after.changes, after.unfit) == (before.document, before.changes, ())
    assert {("added", each, "") for each in keys} <= set(said())


def test_what_was_discarded_comes_back_beside_what_a_colleague_has_made_meanwhile(clock: Clock) -> None:
    """Each robot has its own edits, though both were given the same name."""
    mine = robot_for(NEW)
    edit(mine, "name", {"en": "Mine"}, kind="robot")
    with transaction():
        service.discard(company.acting("admin"))
    theirs = robot_for(NEW)
    edit(theirs, "name", {"en": "Theirs"}, who="head", kind="robot")
    with transaction():
        assert service.take_back_discarded(company.acting("admin"))
    draft = drafts.current()
    assert draft.unfit == ()
    named = {each.key: each.name for each in draft.document.of("robot")}
    assert (named[mine], named[theirs]) == ({"en": "Mine"}, {"en": "Theirs"})


def test_every_draft_that_was_discarded_within_a_day_comes_back_by_itself(clock: Clock) -> None:
    """A big one of one admin, then a word of another: neither hides the other, nor does what is typed since."""
    edit(NEW, "hue", 2)
    edit(DATA, "hue", 3)
    edit(NEW, "name", {"en": "Fresh"}, who="head")
    with transaction():
        service.discard(company.acting("admin"))
    clock.go_on(hours=20)
    edit(NEW, "hue", 6, who="head")
    with transaction():
        service.discard(company.acting("head"))
    edit("sales/won", "hue", 1)
    first, second = company.person("admin"), company.person("head")
    small, big = service.discarded()
    assert [(each.changes, each.by_ids) for each in (small, big)] == [(1, (second,)), (3, (first, second))]
    assert small.at - big.at > timedelta(hours=19)
    with transaction():
        assert service.take_back_discarded(company.acting("head"), big.id)
    assert sorted(said()) == [
        ("changed", DATA, "hue"), ("changed", NEW, "hue"), ("changed", NEW, "name"), ("changed", "sales/won", "hue"),
    ]  # fmt: skip
    assert [each.id for each in service.discarded()] == [small.id]
    with transaction():
        assert not service.take_back_discarded(company.acting("head"), big.id), "it is back already"
    clock.go_on(hours=23)
    assert [each.id for each in service.discarded()] == [small.id]
    clock.go_on(hours=2)
    assert service.discarded() == []


def test_what_fits_no_longer_when_a_discarded_draft_comes_back_is_said(clock: Clock) -> None:
    edit(NEW, "name", {"en": "Fresh"})
    with transaction():
        service.discard(company.acting("admin"))
    live_since(NEW, "name", {"en": "First"})
    edit(DATA, "hue", 6, who="head")
    (gone,) = service.discarded()
    assert gone.changes == 1
    with transaction():
        assert service.take_back_discarded(company.acting("head"), gone.id)
    draft = drafts.current()
    assert [(each.edit.key, each.code) for each in draft.unfit] == [(NEW, "changed_beneath")]
    assert sorted(said()) == [("changed", DATA, "hue"), ("changed", NEW, "name")]


def live_since(key: str, part: str, value: object) -> None:
    with transaction():
        single_changes.change("stage", key, {part: value}, company.acting("admin"))


def test_what_goes_live_at_once_has_no_key_of_what_the_draft_has_new(clock: Clock) -> None:
    drafted = robot_for(NEW)
    found = drafts.current().document.get("robot", drafted)
    assert found is not None
    with transaction():
        assert service.new_key(documents.live(), "robot", {"name": dict(found.name)}) != drafted


def test_edits_are_made_again_over_what_is_live_by_now(clock: Clock) -> None:
    edit(NEW, "name", {"en": "Fresh"})
    edit(NEW, "hue", 5)
    with transaction():
        row = session().scalars(select(Stage).where(Stage.key == "new")).one()
        row.name, row.hue = {"en": "Incoming"}, row.hue
        setups.changed()
    draft = drafts.current()
    assert [(each.code, each.edit.part) for each in draft.unfit] == [("changed_beneath", "name")]
    with transaction():
        service.drop(draft.unfit[0].edit.id, company.acting("admin"))
    assert said() == [("changed", NEW, "hue")]


@pytest.mark.parametrize(
    ("kind", "key", "part", "value", "code"),
    [
        ("stage", NEW, "name", {"en": " "}, "blank"),
        ("stage", NEW, "hue", "red", "bad_amount"),
        ("stage", NEW, "kind", "won", "is_fixed"),
        ("robot", "reaction_control", "stage", "sales/nowhere", "unknown_stage"),
        ("robot", "reaction_control", "settings", {"to": {"user": "nobody@dozor.example"}}, "no_such_person"),
        ("robot", "reaction_control", "timing", {"after": {"amount": -1, "unit": "days"}}, "bad_amount"),
        ("trigger", "dialogue_taken", "event", "full_moon", "not_an_option"),
        ("field", "deal/equipment_type", "options", [{"key": "a", "label": {}}], "blank"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused_at_once(
    kind: str, key: str, part: str, value: object, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        edit(key, part, value, kind=kind)
    assert [each["code"] for each in refused.value.problems.values()] == [code]
    assert drafts.current().is_empty


def test_what_is_not_there_is_not_found(clock: Clock) -> None:
    with pytest.raises(NotFound):
        edit("sales/nowhere", "hue", 1)


def test_who_changes_the_draft_reads_it_once_nobody_else_changes_it(clock: Clock) -> None:
    by = company.acting("admin")
    edited = partial(service.edit, "stage", NEW, "hue", by=by)
    lost = "of two who change it at once the second would do it to what is no longer there"
    table = {
        "a part is changed": lambda: edited(5),
        "something is added": lambda: service.add("stage", {"name": {"en": "Offer"}}, by, home="sales"),
        "something is archived": lambda: service.archive("stage", DATA, by),
        "one's own last act is taken back": lambda: service.undo(by),
        "one edit is let go of": lambda: service.drop(1, by),
        "all is discarded": lambda: service.discard(by),
        "what was discarded is taken back": lambda: service.take_back_discarded(by),
    }
    held = {name: Act(lost, '"set-up"', do, before="read setup_edit") for name, do in table.items()}
    assert not_held(held) == {}


def test_what_another_browser_of_theirs_has_just_taken_back_is_not_taken_back_again(clock: Clock) -> None:
    edit(NEW, "hue", 5)
    edit(NEW, "hue", 6)
    last = max(each.id for each in drafts.edit_rows())
    gone = update(SetupEdit).where(SetupEdit.id == last).values(state="undone")
    with quicker('"set-up"', gone), transaction():
        assert service.undo(company.acting("admin"))
    assert drafts.current().is_empty
