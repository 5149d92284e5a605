"""Edits of one list, one robot, one name by two hands, over what goes live meanwhile: each keeps what they have
changed, no option is ever lost, and what comes to nothing is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import setup_edits
from rules.setup_documents import Document, Item, arranged
from rules.setup_edits import NEW, Edit
from rules.setup_parts import KINDS
from tests.rules.test_setup_documents import SALES, few, stage

SIZE = ("field", "deal/size", "options")
ASKS = ("robot", "control", "settings")
SETTINGS = {"to": "head", "text": {"en": "Look", "ru": "Взгляни"}, "urgency": "urgent"}
Options = list[dict[str, Any]]


def option(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": {"en": key, "ru": key}, **more}


def whole(of: str, key: str, **parts: Any) -> Item:
    return Item(of, key, {each.key: parts.get(each.key, each.default) for each in KINDS[of].parts})


LIVE = arranged(
    [
        *SALES.items,
        whole("field", "deal/size", kind="select", label={"en": "Size"}, options=[option(each) for each in "abcd"]),
        whole("robot", "control", stage="sales/new", kind="control", name={"en": "C"}, settings=SETTINGS),
    ]
)


def part(document: Document, place: tuple[str, str, str]) -> Any:
    found = document.get(*place[:2])
    assert found is not None
    return found.parts[place[2]]


@dataclass
class Hands:
    """A draft that two edit over what is live, as the services do it."""

    live: Document = LIVE
    edits: list[tuple[str, Edit]] = field(default_factory=list)

    @property
    def replayed(self) -> setup_edits.Replayed:
        return setup_edits.replay(self.live, [each for _, each in self.edits])

    def edit(self, who: str, place: tuple[str, str, str], change: Callable[[Any], Any]) -> None:
        was = part(self.replayed.document, place)
        value = change(was)
        if value != was:
            self.edits.append((who, Edit(*place, value, was, len(self.edits) + 1)))

    def go_live(self, place: tuple[str, str, str], change: Callable[[Any], Any]) -> None:
        self.live = setup_edits.edited(self.live, Edit(*place, change(part(self.live, place))))

    def undo(self, who: str) -> None:
        at = max((n for n, (each, _) in enumerate(self.edits) if each == who), default=None)
        if at is None:
            return
        _, gone = self.edits.pop(at)
        mended = {each.id: each for each in setup_edits.found_without(gone, [each for _, each in self.edits[at:]])}
        self.edits = [(by, mended.get(each.id, each)) for by, each in self.edits]


def worded(key: str, words: str) -> Callable[[Options], Options]:
    return lambda options: [{**each, "label": {"en": words}} if each["key"] == key else each for each in options]


def pressed(act: str, key: str) -> Callable[[Options], Options]:
    def done(options: Options) -> Options:
        found = [dict(each) for each in options]
        at = next((n for n, each in enumerate(found) if each["key"] == key), 0)
        if act == "up" and at:
            found[at - 1], found[at] = found[at], found[at - 1]
        elif act == "archive":
            found[at]["is_archived"] = True
        elif act == "return":
            found[at].pop("is_archived", None)
        elif act == "add" and all(each["key"] != key for each in found):
            found.append(option(key))
        elif act == "leave_out":
            del found[at]
        return found

    return done


KEYS = st.sampled_from("abcdef")
CHANGES = st.builds(worded, KEYS, st.sampled_from(("One", "Two"))) | st.builds(
    pressed, st.sampled_from(("up", "archive", "return", "add", "leave_out")), KEYS
)
WHO = st.sampled_from(("one", "other"))
STEPS = st.tuples(st.sampled_from(("draft", "draft", "live", "undo")), WHO, CHANGES)


@few
@given(st.lists(STEPS, max_size=10))
def test_no_edits_of_draft_and_live_in_whatever_order_lose_an_option(steps: list[Any]) -> None:
    hands, ever = Hands(), set("abcd")
    for what, who, change in steps:
        if what == "draft":
            hands.edit(who, SIZE, change)
        elif what == "undo":
            hands.undo(who)
        else:
            hands.go_live(SIZE, change)
            ever |= {each["key"] for each in part(hands.live, SIZE)}
        for document in (hands.live, hands.replayed.document):
            keys = [each["key"] for each in part(document, SIZE)]
            assert ever <= set(keys)
            assert len(keys) == len(set(keys))


MINE = {"one": "ab", "other": "cd"}
WORDING = st.tuples(WHO, st.integers(0, 1), st.sampled_from(("One", "Two", "Three")))


@few
@given(st.lists(WORDING, max_size=8), st.integers(0, 8), st.booleans())
def test_undo_takes_back_ones_own_options_and_leaves_those_of_the_other(
    made: list[tuple[str, int, str]], times: int, is_live_changed: bool
) -> None:
    hands, alone = Hands(), Hands()
    for who, which, words in made:
        change = worded(MINE[who][which], words)
        hands.edit(who, SIZE, change)
        if who == "other":
            alone.edit(who, SIZE, change)
    if is_live_changed:
        for each in (hands, alone):
            each.go_live(SIZE, pressed("add", "rental"))
    for _ in range(times + len(made)):
        hands.undo("one")
    assert hands.replayed.unfit == ()
    assert part(hands.replayed.document, SIZE) == part(alone.replayed.document, SIZE)


SETS: dict[str, Callable[[Any], Any]] = {
    "one": lambda words: lambda was: {**was, "text": {**was["text"], "en": words}},
    "other": lambda words: lambda was: {**was, "urgency": words},
}


@few
@given(st.lists(st.tuples(WHO, st.sampled_from(("a", "b"))), max_size=8))
def test_undo_takes_back_ones_own_settings_and_leaves_those_of_the_other(made: list[tuple[str, str]]) -> None:
    hands = Hands()
    for who, words in made:
        hands.edit(who, ASKS, SETS[who](words))
    for _ in made:
        hands.undo("one")
    assert hands.replayed.unfit == ()
    last = next((words for who, words in reversed(made) if who == "other"), SETTINGS["urgency"])
    assert part(hands.replayed.document, ASKS) == {**SETTINGS, "urgency": last}


def test_what_is_live_since_stays_beside_what_the_draft_has_of_a_list() -> None:
    """A whole list stands in the edit, as in every draft that is stored: it says no more than what it has changed."""
    was = [option(each) for each in "abcd"]
    hands = Hands(edits=[("one", Edit(*SIZE, worded("a", "Able")(was), was, 1))])
    hands.go_live(SIZE, pressed("add", "rental"))
    hands.go_live(SIZE, pressed("archive", "b"))
    replayed = hands.replayed
    assert replayed.unfit == ()
    assert part(replayed.document, SIZE) == [
        {"key": "a", "label": {"en": "Able"}}, option("b", is_archived=True), option("c"), option("d"),
        option("rental"),
    ]  # fmt: skip


def test_an_order_of_options_keeps_its_place_for_those_that_came_since() -> None:
    hands = Hands()
    hands.edit("one", SIZE, pressed("up", "d"))
    hands.go_live(SIZE, pressed("add", "e"))
    assert [each["key"] for each in part(hands.replayed.document, SIZE)] == ["a", "b", "d", "e", "c"]


def test_the_same_option_worded_by_draft_and_live_is_said() -> None:
    hands = Hands()
    hands.edit("one", SIZE, worded("a", "Able"))
    hands.go_live(SIZE, worded("a", "Apt"))
    assert [(each.edit.id, each.code) for each in hands.replayed.unfit] == [(1, "changed_beneath")]
    assert part(hands.replayed.document, SIZE)[0]["label"] == {"en": "Able"}


def test_a_setting_and_the_value_that_goes_with_it_are_one() -> None:
    """A value of another field means nothing."""
    given = {"entity": "deal", "field": "size", "value": "a"}
    hands = Hands(setup_edits.edited(LIVE, Edit(*ASKS, given)))
    hands.edit("one", ASKS, lambda was: {**was, "value": "b"})
    hands.go_live(ASKS, lambda was: {"entity": "deal", "field": "due"})
    assert part(hands.replayed.document, ASKS) == {**given, "value": "b"}
    assert [each.code for each in hands.replayed.unfit] == ["changed_beneath"]


NAME = ("stage", "sales/new", "name")


def test_what_is_typed_and_typed_back_is_no_edit_whatever_goes_live_later() -> None:
    hands = Hands()
    hands.edit("one", NAME, lambda was: {"en": "Newwww"})
    hands.edit("one", NAME, lambda was: {"en": "sales/new"})
    hands.go_live(NAME, lambda was: {"en": "Incoming"})
    assert (hands.replayed.document, hands.replayed.unfit) == (hands.live, ())
    hands.undo("one")
    assert part(hands.replayed.document, NAME) == {"en": "Newwww"}, "the last change was to type it back"


def test_what_is_typed_back_over_what_somebody_has_set_meanwhile_stands() -> None:
    hands = Hands()
    hands.edit("one", NAME, lambda was: {"en": "Newwww"})
    hands.go_live(NAME, lambda was: {"en": "Incoming"})
    told = Edit(*NAME, {"en": "sales/new"}, part(hands.replayed.document, NAME), 2)
    hands.edits.append(("one", setup_edits.typed_over(hands.live, told)))
    assert part(hands.replayed.document, NAME) == {"en": "sales/new"}
    assert hands.replayed.unfit == (), "whoever typed it had been told"


def test_a_name_in_two_languages_by_two_hands() -> None:
    hands = Hands(setup_edits.edited(LIVE, Edit(*NAME, {"en": "New", "ru": "Новая"})))
    hands.edit("one", NAME, lambda was: {**was, "en": "Fresh"})
    hands.edit("other", NAME, lambda was: {**was, "ru": "Свежая"})
    hands.undo("one")
    assert (part(hands.replayed.document, NAME), hands.replayed.unfit) == ({"en": "New", "ru": "Свежая"}, ())


def test_what_is_made_over_what_another_takes_back_stands_and_nobody_is_accused() -> None:
    hands = Hands()
    hands.edit("one", NAME, lambda was: {"en": "X"})
    hands.edit("other", NAME, lambda was: {"en": "Y"})
    hands.undo("one")
    assert (part(hands.replayed.document, NAME), hands.replayed.unfit) == ({"en": "Y"}, ())


def test_an_option_that_others_have_worded_does_not_go_from_beneath_them() -> None:
    hands = Hands()
    hands.edit("one", SIZE, pressed("add", "e"))
    hands.edit("other", SIZE, worded("e", "Easy"))
    without = setup_edits.replay(hands.live, [each for who, each in hands.edits if who == "other"])
    assert [each.code for each in without.unfit] == ["gone"]
    hanging = setup_edits.left_hanging(hands.replayed, without)
    assert [each.key for each in hanging] == ["deal/size"]


@pytest.mark.parametrize("part_of_it", ["name", "hue"])
def test_what_is_in_the_archive_is_not_edited(part_of_it: str) -> None:
    live = LIVE.with_item(stage("sales/new", is_archived=True))
    assert setup_edits.misfit(live, Edit("stage", "sales/new", part_of_it, {"en": "x"})) == "gone"
    assert setup_edits.misfit(live, Edit("stage", "sales/new", "is_archived", False, True)) == ""


def test_something_new_in_the_place_of_what_is_archived_keeps_its_options() -> None:
    item = LIVE.get("field", "deal/size")
    assert item is not None
    live = LIVE.with_item(item.with_part("is_archived", True))
    again = Edit("field", "deal/size", NEW, {**item.parts, "options": [option("z")]})
    made = part(setup_edits.replay(live, [again]).document, SIZE)
    assert [(each["key"], bool(each.get("is_archived"))) for each in made] == [
        ("z", False), *((each, True) for each in "abcd")
    ]  # fmt: skip
