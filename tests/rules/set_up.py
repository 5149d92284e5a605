"""Set-ups at random, as documents, and edits of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rules.field_kinds import FIELD_KINDS
from rules.robot_kinds import ROBOT_KINDS
from rules.robots import STARTS
from rules.setup_documents import Document, Item, arranged
from rules.setup_edits import AFTER, NEW, Edit
from rules.setup_parts import ARCHIVED, KINDS, Part
from rules.triggers import EVENTS

STAGES = [f"{pipeline}/{stage}" for pipeline in ("sales", "service") for stage in ("new", "work", "won")]
FIELDS = ["deal/size", "contact/vip", "deal/due"]
KEYS = {
    "pipeline": ["sales", "service"],
    "stage": STAGES,
    "field": FIELDS,
    "robot": ["control", "notice", "task"],
    "trigger": ["taken", "paid"],
}
TEXTS = st.dictionaries(st.sampled_from(("en", "ru")), st.text("abя", min_size=1, max_size=4), min_size=1)
TESTS = st.sampled_from(FIELDS).map(
    lambda key: {"entity": key.split("/")[0], "field": key.split("/")[1], "operator": "filled"}
)
CONDITIONS = st.none() | st.fixed_dictionaries({"all": st.lists(TESTS, min_size=1, max_size=2)})
SHAPES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "number": st.integers(0, 9),
    "text": TEXTS,
    "stage": st.sampled_from(STAGES),
    "stages": st.lists(st.sampled_from(STAGES), max_size=1),
    "department": st.none() | st.just("sales"),
    "condition": CONDITIONS,
    "settings": st.fixed_dictionaries({"to": st.just("head"), "text": TEXTS}),
    "timing": st.sampled_from(({"at_once": True}, {"after": {"amount": 2, "unit": "days"}})),
    "options": st.lists(st.sampled_from("abc"), unique=True, max_size=2).map(
        lambda keys: [{"key": key, "label": {"en": key}} for key in keys]
    ),
}
CHOICES = {
    ("robot", "kind"): list(ROBOT_KINDS),
    ("robot", "starts"): list(STARTS),
    ("field", "kind"): list(FIELD_KINDS),
    ("trigger", "event"): list(EVENTS),
}


def part(kind: str, one: Part) -> st.SearchStrategy[Any]:
    if one.shape in ("choice", "choices"):
        found = st.sampled_from(CHOICES.get((kind, one.key), list(one.choices)))
        return st.lists(found, min_size=1, max_size=2, unique=True) if one.shape == "choices" else found
    return SHAPES[one.shape]


def parts(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({each.key: part(kind, each) for each in (*KINDS[kind].parts, ARCHIVED)})


@st.composite
def documents(draw: st.DrawFn) -> Document:
    items = [
        Item(kind, key, draw(parts(kind)))
        for kind, keys in KEYS.items()
        for key in draw(st.lists(st.sampled_from(keys), unique=True, max_size=6))
    ]
    return arranged(items)


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    kind = draw(st.sampled_from(list(KINDS)))
    key = draw(st.sampled_from(KEYS[kind]))
    choice = draw(st.sampled_from((NEW, AFTER, ARCHIVED.key, *(each.key for each in KINDS[kind].parts))))
    if choice == NEW:
        return Edit(kind, key, NEW, draw(parts(kind)))
    if choice == AFTER:
        return Edit(kind, key, AFTER, draw(st.none() | st.sampled_from(KEYS[kind])))
    found = KINDS[kind].part(choice)
    assert found is not None
    return Edit(kind, key, choice, draw(part(kind, found)))
