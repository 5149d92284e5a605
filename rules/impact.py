"""What a change of the set-up would touch, and what can be done about it: impact(before, after, counts).

Each consequence carries its remedies. One is chosen beforehand, except where the remedies change deals. Whatever
`after` would leave pointing at something archived is a consequence too, so that nothing can be applied that leaves
something pointing at nothing. Words: webapp/i18n/consequences.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rules import departments_gone, people_gone, setup_guests
from rules.consequences import Consequence, Counts, Remedy
from rules.facts import Catalogue
from rules.requirements import asked_from, newly_required
from rules.robot_kinds import kind_of
from rules.setup_documents import Document, Item, hash_of
from rules.setup_parts import ARCHIVED
from rules.setup_pointers import Pointer, of_item, pointers, replaced, spec_of, whole_catalogue

ALIVE = {"stage": "stage", "field": "field"}  # what may be archived beneath a pointer
QUIET = {"name", "stage"}  # parts of a robot of which runs that wait know nothing


def impact(before: Document, after: Document, counts: Counts) -> tuple[Consequence, ...]:
    """Every consequence, what needs an answer first."""
    found = [
        *_deals(before, after, counts),
        *_dangling(after),
        *_inserted(before, after, counts),
        *_robots(before, after, counts),
        *_values(before, after, counts),
        *_options(before, after, counts),
        *_required(before, after, counts),
        *_acts(counts),
        *setup_guests.consequences(before, after, counts),
        *people_gone.consequences(before, after, counts),
        *departments_gone.consequences(before, after, counts),
    ]
    return tuple(sorted(found, key=lambda each: each.chosen is not None))


def hash_with(before: Document, after: Document, consequences: Iterable[Consequence]) -> str:
    """What a plan is tied to: where it starts, what it wants, what it asks. Not the counts: they move all day."""
    asked = sorted([each.id, [one.key for one in each.remedies]] for each in consequences)
    return hash_of([before.hash, after.hash, asked])


def as_answered(
    before: Document,
    after: Document,
    found: Sequence[Consequence],
    chosen: Mapping[str, str],
    count: Callable[[Document, Document], Counts],
) -> tuple[Consequence, ...]:
    """The consequences once these answers are given to them, and else what is chosen beforehand: a remedy may make a
    requirement reach more deals. `count` counts those that lack something by a change."""
    made = remedied(after, answered(found, chosen))
    if made == after:
        return tuple(found)
    lack = list(_required(before, made, count(before, made)))
    known = {each.id for each in lack}
    whole = [*(each for each in found if each.id not in known), *lack]
    return tuple(sorted(whole, key=lambda each: each.chosen is not None))


def unanswered(consequences: Iterable[Consequence], chosen: Mapping[str, str]) -> list[Consequence]:
    """Those without a remedy, or with one that is none of theirs."""
    return [each for each in consequences if each.remedy(chosen.get(each.id, each.chosen)) is None]


def answered(consequences: Iterable[Consequence], chosen: Mapping[str, str]) -> list[tuple[Consequence, Remedy]]:
    found = [(each, each.remedy(chosen.get(each.id, each.chosen))) for each in consequences]
    return [(each, remedy) for each, remedy in found if remedy is not None]


def _deals(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """Deals on a stage that is archived: where do they go? It changes deals, so nobody chooses for the admin. Those on
    a stage that was archived before are on their way already: they count where they are led to."""
    for stage in _going(before, after):
        if count := counts.deals.get(stage.key, 0) + counts.coming.get(stage.key, 0):
            remedies = tuple(Remedy("move", each) for each in _ways_out(after, stage))
            yield Consequence("deals_on_stage", "stage", stage.key, remedies, None, count=count)


def _going(before: Document, after: Document) -> list[Item]:
    """Stages that this change archives."""
    stood = {each.key for each in before.of("stage")}
    return [each for each in after.of("stage", archived=True) if each.key in stood and not after.is_live(each)]


def asked_on(before: Document, after: Document, first: str) -> dict[str, bool]:
    """Stages on whose deals a field that is required from `first` on is asked: the open ones from there on; and those
    that this change archives, if their deals can be led to one of these. By key, whether that is sure: False where
    they can go elsewhere too, which nobody has chosen yet."""
    there = asked_from(after, [first])
    ways = {each.key: set(_ways_out(after, each)) for each in _going(before, after)}
    return dict.fromkeys(there, True) | {key: each <= there for key, each in ways.items() if each & there}


def _begins_near(after: Document, gone: Item) -> list[str]:
    """From where on a field may be required instead: from the next open stage, or where none is behind it from the won
    one, which asks it already; then from those before it, which would ask more deals. Of an archived pipeline there are
    none."""
    near = _behind(after, gone)
    found = [each for each in near if each.parts.get("kind") == "open"]
    if not found or found[0] in _before(after, gone):
        found = [*(each for each in near if each.parts.get("kind") == "won"), *found]
    return [each.key for each in found]


def _ways_out(after: Document, gone: Item) -> list[str]:
    """Where its deals can go: stages of its kind, so that what is won stays won; of its own pipeline, else of others.
    Where there is none of its kind, the open ones."""
    kind = gone.parts.get("kind")
    own = _behind(after, gone)
    others = [each for each in after.of("stage") if each.home != gone.home]
    found = [each for each in own if each.parts.get("kind") == kind] or [
        each for each in others if each.parts.get("kind") == kind
    ]
    return [each.key for each in found or [each for each in own + others if each.parts.get("kind") == "open"]]


def _behind(after: Document, gone: Item) -> list[Item]:
    """Live stages of the pipeline: those behind it, then those before it from the nearest on."""
    whole = [each for each in after.of("stage", archived=True) if each.home == gone.home]
    near = [*whole[whole.index(gone) + 1 :], *reversed(_before(after, gone))]
    return [each for each in near if after.is_live(each)]


def _before(after: Document, gone: Item) -> list[Item]:
    whole = [each for each in after.of("stage", archived=True) if each.home == gone.home]
    return whole[: whole.index(gone)]


def _options(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """An option goes that records have chosen: it stays there to be read, unless somebody says otherwise."""
    for item, option in setup_guests.options_gone(before, after):
        count = counts.values.get(f"{item.key}={option}", 0)
        if count:
            others = tuple(Remedy("put", each.key) for each in spec_of(item).choices)
            remedies = (Remedy("keep_chosen"), *others, Remedy("empty"))
            yield Consequence("option_chosen", "field", item.key, remedies, "keep_chosen", by=option, count=count)


def _required(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """A requirement that deals already there, or led there by this change, do not meet. Nothing is asked of them before
    they move."""
    for item, stage, _ in newly_required(before, after):
        every = counts.lacking, counts.maybe_lacking, counts.coming_lacking, counts.led_lacking
        count, maybe, coming, led = (found.get(f"{item.key}={stage}", 0) for found in every)
        if count:
            remedies = (Remedy("let"), Remedy("fill"))
            yield Consequence("deals_lack", "field", item.key, remedies, "let", stage, count, maybe, coming, led)


def _acts(counts: Counts) -> Iterator[Consequence]:
    """An earlier set-up comes back: what the work of later versions did to records may go back with it. Unless somebody
    chooses that, records stay as they are."""
    for version, count in counts.acts.items():
        remedies = (Remedy("stay"), Remedy("take_back"))
        yield Consequence("acts_done", "version", str(version), remedies, "stay", count=count)


def _dangling(after: Document) -> Iterator[Consequence]:
    """Whatever would point at something archived, each thing and part once for what it points at."""
    catalogue = whole_catalogue(after)
    for each in pointers(after):
        target = after.get(each.to, each.key) if each.to in ALIVE else None
        if target is not None and not after.is_live(target):
            yield _of_pointer(after, each, target, catalogue)
        elif each.to == "option" and _is_archived_option(after, each.key):
            yield _of_use(each, each.key, catalogue)


def _is_archived_option(after: Document, whole: str) -> bool:
    """Of a field that stands; what names one that does not is told of the field."""
    key, _, option = whole.partition("=")
    item = after.get("field", key)
    return (
        item is not None
        and not item.is_archived
        and any(each.key == option and each.is_archived for each in spec_of(item).options)
    )


def _of_use(pointer: Pointer, key: str, catalogue: Catalogue) -> Consequence:
    """Something names what is archived."""
    item, part = pointer.item, pointer.part
    if item.kind == "field":
        remedies, kind = (Remedy("drop"),), "condition_of_field"
    else:
        drop = (Remedy("drop"),) if _lets_go(pointer, catalogue) else ()
        remedies, kind = (Remedy("archive"), *drop), f"{item.kind}_uses"
    return Consequence(kind, item.kind, item.key, remedies, remedies[0].key, by=f"{part}={key}")


def _lets_go(pointer: Pointer, catalogue: Catalogue) -> bool:
    """Whether the thing can do without what it names: a test or a place in a text goes, but a robot that sets a field
    is nothing without the field."""
    left = of_item(_without(pointer.item, pointer.key), catalogue)
    return all((each.part, each.to, each.key) != (pointer.part, pointer.to, pointer.key) for each in left)


def _of_pointer(after: Document, pointer: Pointer, target: Item, catalogue: Catalogue) -> Consequence:
    item, part = pointer.item, pointer.part
    if item.kind == "trigger" and part == "stage":
        leads = tuple(Remedy("lead", each.key) for each in _behind(after, target) if each.parts.get("kind") != "lost")
        remedies, kind = (*leads, Remedy("archive")), "trigger_to_stage"
    elif item.kind == "robot" and part == "stage":
        moves = tuple(Remedy("move", each.key) for each in _behind(after, target))
        remedies, kind = (Remedy("archive"), *moves), "robot_on_stage"
    elif part == "required_from":
        begins = tuple(Remedy("from", each) for each in _begins_near(after, target))
        remedies, kind = (*begins, Remedy("drop")), "required_from_stage"
    else:
        return _of_use(pointer, target.key, catalogue)
    return Consequence(kind, item.kind, item.key, remedies, remedies[0].key, by=f"{part}={target.key}")


def _inserted(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """A new stage: what leads to or begins at the stage behind it might rather do so here, as the lesson warns."""
    for stage in after.of("stage"):
        known = before.get("stage", stage.key)
        if (known is not None and before.is_live(known)) or stage.parts.get("kind") != "open":
            continue
        stages = after.stages_of(stage.home)
        behind = stages[stages.index(stage) + 1 :][:1]
        for each in pointers(after) if behind else ():
            if each.to != "stage" or each.key != behind[0].key:
                continue
            was = before.get(each.item.kind, each.item.key)
            if was is None or was.parts.get(each.part) != each.item.parts.get(each.part):
                continue
            if each.item.kind == "trigger" and each.part == "stage":
                is_dialogue = each.item.parts.get("event") == "dialogue_taken"
                over = _moved_here(each, stage, "trigger_over_stage", "lead", is_dialogue=is_dialogue)
                yield replace(over, count=counts.led.get(each.item.key, 0))
            elif each.part == "required_from":
                yield _moved_here(each, stage, "required_behind_stage", "from", is_dialogue=False)


def _moved_here(pointer: Pointer, stage: Item, kind: str, verb: str, *, is_dialogue: bool) -> Consequence:
    here = Remedy(verb, stage.key)
    chosen = here.key if is_dialogue else "leave"
    return Consequence(kind, pointer.item.kind, pointer.item.key, (here, Remedy("leave")), chosen, by=pointer.key)


def switched_on(before: Document, after: Document) -> frozenset[str]:
    """Robots that act from now on and did not before: new ones, those that were off, or in the archive."""
    was = {each.key for each in before.of("robot") if each.parts.get("is_on")}
    return frozenset(each.key for each in after.of("robot") if each.parts.get("is_on")) - was


def _robots(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    was = {each.key: each for each in before.of("robot")}
    now = {each.key: each for each in after.of("robot")}
    for key, robot in was.items():
        waiting = counts.waiting.get(key, 0)
        if not waiting:
            continue
        if key not in now or not now[key].parts.get("is_on"):
            yield Consequence("runs_called_off", "robot", key, (Remedy("call_off"),), "call_off", count=waiting)
        elif any(robot.parts.get(each) != now[key].parts.get(each) for each in robot.parts if each not in QUIET):
            remedies = (Remedy("keep"), Remedy("rearm"))
            yield Consequence("waiting_runs", "robot", key, remedies, "keep", count=waiting)
    is_on = switched_on(before, after)
    for key, robot in now.items():
        stopped = counts.stopped.get(key, 0)
        if stopped and key in is_on:
            is_for_others = kind_of(str(robot.parts["kind"])).speaks_outward
            chosen = "ignore" if is_for_others else "wake"
            yield Consequence("runs_stopped", "robot", key, (Remedy("wake"), Remedy("ignore")), chosen, count=stopped)
        deals = counts.deals.get(str(robot.parts.get("stage")), 0)
        starts = robot.parts.get("starts")
        if key in is_on and deals and isinstance(starts, list) and "entered" in starts:
            choices = (Remedy("ignore"), Remedy("as_entered_now"), Remedy("from_true_entry"))
            yield Consequence("deals_already_there", "robot", key, choices, "ignore", count=deals)


def _values(before: Document, after: Document, counts: Counts) -> Iterator[Consequence]:
    """A field is archived: what stands in it stays readable."""
    for each in before.of("field"):
        now = after.get("field", each.key)
        if (now is None or now.is_archived) and counts.values.get(each.key):
            yield Consequence(
                "values_kept", "field", each.key, (Remedy("keep"),), "keep", count=counts.values[each.key]
            )


# What the remedies make of the set-up


def remedied(after: Document, answers: Sequence[tuple[Consequence, Remedy]]) -> Document:
    """The set-up with the remedies made; those for deals and runs are work that follows."""
    for consequence, remedy in answers:
        item = after.get(consequence.item, consequence.about)
        if item is None or item.kind == "stage":
            continue
        after = after.with_item(_mended(item, consequence, remedy))
    return after


def _mended(item: Item, consequence: Consequence, remedy: Remedy) -> Item:
    _, _, target = consequence.by.partition("=")
    target = target or consequence.by
    if consequence.kind == people_gone.KIND:
        return people_gone.mended(item, consequence, remedy)
    if consequence.kind == departments_gone.KIND:
        return departments_gone.mended(item, consequence, remedy)
    if remedy.verb == "archive":
        return item.with_part(ARCHIVED.key, True)
    if remedy.verb in ("lead", "move"):
        return item.with_part("stage", remedy.to)
    if remedy.verb == "from":
        begins = item.parts.get("required_from")
        stages = [remedy.to if each == target else each for each in begins] if isinstance(begins, list) else []
        return item.with_part("required_from", list(dict.fromkeys(stages)))
    if remedy.verb == "drop" and consequence.kind == "required_from_stage":
        begins = item.parts.get("required_from")
        return item.with_part(
            "required_from", [each for each in begins if each != target] if isinstance(begins, list) else []
        )
    return _without(item, target) if remedy.verb == "drop" else item


GONE = object()


def _without(item: Item, target: str) -> Item:
    """Without the tests that name a field or a stage, and without the field's place in texts."""
    entity, _, key = target.partition("/")
    key, _, option = key.partition("=")
    if option:
        return _dropped(item, lambda value: _without_option(value, entity, key, option))

    def change(value: object) -> object:
        if isinstance(value, str):
            return value.replace(f"{{{entity}.{key}}}", "…")
        if isinstance(value, list):
            return [each for each in value if each is not GONE]
        if isinstance(value, Mapping):
            return _changed(value, entity, key, target)
        return value

    return _dropped(item, change)


