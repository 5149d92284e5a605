"""Each remedy that the sheet offers is one that applying accepts: whatever is archived, and whatever named it. Kinds of
robots and of parameters take part by being declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rules.consequences import Counts
from rules.impact import answered, impact, remedied
from rules.parameters import Parameter
from rules.robot_kinds import ROBOT_KINDS, kind_of
from rules.setup_documents import Document, Item, arranged
from rules.setup_guests import of_view, season_without, view_without
from rules.setup_parts import ARCHIVED, KINDS, Kind

WEIGHT = {"entity": "deal", "field": "weight", "operator": "gt", "value": 3}
LARGE = {"entity": "deal", "field": "size", "operator": "in", "value": ["large", "small"]}
ONLY_LARGE = {"entity": "deal", "field": "size", "operator": "eq", "value": "large"}
HERE = {"entity": "deal", "field": "stage", "operator": "eq", "value": "sales/work"}
CONDITIONS = (
    None,
    {"all": [WEIGHT]},
    {"any": [{"all": [WEIGHT, LARGE]}, {"all": [ONLY_LARGE]}]},
    {"all": [HERE, {"any": [WEIGHT]}]},
)
TIMINGS = ({"at_once": True}, {"before_field": {"entity": "deal", "field": "due", "amount": 1, "unit": "days"}})
TARGETS = ("field deal/weight", "field deal/due", "field deal/size", "stage sales/work", "option", "pipeline service")


def item(made: Kind, key: str, **parts: object) -> Item:
    name = {"name": {"en": key}, "label": {"en": key}}
    whole = {each.key: parts.get(each.key, name.get(each.key, each.default)) for each in made.parts}
    return Item(made.key, key, {**whole, ARCHIVED.key: False})


def options(large_is_gone: bool = False) -> list[dict[str, Any]]:
    return [
        {"key": "large", "label": {"en": "Large"}, "is_archived": large_is_gone},
        {"key": "small", "label": {"en": "Small"}, "is_archived": False},
    ]


def value(parameter: Parameter) -> object:
    """As a file writes it, and naming something wherever it can."""
    words = {"en": "Weighs {deal.weight}", "ru": "Весит {deal.weight}"}
    known: dict[str, object] = {
        "text": words,
        "textarea": words,
        "field": "weight",
        "value": 3,
        "stage": "sales/work",
        "webhook": "erp",
        "duration": {"amount": 1, "unit": "days"},
        "checkbox": True,
        "people": [parameter.slots[0]] if parameter.slots else [],
    }
    return known.get(parameter.kind, next(iter((*parameter.slots, *parameter.choices)), None))


def robots() -> Iterator[Item]:
    made = KINDS["robot"]
    for kind in ROBOT_KINDS.values():
        whole = {each.key: value(each) for each in kind.parameters}
        for n, condition in enumerate(CONDITIONS):
            for m, timing in enumerate(TIMINGS):
                for stage in (None, "sales/new", "sales/work", "service/new"):
                    key = f"{kind.key}_{n}{m}_{stage}".replace("/", "_").lower()
                    parts = {"stage": stage, "kind": kind.key, "settings": whole, "condition": condition}
                    yield item(made, key, **parts, timing=timing)


def setup() -> Document:
    return arranged(
        [
            *(item(KINDS["pipeline"], each) for each in ("sales", "service")),
            *(item(KINDS["stage"], f"{each}/{stage}") for each in ("sales", "service") for stage in ("new", "work")),
            item(KINDS["stage"], "sales/won", kind="won"),
            item(
                KINDS["field"], "deal/weight", kind="number", required_from=["sales/work"], required_if={"all": [LARGE]}
            ),
            item(KINDS["field"], "deal/due", kind="date", required_from=["sales/new"], required_if={"all": [WEIGHT]}),
            item(KINDS["field"], "deal/size", kind="select", options=options()),
            *robots(),
            *(
                item(
                    KINDS["trigger"],
                    f"to_{n}_{stage.replace('/', '_')}",
                    event="client_wrote",
                    stage=stage,
                    condition=each,
                )
                for n, each in enumerate(CONDITIONS)
                for stage in ("sales/work", "service/new")
            ),
        ]
    )


def without(whole: Document, target: str) -> Document:
    if target == "option":
        field = whole.get("field", "deal/size")
        assert field is not None
        return whole.with_item(field.with_part("options", options(large_is_gone=True)))
    found = whole.get(*target.split(" "))
    assert found is not None
    return whole.with_item(found.with_part(ARCHIVED.key, True))


@pytest.mark.parametrize("target", TARGETS)
def test_each_remedy_leaves_nothing_that_points_at_what_is_archived_and_no_robot_that_lacks_something(
    target: str,
) -> None:
    before = setup()
    after = without(before, target)
    found = impact(before, after, Counts())
    assert found
    first = {each.id: each.remedies[0].key for each in found}
    tried = {verb: {each.id: each.remedies[0].key for each in found} for verb in ("first",)}
    for verb in {remedy.verb for each in found for remedy in each.remedies}:
        own = {each.id: one.key for each in found for one in each.remedies if one.verb == verb}
        tried[verb] = {**first, **own}
    for verb, chosen in tried.items():
        left = remedied(after, answered(found, chosen))
        assert impact(left, left, Counts()) == (), verb
        for robot in left.of("robot"):
            kind, settings = kind_of(str(robot.parts["kind"])), robot.parts["settings"]
            assert isinstance(settings, dict)
            lacks = [each.key for each in kind.parameters if each.required and settings.get(each.key) is None]
            assert lacks == [], (verb, robot)


GUESTS = {
    "field deal/weight": "field:deal/weight",
    "option": "option:deal/size=large",
    "pipeline service": "pipeline:service",
}


@pytest.mark.parametrize("target", GUESTS)
def test_what_stands_beside_and_names_what_is_archived_is_asked_about_and_does_without_it(target: str) -> None:
    """Views, seasons, the form of a pipeline, programs; nothing is asked where nobody names it."""
    before = setup()
    after, name = without(before, target), GUESTS[target]
    guests = {f"{each} {name}": 2 for each in ("view", "season")}
    found = {each.kind: each for each in impact(before, after, Counts(guests=guests, tokens=3))}
    is_pipeline = name.startswith("pipeline:")
    assert {"views_name", "seasons_name", "tokens_used"} <= set(found)
    assert ("form_of" in found) == is_pipeline
    assert [each.key for each in found["views_name"].remedies] == ["forget"] if is_pipeline else ["let_go", "forget"]
    if is_pipeline:
        assert [each.key for each in found["form_of"].remedies] == ["goes_to:sales", "close"]
    quiet = {each.kind for each in impact(before, after, Counts())}
    assert not quiet & {"views_name", "seasons_name", "tokens_used"}
    query = "mark=deal.weight&tag=deal.size%3Alarge&tag=deal.size%3Asmall&mine=1"
    assert name not in of_view("sales", view_without(query, name))
    assert "mine=1" in view_without(query, name)


def test_a_season_lets_go_of_one_robot_and_ends_with_the_last() -> None:
    assert season_without({"kind": "robots", "ids": [3, 4]}, 3) == {"kind": "robots", "ids": [4]}
    assert season_without({"kind": "robots", "ids": [3]}, 3) is None
