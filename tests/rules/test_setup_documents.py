"""The set-up as a document: comes back as it went, is edited, compared, and read with the place of every mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules import setup_changes, setup_documents, setup_edits
from rules.setup_documents import Document, DocumentError, Item, arranged, changed_whole
from rules.setup_edits import AFTER, NEW, Edit
from tests.rules.set_up import documents, edits

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(documents())
def test_a_document_comes_back_from_its_file_as_it_went_byte_for_byte(document: Document) -> None:
    text = setup_documents.text_of(document)
    again = setup_documents.load(json.loads(text))
    assert again == document
    assert setup_documents.text_of(again) == text
    assert again.hash == document.hash


@few
@given(documents(), st.lists(edits(), max_size=6))
def test_edits_made_over_what_they_already_made_change_nothing_more(document: Document, made: list[Edit]) -> None:
    once = setup_edits.replay(document, made).document
    first = setup_edits.replay(document, [each for each in made if each.part not in (NEW, AFTER)])
    left_out = [id(each.edit) for each in first.unfit if each.code != "changed_beneath"]  # may fit what was made then
    done = [each for each in made if each.part not in (NEW, AFTER) and id(each) not in left_out]
    assert setup_edits.replay(first.document, done).document == first.document
    assert sorted(once.items, key=repr) == sorted(arranged(once.items).items, key=repr)


@few
@given(documents(), documents())
def test_two_documents_that_differ_are_told_apart_and_equal_ones_are_not(one: Document, other: Document) -> None:
    assert setup_changes.changes(one, one) == ()
    alive = [setup_documents.text_of(arranged(e for e in each.items if not e.is_archived)) for each in (one, other)]
    assert bool(setup_changes.changes(one, other)) == (alive[0] != alive[1])


def stage(key: str, **parts: Any) -> Item:
    return Item("stage", key, {"name": {"en": key}, "kind": "open", "hue": 0, "is_archived": False, **parts})


SALES = arranged(
    [
        Item("pipeline", "sales", {"name": {"en": "Sales"}, "department": None, "is_archived": False}),
        *(stage(f"sales/{each}") for each in ("new", "work", "paid")),
    ]
)


def keys(document: Document) -> list[str]:
    return [each.key for each in document.stages_of("sales")]


@pytest.mark.parametrize(
    ("key", "after", "order"),
    [
        ("sales/new", "sales/work", ["sales/work", "sales/new", "sales/paid"]),
        ("sales/paid", None, ["sales/paid", "sales/new", "sales/work"]),
        ("sales/new", "sales/gone", ["sales/work", "sales/paid", "sales/new"]),
        ("sales/new", None, ["sales/new", "sales/work", "sales/paid"]),
    ],
)
def test_a_thing_is_placed_behind_another(key: str, after: str | None, order: list[str]) -> None:
    replayed = setup_edits.replay(SALES, [Edit("stage", key, AFTER, after)])
    assert keys(replayed.document) == order
    moved = setup_changes.changes(SALES, replayed.document)
    assert [each.code for each in moved] == ([] if order == keys(SALES) else ["moved"])


def test_an_inserted_stage_is_one_change_and_moves_nothing_else() -> None:
    made = [
        Edit("stage", "sales/data", NEW, {"name": {"en": "Data"}}),
        Edit("stage", "sales/data", AFTER, "sales/new"),
    ]
    after = setup_edits.replay(SALES, made).document
    assert keys(after) == ["sales/new", "sales/data", "sales/work", "sales/paid"]
    assert [(each.code, each.key) for each in setup_changes.changes(SALES, after)] == [("added", "sales/data")]


def test_what_no_longer_fits_is_said_and_the_rest_is_made() -> None:
    name = {"en": "Work!"}
    made = [
        Edit("stage", "sales/gone", "hue", 3),
        Edit("stage", "sales/work", "name", name, was={"en": "somebody else's"}),
        Edit("stage", "sales/new", NEW, {"name": {"en": "Again"}}),
        Edit("stage", "sales/paid", "hue", 4, was=0),
    ]
    replayed = setup_edits.replay(SALES, made)
    assert [each.code for each in replayed.unfit] == ["gone", "changed_beneath", "exists"]
    changed = setup_changes.changes(SALES, replayed.document)
    assert [(each.key, each.part, each.new) for each in changed] == [
        ("sales/work", "name", name),
        ("sales/paid", "hue", 4),
    ]


def test_what_a_file_leaves_out_is_archived_and_comes_back_with_its_key() -> None:
    less = arranged(each for each in SALES.items if each.key != "sales/work")
    after = changed_whole(SALES, less)
    assert keys(after) == ["sales/new", "sales/paid"]
    assert [each.code for each in setup_changes.changes(SALES, after)] == ["archived"]
    assert [each.code for each in setup_changes.changes(after, SALES)] == ["brought_back"]


@pytest.mark.parametrize(
    ("raw", "path", "code"),
    [
        ([], "setup", "not_an_object"),
        ({"stage": []}, "stage", "unknown_key"),
        ({"stages": {}}, "stages", "not_a_list"),
        ({"stages": [{"pipeline": "sales", "key": "Neu!", "name": {"en": "x"}}]}, "stages.0.key", "not_a_key"),
        ({"stages": [{"pipeline": "sales", "key": "neu"}]}, "stages.0.name", "blank"),
        ({"robots": [{"key": "a", "colour": 1}]}, "robots.0.colour", "unknown_key"),
        ({"pipelines": [{"key": "a", "name": {"en": "x"}}] * 2}, "pipelines.a", "twice"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(raw: Any, path: str, code: str) -> None:
    with pytest.raises(DocumentError) as found:
        setup_documents.load(raw)
    assert (path, code) in [(each.path, each.code) for each in found.value.problems]


def test_a_bare_key_names_a_stage_where_it_is_unique() -> None:
    raw: dict[str, Any] = setup_documents.dump(SALES)
    raw["triggers"] = [{"key": "taken", "event": "dialogue_taken", "stage": "work", "name": {"en": "Taken"}}]
    found = setup_documents.load(raw).get("trigger", "taken")
    assert found is not None
    assert found.parts["stage"] == "sales/work"


def test_a_key_is_made_of_a_name() -> None:
    assert setup_documents.key_from("Сбор данных", (), "stage") == "sbor_dannyh"
    assert setup_documents.key_from("Data collection", ("data_collection",), "stage") == "data_collection_2"
    assert setup_documents.key_from("!?", (), "stage") == "stage"
    assert setup_documents.key_from("Of\u200bfer\u00a0\uff11", (), "stage") == "offer_1"