def _dropped(item: Item, change: Callable[[object], object]) -> Item:
    left = replaced(item, change)
    return replace(left, parts={part: None if value is GONE else value for part, value in left.parts.items()})


def _without_option(value: object, entity: str, key: str, option: str) -> object:
    """A test that names the option goes; of a list of several only the option does."""
    if isinstance(value, list):
        return [each for each in value if each is not GONE]
    if not isinstance(value, Mapping):
        return value
    if (value.get("entity"), value.get("field")) == (entity, key):
        named = value.get("value")
        left = [each for each in named if each != option] if isinstance(named, list) else None
        if left:
            return {**value, "value": left}
        return GONE if "operator" in value and (named == option or left == []) else value
    if len(value) == 1 and next(iter(value)) in ("all", "any") and next(iter(value.values())) == []:
        return GONE
    return {each: (None if inner is GONE else inner) for each, inner in value.items()}


def _changed(value: Mapping[str, object], entity: str, key: str, target: str) -> object:
    if (value.get("entity"), value.get("field")) == (entity, key) and "operator" in value:
        return GONE
    named = value.get("value")
    if "operator" in value and (named == target or (isinstance(named, list) and target in named)):
        return GONE
    if len(value) == 1 and next(iter(value)) in ("all", "any") and next(iter(value.values())) == []:
        return GONE
    return {each: (None if inner is GONE else inner) for each, inner in value.items()}
