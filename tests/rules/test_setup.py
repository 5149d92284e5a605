"""The set-up as one value: what is asked of it, and that it comes back from JSON as it went."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from rules import setup
from rules.facts import BUILT_IN, Condition, FieldSpec, Group, Option, Test, Text
from rules.field_kinds import FIELD_KINDS
from rules.robot_kinds import ROBOT_KINDS
from rules.robots import STARTS, WHENS, After, AroundField, AtOnce, RobotSpec
from rules.setup import Pipeline, Setup, Stage
from rules.triggers import EVENTS, TriggerSpec
from rules.worktime import UNITS, Delay

IDS = st.integers(1, 6)
KEYS = st.sampled_from(("sales", "service", "new", "vip", "Größe"))
TEXTS: st.SearchStrategy[Text] = st.dictionaries(st.sampled_from(("en", "ru")), st.text(max_size=8))
VALUES = st.none() | st.booleans() | st.integers(0, 2**40) | st.floats(0, 1e6) | st.text(max_size=5)
OPERATORS = sorted({each for kind in FIELD_KINDS.values() for each in kind.operators} - {"empty", "filled"})


@st.composite
def lines(draw: st.DrawFn) -> Test:
    spec = draw(st.sampled_from(BUILT_IN))
    if draw(st.booleans()):
        return Test(spec.entity, spec.key, draw(st.sampled_from(("empty", "filled"))))
    return Test(spec.entity, spec.key, draw(st.sampled_from(OPERATORS)), draw(VALUES | st.tuples(VALUES, VALUES)))


def groups(inner: st.SearchStrategy[Test | Group]) -> st.SearchStrategy[Group]:
    return st.builds(Group, st.sampled_from(("all", "any")), st.lists(inner, min_size=1, max_size=3).map(tuple))


CONDITIONS: st.SearchStrategy[Condition | None] = st.none() | groups(lines() | groups(lines()))
DELAYS = st.builds(Delay, st.integers(0, 1000), st.sampled_from(UNITS))
TIMINGS = (
    st.just(AtOnce())
    | st.builds(After, DELAYS)
    | st.builds(AroundField, st.just("deal"), KEYS, DELAYS, st.sampled_from(("before", "after")))
)
SETTINGS = st.dictionaries(KEYS, VALUES | TEXTS | st.lists(VALUES, max_size=2), max_size=3)
FIELDS = st.builds(
    FieldSpec,
    entity=st.sampled_from(("deal", "contact")),
    key=KEYS,
    kind=st.sampled_from(list(FIELD_KINDS)),
    label=TEXTS,
    options=st.lists(st.builds(Option, KEYS, TEXTS), max_size=2).map(tuple),
    required_from=st.lists(IDS, max_size=2).map(tuple),
    required_if=CONDITIONS,
    shown_as=st.sampled_from(("none", "tag", "mark")),
)
ROBOTS = st.builds(
    RobotSpec,
    id=IDS,
    kind=st.sampled_from(list(ROBOT_KINDS)),
    name=TEXTS,
    position=IDS,
    is_on=st.booleans(),
    starts=st.lists(st.sampled_from(STARTS), max_size=2).map(tuple),
    timing=TIMINGS,
    when=st.sampled_from(WHENS),
    condition=CONDITIONS,
    settings=SETTINGS,
    once_per_deal=st.booleans(),
    also_later=st.booleans(),
    stage_id=st.none() | IDS,
)
TRIGGERS = st.builds(TriggerSpec, IDS, st.sampled_from(EVENTS), IDS, st.booleans(), CONDITIONS, TEXTS)
STAGES = st.builds(
    Stage, IDS, IDS, KEYS, TEXTS, IDS, st.sampled_from(("open", "won", "lost")), IDS, is_archived=st.booleans()
)
SETUPS = st.builds(
    Setup,
    pipelines=st.lists(st.builds(Pipeline, IDS, KEYS, TEXTS, st.none() | IDS), max_size=2).map(tuple),
    stages=st.lists(STAGES, max_size=3).map(tuple),
    fields=st.lists(FIELDS, max_size=3).map(tuple),
    archived_fields=st.lists(FIELDS, max_size=2).map(tuple),
    robots=st.lists(ROBOTS, max_size=3).map(tuple),
    triggers=st.lists(TRIGGERS, max_size=2).map(tuple),
)


@given(SETUPS)
def test_a_set_up_comes_back_from_json_as_it_went(value: Setup) -> None:
    assert setup.load(json.loads(json.dumps(setup.dump(value)))) == value


NEW = Stage(1, 1, "new", {"en": "New"}, 0)
OLD = Stage(2, 1, "old", {"en": "Old"}, 1, is_archived=True)
WON = Stage(3, 1, "won", {"en": "Won"}, 2, "won")
ELSEWHERE = Stage(4, 2, "new", {"en": "New"}, 0)
VIP = FieldSpec("contact", "vip", "checkbox", {"en": "VIP"}, required_from=(3,))
CONTROL = RobotSpec(7, "control", {}, 0, True, ("entered",), AtOnce(), "any", None, {}, stage_id=1)
TAKEN = TriggerSpec(8, "dialogue_taken", 3)
OFF = TriggerSpec(9, "dialogue_taken", 1, is_on=False)
SALES = Setup(
    (Pipeline(1, "sales", {}), Pipeline(2, "service", {})),
    (NEW, OLD, WON, ELSEWHERE),
    (VIP,),
    robots=(CONTROL,),
    triggers=(TAKEN, OFF),
)


def test_what_is_asked_of_a_set_up() -> None:
    assert setup.pipeline_named(SALES, "service") == SALES.pipelines[1]
    assert (setup.stage_by_id(SALES, 2), setup.stage_by_id(SALES, 5)) == (OLD, None)
    assert setup.stages_of(SALES, 1) == (NEW, WON)
    assert setup.archived_stages(SALES) == (OLD,)
    assert setup.catalogue(SALES).get("contact", "vip") is VIP
    assert (setup.requirements_of(SALES, 3), setup.requirements_of(SALES, 1)) == ((VIP,), ())
    assert (setup.robots_of(SALES, 1), setup.robots_of(SALES, 3)) == ((CONTROL,), ())
    assert setup.triggers_on(SALES, "dialogue_taken") == (TAKEN,)
    assert (setup.triggers_to(SALES, 1), setup.triggers_to(SALES, 3)) == ((OFF,), (TAKEN,))
